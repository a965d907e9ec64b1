//! Tasks and messages where telemetry is installed. Each case runs in a process of its own.
#![cfg(unix)]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]

#[path = "../child/mod.rs"]
mod child;
mod polls;

use std::cell::RefCell;
use std::future::{Pending, pending};
use std::sync::mpsc;
use std::time::Duration;

use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::opentelemetry::baggage::BaggageExt as _;
use beacon::opentelemetry::{Context, KeyValue};
use beacon::task::{
    self, ContextExt as _, InContext, MessageContext, TaskContext, block_in_place_if_possible,
    channel, run_async, run_async_timeout,
};
use tokio::runtime::Builder;
use tracing::info_span;

use crate::child::{beacon_threads, run, wait_until};

#[test]
fn a_map_of_strings_carries_span_and_baggage() {
    let collector = Collector::start().expect("a collector starts");
    let endpoint = collector.endpoint();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let stderr = run("a_map_of_strings_carries_span_and_baggage", &variables, || {
        let _telemetry = beacon::init_telemetry().expect("it is the first");
        let map = info_span!("sender").in_scope(|| {
            let context = Context::current().with_baggage([KeyValue::new("tenant", "acme")]);
            let _attached = context.attach();
            MessageContext::current().to_map()
        });
        let names: Vec<_> = map.keys().map(String::as_str).filter(|n| *n != "tracestate").collect();
        assert_eq!(names, ["baggage", "traceparent"]);

        // As some transports write names.
        let map = map.into_iter().map(|(name, value)| (name.to_ascii_uppercase(), value));
        let message = MessageContext::from_map(map);
        assert_eq!(
            message.otel().baggage().get("tenant").map(ToString::to_string).as_deref(),
            Some("acme")
        );
        message.child_span(|| info_span!("child")).in_scope(|| {});
        message.linked_span(|| info_span!("linked")).in_scope(|| {});
    });
    if stderr.is_none() {
        return;
    }
    let spans = collector.spans();
    let span = |name: &str| spans.iter().find(|span| span.name == name).expect("it arrived");
    assert_eq!(span("child").parent_span_id, span("sender").span_id);
    assert_eq!(span("child").trace_id, span("sender").trace_id);
    assert_eq!(span("linked").parent_span_id, "");
    let links: Vec<_> = span("linked").links.iter().map(|link| &link.span_id).collect();
    assert_eq!(links, [&span("sender").span_id]);
}

/// Does everything that code of a destructor may do, when the values of its thread die.
struct LastWords {
    result: mpsc::Sender<u32>,
    future: Option<InContext<Pending<()>>>,
}

impl Drop for LastWords {
    fn drop(&mut self) {
        drop(self.future.take());
        let (sender, mut receiver) = channel::mpsc(1);
        sender.try_send(1).expect("there is room");
        let message = receiver.try_recv().expect("it was sent").into_inner();
        let in_place = block_in_place_if_possible(|| 2);
        let elsewhere = task::thread::spawn(|| 4).join().expect("it ends");
        let awaited = run_async(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            task::spawn(async { 8 }).await.expect("it ends")
        });
        let late = run_async_timeout(Duration::from_millis(1), pending::<()>());
        let late = if late.is_err() { 16 } else { 0 };
        // The test may have given up.
        let all = [message, in_place, elsewhere, awaited, late].iter().sum();
        self.result.send(all).unwrap_or_default();
    }
}

#[test]
fn a_thread_that_ends_may_call_everything() {
    run("a_thread_that_ends_may_call_everything", &[], || {
        thread_local!(static LAST: RefCell<Option<LastWords>> = const { RefCell::new(None) });
        let telemetry = beacon::Telemetry::builder().environment(Environment::empty());
        let telemetry = telemetry.endpoint("http://127.0.0.1:9").install();
        let _telemetry = telemetry.expect("it is the first");
        let (result, words) = mpsc::channel();
        let thread = task::thread::spawn(move || {
            // First, so that it dies last: after what Tokio and OpenTelemetry keep for the thread.
            LAST.with(|_| ());
            run_async(async { task::spawn(async {}).await.expect("it ends") });
            let future = info_span!("last").in_scope(|| pending().with_current_context());
            LAST.set(Some(LastWords { result, future: Some(future) }));
        });
        thread.join().expect("it ends");
        assert_eq!(words.recv(), Ok(31));
    });
}

#[test]
fn the_background_runtime_ends_with_the_telemetry() {
    run("the_background_runtime_ends_with_the_telemetry", &[], || {
        let telemetry = beacon::Telemetry::builder().disabled(true).install();
        let telemetry = telemetry.expect("it is the first");
        assert!(!beacon_threads().iter().any(|name| name == "beacon-async"));
        assert_eq!(run_async(async { task::spawn(async { 7 }).await.expect("it ends") }), 7);
        let is_running = || beacon_threads().iter().any(|name| name == "beacon-async");
        wait_until("the runtime runs", is_running);

        // A call that needs it keeps it.
        run_async(async {
            drop(telemetry.shutdown().await);
            tokio::time::sleep(Duration::from_millis(1)).await;
        });
        assert!(is_running());
        drop(telemetry.shutdown_blocking());
        wait_until("no thread is left", || beacon_threads().is_empty());
        // It starts again.
        assert_eq!(run_async(async { task::spawn(async { 7 }).await.expect("it ends") }), 7);
    });
}

#[test]
fn without_telemetry_nothing_is_put_on_top() {
    run("without_telemetry_nothing_is_put_on_top", &[], || {
        let context = format!("{:?}", TaskContext::current());
        assert!(context.contains("otel: None"), "{context}");
        let runtime = Builder::new_current_thread().build().expect("a runtime starts");
        let output = runtime.block_on(async { task::spawn(async { 7 }).await });
        assert_eq!(output.expect("it ends"), 7);
        // What is attached by means of the OpenTelemetry API is there all the same.
        let context = Context::current().with_baggage([KeyValue::new("tenant", "acme")]);
        let _attached = context.attach();
        let tenant = || Context::map_current(|context| context.baggage().get("tenant").is_some());
        assert!(task::thread::spawn(tenant).join().expect("it ends"));
        assert!(beacon_threads().is_empty());
    });
}
