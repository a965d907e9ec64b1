//! Work of which nothing may be recorded, first of all beacon's own.
//!
//! OpenTelemetry's mark belongs to a context: a library that starts a span without a parent, as h2
//! does for each connection, leaves the marked context and would be recorded. So beacon's threads
//! are marked besides, for their whole life. No crate is muted: on other threads all are recorded.

use std::cell::Cell;

use opentelemetry::{Context, ContextGuard};

thread_local! {
    static IS_OWN_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Marks the calling thread as one of beacon's, for good.
///
/// The guard is for those who only know OpenTelemetry's mark. It belongs to the thread's main
/// function.
#[must_use = "OpenTelemetry's mark goes with the guard"]
pub(crate) fn suppress_thread() -> ContextGuard {
    mark_thread();
    Context::enter_telemetry_suppressed_scope()
}

/// Marks the calling thread as one of beacon's, where no guard can be kept.
pub(crate) fn mark_thread() {
    IS_OWN_THREAD.set(true);
}

/// Tells whether the calling thread is one of beacon's.
pub(crate) fn is_own_thread() -> bool {
    IS_OWN_THREAD.get()
}

/// Tells whether nothing may be recorded now: on beacon's threads, and where a user says so.
pub(crate) fn is_suppressed() -> bool {
    is_own_thread() || Context::is_current_telemetry_suppressed()
}
