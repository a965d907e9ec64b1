//! Switched off, telemetry costs nothing: no thread, no allocation for what it would record.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]
#![expect(unsafe_code, reason = "an allocator that counts cannot be written without")]

mod child;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashMap;

use beacon::opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use beacon::opentelemetry::{Context, global};
use beacon::{HealthState, Telemetry};
use tracing::{error, info, info_span};

use crate::child::{beacon_threads, run, wait_until};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Counts what each thread asks of the system's allocator.
struct CountingAllocator;

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Without a destructor and without lazy initialization, so it neither allocates nor fails.
        ALLOCATIONS.with(|count| count.set(count.get().saturating_add(1)));
        // SAFETY: the caller promises what the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above, and `alloc` took the memory from there.
        unsafe { System.dealloc(memory, layout) }
    }
}

const DISABLED: [(&str, &str); 3] = [
    ("OTEL_SDK_DISABLED", "true"),
    // Lines are no telemetry: without a word they go on.
    ("BEACON_LOG_CONSOLE", "off"),
    // Nothing that is switched off may look at its destination.
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
];

#[test]
fn nothing_runs_and_nothing_is_allocated() {
    run("nothing_runs_and_nothing_is_allocated", &DISABLED, || {
        let telemetry = beacon::init_telemetry().expect("it is the first");
        assert_eq!(beacon_threads(), [""; 0]);
        let counter = global::meter("test").u64_counter("orders").build();
        let work = || {
            for index in 0..100 {
                info_span!("work", index, text = "text").in_scope(|| info!(index, "inside"));
                error!(index, "outside");
                // No span by hand: OpenTelemetry's own API boxes them, also those without effect.
                counter.add(1, &[]);
            }
        };
        // What is done once may cost.
        work();
        assert_eq!(allocations_of(work), 0);
        assert_eq!(beacon_threads(), [""; 0]);
        drop(telemetry);
        wait_until("no thread is left", || beacon_threads().is_empty());
    });
}

#[test]
fn every_call_still_works() {
    run("every_call_still_works", &DISABLED, || {
        let telemetry = beacon::init_telemetry().expect("it is the first");
        let health = telemetry.health();
        assert_eq!(health.state, HealthState::Dark);
        assert_eq!(health.reasons, ["disabled"]);
        assert!(!telemetry.is_delivering());
        assert!(!telemetry.effective_config().settings.is_empty());
        telemetry.meter("test").u64_counter("orders").build().add(1, &[]);
        drop(telemetry.layer::<tracing_subscriber::Registry>());
        assert_eq!(telemetry.flush_blocking().expect("nothing is held"), telemetry.stats());
        assert_eq!(telemetry.shutdown_blocking().expect("nothing is held"), telemetry.stats());
        assert_eq!(telemetry.stats().traces.emitted, 0);
        beacon::init_telemetry().expect_err("it is installed all the same");
    });
}

#[test]
fn context_still_travels() {
    run("context_still_travels", &DISABLED, || {
        let _telemetry = beacon::init_telemetry().expect("it is the first");
        let span = SpanContext::new(
            TraceId::from(7),
            SpanId::from(9),
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        );
        let sent = Context::new().with_remote_span_context(span.clone());
        let mut headers = HashMap::new();
        global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&sent, &mut headers);
        });
        assert!(headers.contains_key("traceparent"), "{headers:?}");
        let got = global::get_text_map_propagator(|propagator| propagator.extract(&headers));
        assert_eq!(got.span().span_context(), &span);
    });
}

#[test]
fn another_subscriber_is_no_obstacle() {
    run("another_subscriber_is_no_obstacle", &DISABLED, || {
        let theirs = tracing_subscriber::registry();
        tracing::subscriber::set_global_default(theirs).expect("it is the first");
        let _telemetry: Telemetry = beacon::init_telemetry().expect("it sets none");
    });
}

/// Returns how often this thread allocates during the work.
fn allocations_of(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get).saturating_sub(before)
}
