//! What each kind of value comes to.

use super::*;

#[test]
fn lists_ignore_their_bad_members_alone() {
    use Propagator::{Baggage, TraceContext};
    for (text, expected, warnings) in [
        ("baggage,tracecontext", vec![Baggage, TraceContext], 0),
        (" TraceContext , ,baggage,BAGGAGE,", vec![TraceContext, Baggage], 0),
        ("bogus,baggage", vec![Baggage], 1),
        ("b3,jaeger,baggage", vec![Baggage], 1),
        ("none", vec![], 0),
        ("none,baggage", vec![], 1),
        ("bogus", vec![TraceContext, Baggage], 1),
        (",", vec![TraceContext, Baggage], 1),
    ] {
        let resolved = resolved(&[("OTEL_PROPAGATORS", text)]);
        assert_eq!(resolved.settings.propagators, expected, "{text}");
        assert_eq!(messages(&resolved).len(), warnings, "{text}");
    }
    assert_eq!(
        messages(&resolved(&[("OTEL_PROPAGATORS", "b3,Bogus,baggage")])),
        [
            "ignored a part of `OTEL_PROPAGATORS`: expected `tracecontext`, `baggage` or `none` (this \
          one is not supported yet), got `b3`; expected `tracecontext`, `baggage` or `none`, got \
          `Bogus`; using `baggage`"
        ]
    );
}

#[test]
fn the_sampler_takes_its_argument_only_when_it_is_set() {
    let (name, argument) = ("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG");
    for (pairs, expected, warnings) in [
        (&[][..], Sampler::ParentBasedAlwaysOn, 0),
        (&[(name, "ALWAYS_OFF")], Sampler::AlwaysOff, 0),
        (&[(name, "jaeger_remote")], Sampler::ParentBasedAlwaysOn, 1),
        (&[(argument, "0.5")], Sampler::ParentBasedAlwaysOn, 1),
        (&[(argument, "bad")], Sampler::ParentBasedAlwaysOn, 1),
        (&[(name, "always_on"), (argument, "0.5")], Sampler::AlwaysOn, 1),
        (&[(name, "traceidratio")], Sampler::TraceIdRatio(1.0), 0),
        (&[(name, "traceidratio"), (argument, "0.25")], Sampler::TraceIdRatio(0.25), 0),
        (&[(name, "traceidratio"), (argument, "0")], Sampler::TraceIdRatio(0.0), 0),
        (&[(name, "traceidratio"), (argument, "NaN")], Sampler::TraceIdRatio(1.0), 1),
        (&[(name, "traceidratio"), (argument, "inf")], Sampler::TraceIdRatio(1.0), 1),
        (&[(name, "traceidratio"), (argument, "-1")], Sampler::TraceIdRatio(1.0), 1),
        (&[(name, "traceidratio"), (argument, "1.5")], Sampler::TraceIdRatio(1.0), 1),
        (
            &[(name, "parentbased_traceidratio"), (argument, "1e-1")],
            Sampler::ParentBasedTraceIdRatio(0.1),
            0,
        ),
    ] {
        let resolved = resolved(pairs);
        assert_eq!(resolved.settings.sampler, expected, "{pairs:?}");
        assert_eq!(messages(&resolved).len(), warnings, "{pairs:?}");
    }
}

#[test]
fn queues_follow_the_batch_processor_variables() {
    let unset = resolved(&[]).settings.queues.traces;
    assert_eq!((unset.items_max, unset.operation_timeout), (None, None));
    assert_eq!(unset.request_items_max, 512);
    assert_eq!(unset.schedule_delay, Duration::from_secs(5));
    assert_eq!((unset.bytes_max, unset.request_bytes_max), (16 << 20, 3_670_016));

    for (pairs, items_max, request_items, warnings) in [
        (&[("OTEL_BSP_MAX_QUEUE_SIZE", "100")][..], Some(100), 100, 0),
        (&[("OTEL_BSP_MAX_QUEUE_SIZE", "0")], None, 512, 1),
        (&[("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0")], None, 512, 1),
        (
            &[("OTEL_BSP_MAX_QUEUE_SIZE", "100"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "101")],
            Some(100),
            100,
            1,
        ),
        (
            &[("OTEL_BSP_MAX_QUEUE_SIZE", "100"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100")],
            Some(100),
            100,
            0,
        ),
    ] {
        let resolved = resolved(pairs);
        let queue = resolved.settings.queues.traces;
        assert_eq!((queue.items_max, queue.request_items_max), (items_max, request_items));
        assert_eq!(messages(&resolved).len(), warnings, "{pairs:?}");
        assert_eq!(report(&resolved, "traces.request_items").value, request_items.to_string());
        assert_eq!(resolved.settings.queues.logs.items_max, None);
    }

    let zero = resolved(&[
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "0"),
        ("OTEL_BLRP_EXPORT_TIMEOUT", "7"),
    ]);
    assert_eq!(messages(&zero), [""; 0]);
    assert_eq!(zero.settings.queues.traces.schedule_delay, Duration::ZERO);
    assert_eq!(zero.settings.queues.traces.operation_timeout, None);
    assert_eq!(zero.settings.queues.logs.operation_timeout, Some(Duration::from_millis(7)));
}

#[test]
fn metrics_are_collected_more_often_for_people_than_for_machines() {
    for (pairs, seconds, warnings) in [
        (&[][..], 60, 0),
        (&[("OTEL_METRICS_EXPORTER", "console")], 10, 0),
        (&[("OTEL_METRICS_EXPORTER", "console,otlp")], 60, 0),
        (&[("OTEL_METRICS_EXPORTER", "console"), ("OTEL_METRIC_EXPORT_INTERVAL", "5000")], 5, 0),
        (&[("OTEL_METRIC_EXPORT_INTERVAL", "0")], 60, 1),
    ] {
        let resolved = resolved(pairs);
        assert_eq!(resolved.settings.metrics.interval, Duration::from_secs(seconds), "{pairs:?}");
        assert_eq!(
            report(&resolved, "metrics.interval").value,
            parse::show_duration(Duration::from_secs(seconds))
        );
        assert_eq!(messages(&resolved).len(), warnings, "{pairs:?}");
    }
}

#[test]
fn the_timeout_of_a_collection_is_the_life_of_its_request_when_it_is_set() {
    for (pairs, collection, request) in [
        (&[][..], Some(30_000), None),
        (&[("OTEL_METRIC_EXPORT_TIMEOUT", "7")], Some(7), Some(7)),
        (&[("OTEL_METRIC_EXPORT_TIMEOUT", "0")], None, None),
    ] {
        let settings = resolved(pairs).settings;
        let millis = |timeout: Option<Duration>| timeout.map(|timeout| timeout.as_millis());
        assert_eq!(millis(settings.metrics.timeout), collection, "{pairs:?}");
        assert_eq!(millis(settings.queues.metrics.operation_timeout), request, "{pairs:?}");
    }
}

#[test]
fn resource_attributes_are_discarded_as_a_whole() {
    let good = resolved(&[("OTEL_RESOURCE_ATTRIBUTES", "a=x%2Cy, b = c ")]);
    let pairs = [("a".to_owned(), "x,y".to_owned()), ("b".to_owned(), "c".to_owned())];
    assert_eq!(good.settings.resource.environment_attributes, pairs);
    for text in ["a=b,c", "a=%zz", "a=b,=c", "a=%ff"] {
        let bad = resolved(&[("OTEL_RESOURCE_ATTRIBUTES", text)]);
        assert_eq!(bad.settings.resource.environment_attributes, []);
        assert_eq!(messages(&bad).len(), 1);
    }
}

#[test]
fn the_manifest_of_a_pod_names_the_pod() {
    let resolved = resolved(&[("K8S_POD_NAME", "a"), ("POD_NAME", "b"), ("NODE_NAME", "c")]);
    let pairs =
        [("k8s.pod.name".to_owned(), "a".to_owned()), ("k8s.node.name".to_owned(), "c".to_owned())];
    assert_eq!(resolved.settings.resource.kubernetes_attributes, pairs);
    assert_eq!(report(&resolved, "k8s.node.name").variable, "NODE_NAME");
}

#[test]
fn filters_name_their_bad_directive() {
    let bad = "a=nonsense";
    assert_eq!(
        refused(&[("BEACON_LOG", "info, a=nonsense")]),
        format!(
            "invalid `BEACON_LOG`: expected filter directives such as `info,hyper=warn`, got `{bad}`"
        )
    );
    let fallback = resolved(&[("RUST_LOG", "info,a=nonsense")]);
    assert_eq!(fallback.settings.recording.log_filter, "info");
    assert_eq!(messages(&fallback).len(), 1);
    let other = resolved(&[("RUST_LOG", " warn , hyper=info,")]);
    assert_eq!(other.settings.recording.log_filter, "warn,hyper=info");
    let both = resolved(&[("RUST_LOG", "warn"), ("BEACON_LOG", "debug")]);
    assert_eq!(both.settings.recording.log_filter, "debug");
    // Wide blanks before wide letters.
    let wide = resolved(&[("BEACON_TRACE", "\u{2003}é=info")]);
    assert_eq!(wide.settings.recording.trace_filter, "é=info");
}
