//! The ways to panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{fmt, panic, thread};

use beacon::Telemetry;
use tokio::runtime::Builder;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber, info, info_span};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, registry};

/// What a panic does and what becomes of it.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) main: fn(),
    /// The exit code with and without beacon; `None`: the process is aborted.
    pub(crate) code: Option<i32>,
    pub(crate) messages: &'static [&'static str],
    /// The name of the thread that panics.
    pub(crate) thread: &'static str,
}

pub(crate) const CASES: [Case; 10] = [
    Case {
        name: "in_main",
        main: || panic!("boom"),
        code: Some(101),
        messages: &["boom"],
        thread: "main",
    },
    Case {
        name: "in_a_thread",
        main: in_a_thread,
        code: Some(0),
        messages: &["boom"],
        thread: "worker",
    },
    Case { name: "in_a_task", main: in_a_task, code: Some(0), messages: &["boom"], thread: "main" },
    Case {
        name: "in_drop",
        main: || drop(PanicsInDrop),
        code: Some(101),
        messages: &["boom"],
        thread: "main",
    },
    Case {
        name: "in_drop_while_unwinding",
        main: in_drop_while_unwinding,
        code: None,
        messages: &["first", "boom"],
        thread: "main",
    },
    Case {
        name: "inside_a_log_call",
        main: inside_a_log_call,
        code: Some(0),
        messages: &["boom"],
        thread: "main",
    },
    Case {
        name: "inside_the_fields_of_a_span",
        main: inside_the_fields_of_a_span,
        code: Some(0),
        messages: &["boom", "boom"],
        thread: "main",
    },
    Case {
        name: "inside_a_layer",
        main: inside_a_layer,
        code: Some(0),
        messages: &["boom", "boom"],
        thread: "main",
    },
    Case {
        name: "with_a_payload_of_another_type",
        main: || panic::panic_any(7),
        code: Some(101),
        messages: &["Box<dyn Any>"],
        thread: "main",
    },
    Case {
        name: "and_then_abort",
        main: and_then_abort,
        code: None,
        messages: &["boom"],
        thread: "main",
    },
];

fn in_a_thread() {
    let thread = thread::Builder::new().name("worker".to_owned()).spawn(|| panic!("boom"));
    thread.expect("it starts").join().expect_err("it panicked");
}

fn in_a_task() {
    let runtime = Builder::new_current_thread().build().expect("a runtime starts");
    runtime.block_on(async {
        tokio::spawn(async { panic!("boom") }).await.expect_err("it panicked");
    });
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("boom");
    }
}

fn in_drop_while_unwinding() {
    let _late = PanicsInDrop;
    panic!("first");
}

struct PanicsInDebug;

impl fmt::Debug for PanicsInDebug {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("boom")
    }
}

fn inside_a_log_call() {
    let panicked = catch_unwind(|| info!(value = ?PanicsInDebug, "lost"));
    panicked.expect_err("as without beacon");
    info!("goes on");
}

fn inside_the_fields_of_a_span() {
    let panicked = catch_unwind(|| info_span!("lost", value = ?PanicsInDebug));
    panicked.expect_err("as without beacon");
    let span = info_span!("kept", value = tracing::field::Empty).entered();
    let record = || {
        span.record("value", tracing::field::debug(PanicsInDebug));
    };
    catch_unwind(AssertUnwindSafe(record)).expect_err("as without beacon");
}

/// A layer of the user's beside beacon's, in a subscriber of the user's.
struct PanickingLayer;

impl<S: Subscriber> Layer<S> for PanickingLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, _id: &Id, _ctx: Context<'_, S>) {
        assert!(attributes.metadata().name() != "lost", "boom");
    }

    fn on_event(&self, event: &Event<'_>, _ctx: Context<'_, S>) {
        assert!(event.metadata().target() != "lost", "boom");
    }
}

fn inside_a_layer() {
    let telemetry = Telemetry::builder().build().expect("the settings are right");
    for is_inner in [true, false] {
        let layers = registry().with(is_inner.then_some(PanickingLayer)).with(telemetry.layer());
        let subscriber = layers.with((!is_inner).then_some(PanickingLayer));
        tracing::subscriber::with_default(subscriber, || {
            let _around = info_span!("around").entered();
            if is_inner {
                catch_unwind(|| info!(target: "lost", "lost")).expect_err("as without beacon");
            } else {
                catch_unwind(|| info_span!("lost")).expect_err("as without beacon");
            }
            info_span!("kept").in_scope(|| info!("goes on"));
        });
    }
    let report = telemetry.shutdown_blocking().expect("the collector works");
    // `around` and `kept`, twice; but of a layer that panics the answers of filters stay behind on the
    // thread, and `tracing-subscriber` may take one for an answer about the next span.
    assert!(report.traces.delivered >= 3 && report.is_conserved(), "{report}");
}

/// What a service does that wants no unwinding. The record is held when it ends.
fn and_then_abort() {
    catch_unwind(|| panic!("boom")).expect_err("it panicked");
    std::process::abort();
}
