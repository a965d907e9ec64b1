//! What becomes part of the process: subscriber, logger, panic hook, providers.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::global;
use tracing::Dispatch;

use crate::clock::{Clock as _, SystemClock};
use crate::diagnostics::DiagnosticLevel;
use crate::logging::{self, PanicHook};
use crate::pipeline::Pipeline;
use crate::wait::wait_for;

impl Pipeline {
    /// Returns whether this became the process's subscriber. Disabled telemetry without lines sets
    /// none, so that `tracing` costs what it costs without a subscriber.
    pub(crate) fn set_global_subscriber(self: &Arc<Self>) -> bool {
        if self.export.is_none() && self.lines.is_none() {
            return true;
        }
        let dispatch = match logging::registry(self.recording_parts()) {
            Ok(subscriber) => Dispatch::new(subscriber),
            Err(error) => {
                // As in `layer`.
                self.say(DiagnosticLevel::Error, &error.to_string());
                return true;
            }
        };
        if tracing::dispatcher::set_global_default(dispatch.clone()).is_err() {
            return false;
        }
        self.set_global_logger();
        self.watch_filter_file();
        if self.settings.panic_hook {
            self.set_panic_hook(dispatch);
        }
        true
    }

    pub(crate) fn set_global_providers(&self) {
        global::set_text_map_propagator(self.propagator());
        if let Some(export) = &self.export {
            export.set_global_providers();
        }
    }

    fn set_global_logger(&self) {
        if logging::set_logger() {
            self.filters.lead_log();
        } else {
            let message = "records of the crate `log` go to another logger, which is already set";
            self.say(DiagnosticLevel::Warn, message);
        }
    }

    fn watch_filter_file(&self) {
        let Some(file) = self.filter_file.clone() else { return };
        let Some(spawner) = self.spawner() else { return };
        if let Err(error) = file.watch(&self.filters, &self.voice, &spawner) {
            let message = format!("the filter file is not read again on `SIGHUP`: {error}");
            self.say(DiagnosticLevel::Warn, &message);
        }
    }

    fn set_panic_hook(self: &Arc<Self>, dispatch: Dispatch) {
        let pipeline = Arc::downgrade(self);
        let hook = PanicHook {
            dispatch,
            counters: Arc::clone(&self.counters),
            clock: Arc::clone(&self.clock),
            flush: Box::new(move || {
                pipeline.upgrade().is_none_or(|pipeline| pipeline.flush_held(PANIC_FLUSH_MAX))
            }),
        };
        if !logging::set_panic_hook(hook) {
            let message = "panics are not recorded: telemetry was installed during one";
            self.say(DiagnosticLevel::Warn, message);
        }
    }

    /// Waits until what is held was settled and lines are written, at most for `limit`. Returns
    /// whether it was.
    fn flush_held(&self, limit: Duration) -> bool {
        let clock = SystemClock::new();
        let export = self.export.as_ref().filter(|export| !export.is_on_own_thread());
        let is_delivered = export.is_none_or(|export| {
            let answer = export.flush_held(self.clock.now().saturating_add(limit));
            // No answer: delivery has ended.
            wait_for(answer, limit).is_some_and(|answer| answer.unwrap_or(true))
        });
        let lines = self.lines.as_ref();
        // A line is written within moments, or the sink hangs.
        let limit = limit.saturating_sub(clock.now()).max(LINE_FLUSH_MIN);
        lines.is_none_or(|lines| lines.flush(limit)) && is_delivered
    }
}

/// How long a thread that panics waits for delivery.
const PANIC_FLUSH_MAX: Duration = Duration::from_secs(1);

/// What lines get of that time at least, when delivery took all of it.
const LINE_FLUSH_MIN: Duration = Duration::from_millis(50);
