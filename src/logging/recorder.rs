//! A `tracing` event becomes one encoded log record.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use opentelemetry::InstrumentationScope;
use tracing::{Event, Level, Metadata};

use crate::Signal;
use crate::clock::SharedClock;
use crate::config::{LogLimitSettings, RecordingSettings};
use crate::export::courier::Intake;
use crate::export::encode::{LogRecordEncoder, LogRecordHead, TraceIds, encode_scope, unix_nanos};
use crate::export::processors::{RecordingCounters, ScopeCache, Scratch};
use crate::logging::fields::FieldEncoder;

/// Encodes events where they happen and leaves the bytes in the intake.
#[derive(Debug)]
pub(crate) struct LogRecorder {
    intake: Arc<Intake>,
    counters: Arc<RecordingCounters>,
    clock: SharedClock,
    limits: LogLimitSettings,
    code_location: bool,
    thread: bool,
    scopes: ScopeCache<String>,
}

impl LogRecorder {
    pub(crate) fn new(
        intake: Arc<Intake>,
        counters: Arc<RecordingCounters>,
        clock: SharedClock,
        limits: LogLimitSettings,
        recording: &RecordingSettings,
    ) -> Self {
        let RecordingSettings { code_location, thread, .. } = *recording;
        let scopes = ScopeCache::new();
        Self { intake, counters, clock, limits, code_location, thread, scopes }
    }

    /// Records the event under the span that `trace` names.
    ///
    /// Runs the user's `Debug` and `Display` code, with no lock held and no buffer shared: that
    /// code may log, and it may panic, which the caller of the event then sees as if beacon were
    /// absent.
    pub(crate) fn record(&self, event: &Event<'_>, trace: Option<TraceIds>) {
        let metadata = event.metadata();
        let now = unix_nanos(self.clock.wall());
        let mut scratch = Scratch::take();
        let Scratch { bytes, text } = &mut scratch;

        let mut encoder = LogRecordEncoder::new(bytes, self.limits);
        self.encode_origin(&mut encoder, metadata);
        let mut fields = FieldEncoder::new(&mut encoder, text, metadata.fields());
        event.record(&mut fields);
        let event_name = fields.into_event_name();
        let (severity_number, severity_text) = severity(*metadata.level());
        encoder.finish(&LogRecordHead {
            time_unix_nano: now,
            observed_time_unix_nano: now,
            severity_number,
            severity_text,
            event_name: event_name.as_deref().unwrap_or_else(|| given_name(metadata)),
            trace,
        });

        self.counters.log_created.fetch_add(1, Relaxed);
        self.scopes.with(
            metadata.target(),
            || encode_scope(&InstrumentationScope::builder(metadata.target().to_owned()).build()),
            |scope| self.intake.push(Signal::Logs, scope, bytes),
        );
    }

    /// Where the event comes from. Written before the event's own fields, which win.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/>
    fn encode_origin(&self, encoder: &mut LogRecordEncoder<'_>, metadata: &Metadata<'_>) {
        if self.code_location {
            if let Some(file) = metadata.file() {
                encoder.attribute_str("code.file.path", file);
            }
            if let Some(line) = metadata.line() {
                encoder.attribute_i64("code.line.number", i64::from(line));
            }
        }
        if self.thread {
            let thread = thread::current();
            if let Some(id) = thread_id() {
                encoder.attribute_i64("thread.id", id);
            }
            if let Some(name) = thread.name() {
                encoder.attribute_str("thread.name", name);
            }
        }
    }
}

/// Severity number and text of a level.
///
/// Source: <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>
const fn severity(level: Level) -> (i32, &'static str) {
    match level {
        Level::TRACE => (1, "TRACE"),
        Level::DEBUG => (5, "DEBUG"),
        Level::INFO => (9, "INFO"),
        Level::WARN => (13, "WARN"),
        Level::ERROR => (17, "ERROR"),
    }
}

/// Returns the name that the developer gave the event in the macro, or nothing.
///
/// Without one, `tracing` makes `event <file>:<line>` of the call-site: a name that means nothing to
/// a backend and changes with every edit.
fn given_name(metadata: &Metadata<'static>) -> &'static str {
    let name = metadata.name();
    let (Some(file), Some(line)) = (metadata.file(), metadata.line()) else { return name };
    let position = name.strip_prefix("event ").and_then(|rest| rest.strip_prefix(file));
    let is_default = position
        .and_then(|rest| rest.strip_prefix(':'))
        .and_then(|digits| digits.parse().ok())
        .is_some_and(|number: u32| number == line);
    if is_default { "" } else { name }
}

/// Returns the number of the current thread, which the standard library tells in its `Debug` form
/// only. It is asked once per thread.
fn thread_id() -> Option<i64> {
    thread_local! {
        static ID: Option<i64> = {
            let id = format!("{:?}", thread::current().id());
            id.trim_matches(|character: char| !character.is_ascii_digit()).parse().ok()
        };
    }
    ID.with(|id| *id)
}
