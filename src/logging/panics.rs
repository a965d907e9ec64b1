//! A panic becomes a log record before it does whatever it does.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Dispatch, Level};

use crate::clock::SharedClock;
use crate::export::processors::RecordingCounters;
use crate::logging::LogValue;
use crate::logging::named::{self, NamedRecord};
use crate::suppression::is_own_thread;
use crate::thread_end::is_thread_ending;

/// What happens in a panic. Nothing here may panic: that would end the process at once.
pub(crate) struct PanicHook {
    /// Where the record goes. Asking `tracing` for the current subscriber would find none when the
    /// panic is inside of an event.
    pub(crate) dispatch: Dispatch,
    pub(crate) counters: Arc<RecordingCounters>,
    pub(crate) clock: SharedClock,
    /// Delivers what is held, within a bound. Returns whether all of it was settled.
    pub(crate) flush: Box<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Debug for PanicHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PanicHook").finish_non_exhaustive()
    }
}

/// Puts the hook in front of the one that is there. Returns whether that was possible: not while
/// the calling thread panics.
pub(crate) fn set_panic_hook(hook: PanicHook) -> bool {
    if thread::panicking() {
        return false;
    }
    let previous = panic::take_hook();
    let patience = Patience::default();
    panic::set_hook(Box::new(move |info| {
        hook.counters.panics.fetch_add(1, Relaxed);
        hook.record(info);
        previous(info);
        hook.flush(&patience);
    }));
    true
}

impl PanicHook {
    /// Source: <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/>
    ///
    /// Whether the process survives cannot be known here, so it is an ERROR.
    fn record(&self, info: &PanicHookInfo<'_>) {
        let message = info.payload_as_str().unwrap_or(OPAQUE);
        let mut fields = Fields(Vec::new());
        fields.push("otel.event.name", "exception");
        fields.push("exception.type", "panic");
        fields.push("exception.message", message);
        if let Some(location) = info.location() {
            fields.push("code.file.path", location.file());
            fields.push("code.line.number", location.line());
            fields.push("code.column.number", location.column());
        }
        // A thread without its own values does not know its name any more.
        if !is_thread_ending()
            && let Some(name) = thread::current().name()
        {
            fields.push("thread.name", name);
        }
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            let mut text = backtrace.to_string();
            text.truncate(text.floor_char_boundary(STACKTRACE_BYTES_MAX));
            fields.push("exception.stacktrace", text);
        }
        let record = NamedRecord::new(TARGET.into(), fields.0);
        named::send(&self.dispatch, Level::ERROR, &message, record);
    }

    /// The process may end right after the hook, so what is held is delivered now.
    fn flush(&self, patience: &Patience) {
        // Beacon's threads would wait for themselves.
        if is_own_thread() || is_thread_ending() || !patience.is_left(self.clock.now()) {
            return;
        }
        if !(self.flush)() {
            patience.lose(self.clock.now());
        }
    }
}

/// Who waited in vain does not wait again for some time: a service whose tasks panic while the
/// collector is away shall go on, not stand still for each of them.
#[derive(Debug, Default)]
struct Patience(Mutex<Duration>);

impl Patience {
    fn is_left(&self, now: Duration) -> bool {
        now >= *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self, now: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now.saturating_add(PAUSE);
    }
}

struct Fields(Vec<(Box<str>, LogValue)>);

impl Fields {
    fn push(&mut self, key: &str, value: impl Into<LogValue>) {
        self.0.push((key.into(), value.into()));
    }
}

/// The target that filters see, and the instrumentation scope.
pub(super) const TARGET: &str = "beacon::panic";
/// What the standard library says of a payload that is no text.
const OPAQUE: &str = "Box<dyn Any>";
/// A deep recursion has megabytes of it, and a record that fits into no request is lost.
const STACKTRACE_BYTES_MAX: usize = 64 << 10;
const PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_comes_back() {
        let patience = Patience::default();
        assert!(patience.is_left(Duration::ZERO));
        patience.lose(Duration::from_secs(1));
        assert!(!patience.is_left(Duration::from_secs(30)));
        assert!(patience.is_left(Duration::from_secs(31)));
    }
}
