use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

use proptest::prelude::*;

use super::kind::Kind;
use super::table::{self, Row};
use super::{
    Compression, Environment, Origin, Overrides, Propagator, Protocol, Resolved, Sampler,
    SettingReport, SettingValue, key, kubernetes, resolve, unsupported,
};
use crate::error::InitError;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn from(pairs: Pairs<'_>) -> Environment {
    pairs.iter().copied().collect()
}

fn resolved(pairs: Pairs<'_>) -> Resolved {
    resolve(&from(pairs), &Overrides::default()).expect("nothing here stops the start")
}

fn refused(pairs: Pairs<'_>) -> String {
    resolve(&from(pairs), &Overrides::default()).expect_err("this stops the start").to_string()
}

fn report<'a>(resolved: &'a Resolved, key: &str) -> &'a SettingReport {
    resolved.effective.settings.iter().find(|row| row.key == key).expect("every row is reported")
}

fn messages(resolved: &Resolved) -> Vec<String> {
    resolved.effective.warnings.iter().map(ToString::to_string).collect()
}

fn row_of(variable: &str) -> &'static Row {
    table::rows().find(|row| row.variables.contains(&variable)).expect("the variable is known")
}

fn variables() -> BTreeSet<&'static str> {
    table::rows().flat_map(|row| row.variables).copied().collect()
}

/// Every variable that does anything, also those whose only effect is a warning.
fn all_variables() -> BTreeSet<&'static str> {
    let pod = kubernetes::POD_ROWS.iter().flat_map(|row| row.variables).copied();
    let unsupported = unsupported::UNSUPPORTED.iter().map(|row| row.name);
    variables().into_iter().chain(pod).chain(unsupported).collect()
}

/// Whether the text is a good value of the kind, said by hand and not by the parser.
fn is_good(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Text | Kind::Endpoint => true,
        Kind::Integer { max, .. } => text == "1" || (text == "2147483647" && max > 64),
        Kind::Milliseconds { .. } | Kind::Timeout => ["1", "2147483647"].contains(&text),
        Kind::Ratio => text == "1",
        Kind::Duration { .. } => text == "5s",
        // A word is a target.
        Kind::Filter => !["1e3=", " true=x"].contains(&text),
        _ => false,
    }
}

const BAD_VALUES: [&str; 12] = [
    "1",
    "yes",
    " true",
    "abc",
    "-1",
    "1e3",
    "5s",
    "0x10",
    "99999999999999999999",
    "2147483647",
    " 1",
    "+1",
];

#[test]
fn every_default_is_a_good_value() {
    for row in table::rows() {
        if let Some(text) = row.default {
            let parsed = row.kind.parse(text).expect(row.key);
            assert!(parsed.flaws.is_empty(), "{}", row.key);
        }
    }
}

#[test]
fn every_key_belongs_to_one_row() {
    let keys: BTreeSet<_> = table::rows().map(|row| row.key).collect();
    assert_eq!(keys.len(), table::rows().count());
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let unset = resolved(&[]);
    assert_eq!(unset.effective.warnings, []);
    for name in all_variables() {
        let empty = resolved(&[(name, "")]);
        assert_eq!(empty.effective, unset.effective, "{name}");
        assert_eq!(format!("{:?}", empty.settings), format!("{:?}", unset.settings), "{name}");
    }
}

#[test]
fn a_bad_value_warns_once_and_the_default_stays() {
    let unset = resolved(&[]);
    for name in variables().into_iter().filter(|name| !name.starts_with("BEACON_")) {
        let row = row_of(name);
        for text in BAD_VALUES.iter().filter(|text| !is_good(row.kind, text)) {
            let mut pairs = vec![(name, *text)];
            if row.key == key::SAMPLER_ARGUMENT {
                pairs.push(("OTEL_TRACES_SAMPLER", "traceidratio"));
            }
            let result = resolved(&pairs);
            let about: Vec<_> = messages(&result);
            assert_eq!(about.len(), 1, "{name}={text}: {about:?}");
            let message = about.concat();
            assert!(message.contains(&format!("`{name}`")), "{message}");
            assert!(message.contains("expected "), "{message}");
            let is_shown = row.kind == Kind::Headers || message.contains(&format!("`{text}`"));
            assert!(is_shown, "{message}");
            assert_eq!(report(&result, row.key).value, report(&unset, row.key).value, "{name}");
        }
    }
}

#[test]
fn a_bad_value_of_our_own_stops_the_start() {
    for name in variables().into_iter().filter(|name| name.starts_with("BEACON_")) {
        let row = row_of(name);
        for text in BAD_VALUES.iter().filter(|text| !is_good(row.kind, text)) {
            let message = refused(&[(name, text)]);
            let expected = row.kind.expected();
            assert_eq!(message, format!("invalid `{name}`: expected {expected}, got `{text}`"));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf8_is_a_bad_value() {
    use std::os::unix::ffi::OsStringExt as _;

    for name in all_variables() {
        let value = OsString::from_vec(vec![b'a', 0xff]);
        let environment = Environment::from_iter([
            (OsString::from(name), value),
            (OsString::from("OTEL_TRACES_SAMPLER"), OsString::from("traceidratio")),
        ]);
        match resolve(&environment, &Overrides::default()) {
            Ok(resolved) => {
                assert!(!name.starts_with("BEACON_"), "{name}");
                if name == "OTEL_TRACES_SAMPLER" {
                    continue;
                }
                let messages = messages(&resolved);
                assert_eq!(messages.len(), 1, "{name}: {messages:?}");
                assert!(messages.concat().contains(name), "{messages:?}");
            }
            Err(error) => {
                assert!(name.starts_with("BEACON_"), "{error}");
                assert!(error.to_string().contains("(not UTF-8)"), "{error}");
            }
        }
    }
}

#[test]
fn integers_reach_at_least_two_to_the_31() {
    let result = resolved(&[
        ("OTEL_BSP_MAX_QUEUE_SIZE", "2147483647"),
        ("OTEL_BSP_SCHEDULE_DELAY", "2147483647"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2147483647"),
    ]);
    assert_eq!(messages(&result), [""; 0]);
    assert_eq!(result.settings.queues.traces.items_max, Some(2_147_483_647));
    assert_eq!(
        result.settings.queues.traces.schedule_delay,
        Duration::from_millis(2_147_483_647)
    );
}

#[test]
fn code_beats_the_signal_beats_the_general_beats_the_default() {
    let timeout = |pairs: Pairs<'_>, overrides: &Overrides| {
        let resolved = resolve(&from(pairs), overrides).expect("nothing is bad");
        let otlp = resolved.settings.exporters.traces.otlp.as_ref().expect("otlp is the default");
        let row = report(&resolved, "traces.timeout");
        (otlp.timeout.map(|timeout| timeout.as_millis()), row.origin, messages(&resolved).len())
    };
    let (general, signal) = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT");
    let none = Overrides::default();
    let mut general_code = Overrides::default();
    general_code.set(key::TIMEOUT, SettingValue::Duration(Duration::from_millis(4)));
    let mut signal_code = general_code.clone();
    signal_code.set("traces.timeout", SettingValue::Duration(Duration::from_millis(3)));

    let both: Pairs<'_> = &[(signal, "2"), (general, "1")];
    let from_signal = Origin::Variable(signal);
    let from_general = Origin::Variable(general);
    assert_eq!(timeout(&[], &none), (Some(10_000), Origin::Default, 0));
    assert_eq!(timeout(&[(general, "1")], &none), (Some(1), from_general, 0));
    assert_eq!(timeout(both, &none), (Some(2), from_signal, 0));
    assert_eq!(timeout(both, &general_code), (Some(4), Origin::Code, 0));
    assert_eq!(timeout(both, &signal_code), (Some(3), Origin::Code, 0));
    // Bad and empty values fall through, bad ones with a warning.
    assert_eq!(timeout(&[(signal, "x"), (general, "1")], &none), (Some(1), from_general, 1));
    assert_eq!(timeout(&[(signal, ""), (general, "1")], &none), (Some(1), from_general, 0));
    assert_eq!(timeout(&[(signal, "x"), (general, "y")], &none), (Some(10_000), Origin::Default, 2));
    // No limit is a value like any other.
    assert_eq!(timeout(&[(signal, "0"), (general, "1")], &none), (None, from_signal, 0));
}

#[test]
fn code_passes_the_same_range_check() {
    let error = |key, value: SettingValue| {
        let mut overrides = Overrides::default();
        overrides.set(key, value);
        resolve(&Environment::empty(), &overrides).expect_err("out of range").to_string()
    };
    assert_eq!(
        error(key::QUEUE_BYTES, SettingValue::Integer(12)),
        "invalid `TelemetryBuilder::queue_bytes`: expected a size of at least `64KiB`, got `12B`"
    );
    assert_eq!(
        error(key::METRICS_INTERVAL, SettingValue::Duration(Duration::ZERO)),
        "invalid `TelemetryBuilder::metrics_interval`: expected whole milliseconds of at least \
         `1`, got `0s`"
    );
    assert_eq!(
        error(key::TRACE_FILTER, SettingValue::Text("info,a=b=c".to_owned())),
        "invalid `TelemetryBuilder::trace_filter`: expected filter directives such as \
         `info,hyper=warn`, got `a=b=c`"
    );
    let mut overrides = Overrides::default();
    overrides.set_sampler(Sampler::TraceIdRatio(f64::NAN));
    let error = resolve(&Environment::empty(), &overrides).expect_err("no ratio").to_string();
    assert_eq!(
        error,
        "invalid `TelemetryBuilder::sampler`: expected a number from `0` to `1`, got `NaN`"
    );
}

#[test]
fn booleans_are_true_for_one_word_only() {
    for (text, is_disabled, warnings) in [
        ("true", true, 0),
        ("TRUE", true, 0),
        ("True", true, 0),
        ("false", false, 0),
        ("False", false, 0),
        ("1", false, 1),
        ("yes", false, 1),
        ("on", false, 1),
        ("t", false, 1),
        (" true", false, 1),
    ] {
        let resolved = resolved(&[("OTEL_SDK_DISABLED", text)]);
        assert_eq!(resolved.settings.is_disabled, is_disabled, "{text}");
        assert_eq!(messages(&resolved).len(), warnings, "{text}");
    }
}

#[test]
fn a_bad_boolean_of_a_signal_is_false_and_not_the_general_one() {
    let resolved = resolved(&[
        ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
        ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "yes"),
    ]);
    assert_eq!(report(&resolved, "traces.insecure").value, "false");
    assert_eq!(report(&resolved, "logs.insecure").value, "true");
}

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
        ["ignored a part of `OTEL_PROPAGATORS`: expected `tracecontext`, `baggage` or `none` (this \
          one is not supported yet), got `b3`; expected `tracecontext`, `baggage` or `none`, got \
          `Bogus`; using `baggage`"]
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
fn a_sampler_of_code_takes_no_argument_from_a_variable() {
    let mut overrides = Overrides::default();
    overrides.set_sampler(Sampler::TraceIdRatio(0.5));
    let environment = from(&[("OTEL_TRACES_SAMPLER_ARG", "0.1")]);
    let resolved = resolve(&environment, &overrides).expect("nothing is bad");
    assert_eq!(resolved.settings.sampler, Sampler::TraceIdRatio(0.5));
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
        (
            &[("OTEL_METRICS_EXPORTER", "console"), ("OTEL_METRIC_EXPORT_INTERVAL", "5000")],
            5,
            0,
        ),
        (&[("OTEL_METRIC_EXPORT_INTERVAL", "0")], 60, 1),
    ] {
        let resolved = resolved(pairs);
        assert_eq!(resolved.settings.metrics.interval, Duration::from_secs(seconds), "{pairs:?}");
        assert_eq!(report(&resolved, "metrics.interval").value.len(), if seconds == 60 { 2 } else { seconds.to_string().len() + 1 });
        assert_eq!(messages(&resolved).len(), warnings, "{pairs:?}");
    }
}

#[test]
fn exporters_are_lists() {
    for (text, otlp, console) in
        [("otlp", true, false), ("none", false, false), ("console,OTLP", true, true)]
    {
        let exporters = resolved(&[("OTEL_TRACES_EXPORTER", text)]).settings.exporters;
        assert_eq!((exporters.traces.otlp.is_some(), exporters.traces.console), (otlp, console));
        assert!(exporters.logs.otlp.is_some());
    }
    let disabled = resolved(&[("OTEL_SDK_DISABLED", "true")]).settings.exporters;
    assert!(disabled.traces.otlp.is_none());
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
fn the_name_from_code_beats_an_attribute_from_code() {
    let mut overrides = Overrides::default();
    overrides.add_pair(key::RESOURCE_ATTRIBUTES, "service.name".to_owned(), "attribute".to_owned());
    let attributes = |overrides: &Overrides| {
        let environment = from(&[("OTEL_SERVICE_NAME", "variable")]);
        resolve(&environment, overrides).expect("good").settings.resource.code_attributes
    };
    assert_eq!(attributes(&overrides), [("service.name".to_owned(), "attribute".to_owned())]);
    overrides.set(key::SERVICE_NAME, SettingValue::Text("setter".to_owned()));
    assert_eq!(attributes(&overrides), [("service.name".to_owned(), "setter".to_owned())]);
}

#[test]
fn the_manifest_of_a_pod_names_the_pod() {
    let resolved = resolved(&[("K8S_POD_NAME", "a"), ("POD_NAME", "b"), ("NODE_NAME", "c")]);
    let pairs = [
        ("k8s.pod.name".to_owned(), "a".to_owned()),
        ("k8s.node.name".to_owned(), "c".to_owned()),
    ];
    assert_eq!(resolved.settings.resource.kubernetes_attributes, pairs);
    assert_eq!(report(&resolved, "k8s.node.name").variable, "NODE_NAME");
}

#[test]
fn filters_name_their_bad_directive() {
    let bad = "a=nonsense";
    assert_eq!(
        refused(&[("BEACON_LOG", "info, a=nonsense")]),
        format!("invalid `BEACON_LOG`: expected filter directives such as `info,hyper=warn`, got `{bad}`")
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

#[test]
fn variables_without_effect_are_said_once() {
    for row in unsupported::UNSUPPORTED {
        let resolved = resolved(&[(row.name, "canary")]);
        let messages = messages(&resolved);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages.concat().contains(row.name));
        assert!(!messages.concat().contains("canary"));
    }
    let harmless = resolved(&[("OTEL_METRICS_EXEMPLAR_FILTER", "ALWAYS_OFF")]);
    assert_eq!(messages(&harmless), [""; 0]);
}

#[test]
fn an_unknown_variable_of_ours_names_the_nearest() {
    assert_eq!(
        messages(&resolved(&[("BEACON_QUEUE_BYTE", "1MiB")])),
        ["`BEACON_QUEUE_BYTE` is not a setting; did you mean `BEACON_QUEUE_BYTES`?"]
    );
}

#[test]
fn warnings_say_what_is_used_instead() {
    let result = resolved(&[
        ("OTEL_BSP_SCHEDULE_DELAY", "abc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
    ]);
    assert_eq!(
        messages(&result),
        [
            "ignored `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`: expected `grpc`, `http/protobuf` or \
             `http/json`, got `http`; using the next source, `http/json`",
            "ignored `OTEL_BSP_SCHEDULE_DELAY`: expected whole milliseconds of at least `0`, got \
             `abc`; using the default `5s`",
            "ignored `OTEL_BSP_MAX_QUEUE_SIZE`: expected an integer of at least `1`, got `0`; \
             using nothing",
        ]
    );
    let report = report(&result, "traces.schedule_delay");
    assert!(report.warning.as_ref().is_some_and(|warning| warning.contains("abc")));
}

#[test]
fn a_compression_from_code_reaches_the_destination() {
    let mut overrides = Overrides::default();
    overrides.set(key::COMPRESSION, SettingValue::from(Compression::None));
    overrides.set(key::PROTOCOL, SettingValue::from(Protocol::Grpc));
    let environment = from(&[("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip")]);
    let settings = resolve(&environment, &overrides).expect("good").settings;
    let logs = settings.exporters.logs.otlp.expect("otlp is the default");
    assert_eq!((logs.compression, logs.protocol), (Compression::None, Protocol::Grpc));
    assert_eq!(logs.url, "http://localhost:4317/");
}

#[test]
fn secrets_are_in_no_output() {
    const CANARY: &str = "c4n4ry";
    let endpoint = format!("http://user:{CANARY}@localhost:4318/?key={CANARY}");
    let headers = format!("authorization=Bearer%20{CANARY},{CANARY},bad%zz={CANARY},a={CANARY};{CANARY}");
    let bad_endpoint = format!("ht!tp://user:{CANARY}@local host");
    let mut overrides = Overrides::default();
    overrides.add_pair(key::HEADERS, "x-key".to_owned(), CANARY.to_owned());
    overrides.set("logs.endpoint", SettingValue::Text(endpoint.clone()));
    let mut bad_overrides = Overrides::default();
    bad_overrides.add_pair(key::HEADERS, "x key".to_owned(), CANARY.to_owned());

    let mut outputs = vec![format!("{overrides:?}{bad_overrides:?}")];
    for (name, text) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &bad_endpoint),
        ("OTEL_EXPORTER_OTLP_HEADERS", &headers),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", &headers),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &CANARY.to_owned()),
    ] {
        let environment = from(&[(name, text)]);
        outputs.push(format!("{environment:?}"));
        for overrides in [&Overrides::default(), &overrides, &bad_overrides] {
            match resolve(&environment, overrides) {
                Ok(resolved) => {
                    let mut settings = resolved.settings.clone();
                    // The query of one signal's URL is sent, so the URL itself must hold it.
                    for otlp in [&mut settings.exporters.traces.otlp, &mut settings.exporters.logs.otlp] {
                        if let Some(otlp) = otlp {
                            otlp.url = http::Uri::default();
                        }
                    }
                    outputs.push(format!("{settings:?}"));
                    outputs.push(format!("{:?}", resolved.effective));
                    outputs.push(resolved.effective.to_string());
                    outputs.push(serde_json::to_string(&resolved.effective).expect("plain data"));
                }
                Err(error) => outputs.push(format!("{error} {error:?}")),
            }
        }
    }
    for output in outputs {
        assert!(!output.contains(CANARY), "{output}");
    }
}

#[test]
fn a_report_is_readable_by_people_and_machines() {
    let resolved = resolved(&[("OTEL_SERVICE_NAME", "shop"), ("OTEL_BSP_SCHEDULE_DELAY", "x")]);
    let table = resolved.effective.to_string();
    let line = table.lines().find(|line| line.starts_with("service_name ")).expect("a row");
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["service_name", "shop", "OTEL_SERVICE_NAME"]);
    assert!(table.contains("warning: ignored `OTEL_BSP_SCHEDULE_DELAY`"), "{table}");
    let json = serde_json::to_value(&resolved.effective).expect("plain data");
    let row = json["settings"].as_array().and_then(|rows| rows.iter().find(|row| row["key"] == "service_name"));
    assert_eq!(row.map(|row| row["origin"]["variable"].clone()), Some("OTEL_SERVICE_NAME".into()));
}

#[test]
fn every_variable_is_documented_with_its_setter() {
    let manual = include_str!("../manual/environment.md");
    for row in table::rows() {
        let setter = key::setter(row.general_key.unwrap_or(row.key));
        for name in row.variables {
            let line = manual.lines().find(|line| line.starts_with(&format!("| `{name}`")));
            let line = line.unwrap_or_else(|| panic!("{name} is not documented"));
            let own = key::setter(row.key);
            assert!(line.contains(&own) || line.contains(&setter), "{name}: {own} in {line}");
        }
    }
    for name in all_variables() {
        assert!(manual.contains(&format!("`{name}`")), "{name} is not documented");
    }
}

proptest! {
    #[test]
    fn the_order_of_variables_is_irrelevant_and_no_text_panics(
        mut pairs in proptest::collection::vec(
            (proptest::sample::select(all_variables().into_iter().collect::<Vec<_>>()), any_text()),
            0..8,
        ),
    ) {
        pairs.sort_by_key(|(name, _)| *name);
        pairs.dedup_by_key(|(name, _)| *name);
        let forth: Environment = pairs.iter().cloned().collect();
        let back: Environment = pairs.iter().rev().cloned().collect();
        let resolve = |environment: &Environment| {
            let resolved = resolve(environment, &Overrides::default());
            resolved.map(|resolved| resolved.effective).map_err(|error: InitError| error.to_string())
        };
        prop_assert_eq!(resolve(&forth), resolve(&back));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9:/@?#%=,;. \\[\\]{}é\u{2003}-]{0,24}",
        "(https?://)?[a-z@:]{0,6}[a-z0-9.]{1,6}(:[0-9]{0,6})?(/[a-z?#]{0,5})?",
        "[0-9]{1,22}(ms|s|m|h|B|KiB|MiB)?",
    ]
}
