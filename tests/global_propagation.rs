//! The process's propagator and the current context. Each case runs in a process of its own.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]

mod child;

use std::collections::BTreeMap;
use std::convert::Infallible;

use beacon::Telemetry;
use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::opentelemetry::baggage::BaggageExt as _;
use beacon::opentelemetry::propagation::TextMapPropagator as _;
use beacon::opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use beacon::opentelemetry::{Context, KeyValue, global};
use beacon::propagation::{self, CarrierExtractor, CarrierInjector, HttpServerLayer};
use beacon::tracing::{Span, info_span};
use beacon::tracing_opentelemetry::{self, OpenTelemetrySpanExt as _};
use http::{Request, Response};
use tower::{Layer as _, ServiceExt as _};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::child::{command, finish, is_child, run, wait_until};

type Headers = BTreeMap<String, String>;

const NO_EXPORT: [(&str, &str); 3] = [
    ("OTEL_TRACES_EXPORTER", "none"),
    ("OTEL_LOGS_EXPORTER", "none"),
    ("OTEL_METRICS_EXPORTER", "none"),
];

#[test]
fn the_innermost_span_is_sent_whichever_api_made_it() {
    run("the_innermost_span_is_sent_whichever_api_made_it", &NO_EXPORT, || {
        let _telemetry = beacon::init_telemetry().expect("it is the first");
        let tracer = global::tracer("test");
        assert_eq!(sent(), Headers::new());
        info_span!("outer").in_scope(|| {
            assert_eq!(parent(&sent()), id_of(&Span::current().context()));

            let of_api = Context::current_with_span(tracer.start("of the API"));
            let guard = of_api.clone().attach();
            assert_eq!(parent(&sent()), id_of(&of_api));
            info_span!("inner").in_scope(|| {
                assert_eq!(parent(&sent()), id_of(&Span::current().context()));
                assert_ne!(parent(&sent()), id_of(&of_api));
            });
            drop(guard);
            assert_eq!(parent(&sent()), id_of(&Span::current().context()));
        });
    });
}

#[test]
fn baggage_is_that_of_the_current_context() {
    run("baggage_is_that_of_the_current_context", &NO_EXPORT, || {
        let _telemetry = beacon::init_telemetry().expect("it is the first");
        let baggage = || Context::current().with_baggage([KeyValue::new("tenant", "blue")]);
        let guard = baggage().attach();
        assert_eq!(sent(), Headers::from([("baggage".to_owned(), "tenant=blue".to_owned())]));
        // A span that begins there inherits it.
        info_span!("work").in_scope(|| assert_eq!(sent()["baggage"], "tenant=blue"));
        drop(guard);
        info_span!("work").in_scope(|| {
            assert!(!sent().contains_key("baggage"));
            let _guard = baggage().attach();
            assert_eq!(sent()["baggage"], "tenant=blue");
            assert_eq!(parent(&sent()), id_of(&Span::current().context()));
        });
    });
}

#[test]
fn a_request_is_no_part_of_the_span_that_reads_it() {
    run("a_request_is_no_part_of_the_span_that_reads_it", &NO_EXPORT, || {
        let _telemetry = beacon::init_telemetry().expect("it is the first");
        info_span!("accept").in_scope(|| {
            let _guard = Context::current().with_baggage([KeyValue::new("of", "here")]).attach();
            let nothing = propagation::extract(&Headers::new());
            assert!(!nothing.has_active_span());
            assert!(nothing.baggage().is_empty());

            let mut request = Request::new(());
            propagation::inject(&caller(), request.headers_mut());
            let found = propagation::extract(request.headers());
            assert_eq!(found.span().span_context(), caller().span().span_context());

            let span = info_span!("request");
            span.set_parent(found).expect("it has not begun");
            span.in_scope(|| {
                assert!(sent()["traceparent"].starts_with(&format!("00-{:032x}-", 7)));
            });
        });
    });
}

#[test]
fn the_environment_decides_what_travels() {
    let variables = [NO_EXPORT.as_slice(), &[("OTEL_PROPAGATORS", "none")]].concat();
    run("the_environment_decides_what_travels", &variables, || {
        let telemetry = beacon::init_telemetry().expect("it is the first");
        info_span!("work").in_scope(|| assert_eq!(sent(), Headers::new()));
        assert_eq!(telemetry.propagator().fields().count(), 0);
    });
}

#[test]
fn the_environment_decides_which_methods_are_known() {
    let collector = Collector::start().expect("a collector starts");
    let endpoint = collector.endpoint();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "BREW, GET"),
    ];
    let stderr = run("the_environment_decides_which_methods_are_known", &variables, || {
        // Made before there is telemetry, as a router may be.
        let layer = HttpServerLayer::new();
        let own = HttpServerLayer::new().known_methods("POST");
        let _telemetry = beacon::init_telemetry().expect("it is the first");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let serve = |layer: &HttpServerLayer, method: &str| {
            let handler = tower::service_fn(async |_: Request<String>| {
                Ok::<_, Infallible>(Response::new(String::new()))
            });
            let request = Request::builder().method(method).body(String::new());
            let answer = layer.layer(handler).oneshot(request.expect("a request"));
            drop(runtime.block_on(answer).expect("an answer"));
        };
        for method in ["BREW", "GET", "POST", "brew"] {
            serve(&layer, method);
        }
        serve(&own, "POST");
    });
    if stderr.is_none() {
        return;
    }
    let methods: Vec<_> = collector
        .spans()
        .iter()
        .filter_map(|span| Some(span.attribute("http.request.method")?.to_string()))
        .collect();
    assert_eq!(methods, ["BREW", "GET", "_OTHER", "_OTHER", "POST"]);
}

#[test]
fn without_install_nothing_travels_unless_asked() {
    run("without_install_nothing_travels_unless_asked", &NO_EXPORT, || {
        let telemetry = Telemetry::builder().build().expect("the settings are right");
        // A layer of someone else, which does not make its spans part of the context.
        let layer = tracing_opentelemetry::layer()
            .with_tracer(telemetry.tracer_provider().tracer("test"))
            .with_context_activation(false);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            info_span!("work").in_scope(|| {
                assert!(!Context::current().has_active_span());
                assert_eq!(sent(), Headers::new());
                global::set_text_map_propagator(telemetry.propagator());
                assert_eq!(parent(&sent()), id_of(&Span::current().context()));
            });
        });
    });
}

#[test]
fn a_child_process_goes_on_with_the_trace() {
    if is_child() {
        let _telemetry = beacon::init_telemetry().expect("it is the first");
        let found = propagation::extract(&Environment::from_process());
        assert_eq!(found.span().span_context(), caller().span().span_context());
        assert_eq!(found.baggage().get("tenant").map(ToString::to_string), Some("blue".into()));
        let _guard = found.attach();
        info_span!("main").in_scope(|| {
            assert!(sent()["traceparent"].starts_with(&format!("00-{:032x}-", 7)));
        });
        return;
    }
    let telemetry = Telemetry::builder()
        .environment(Environment::empty())
        .disabled(true)
        .build()
        .expect("the settings are right");
    let mut command = command("a_child_process_goes_on_with_the_trace");
    command.envs(NO_EXPORT);
    let mut injector = CarrierInjector::new(&mut command);
    telemetry.propagator().inject_context(&caller(), &mut injector);
    drop(injector);
    finish(command.spawn().expect("the test starts once more"));
}

#[test]
fn a_propagator_outlives_its_telemetry() {
    let telemetry = Telemetry::builder()
        .environment(Environment::empty())
        .disabled(true)
        .build()
        .expect("the settings are right");
    let propagator = telemetry.propagator();
    drop(telemetry);
    let mut headers = Headers::new();
    propagator.inject_context(&caller(), &mut CarrierInjector::new(&mut headers));
    let found = propagator.extract(&CarrierExtractor::new(&headers));
    assert_eq!(found.span().span_context(), caller().span().span_context());
    wait_until("no thread is left", || child::beacon_threads().is_empty());
}

/// What a service that is called would get now.
fn sent() -> Headers {
    let mut headers = Headers::new();
    propagation::inject_current(&mut headers);
    headers
}

/// What someone has sent.
fn caller() -> Context {
    let state = TraceState::from_key_value([("vendor", "1")]).expect("it is valid");
    let span =
        SpanContext::new(TraceId::from(7), SpanId::from(9), TraceFlags::SAMPLED, true, state);
    Context::new().with_remote_span_context(span).with_baggage([KeyValue::new("tenant", "blue")])
}

fn parent(headers: &Headers) -> String {
    let parent = headers.get("traceparent").and_then(|parent| parent.split('-').nth(2));
    parent.unwrap_or_default().to_owned()
}

fn id_of(context: &Context) -> String {
    context.span().span_context().span_id().to_string()
}
