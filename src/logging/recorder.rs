//! A `tracing` event becomes one encoded log record.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::AnyValue;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata};

use crate::Signal;
use crate::config::{LogLimitSettings, RecordingSettings};
use crate::export::courier::{Intake, Scope};
use crate::export::encode::{LogRecordEncoder, LogRecordHead, encode_scope};
use crate::export::processors::{RecordingCounters, ScopeCache, Scratch};
use crate::logging::Redactor;
use crate::logging::fields::FieldEncoder;
use crate::logging::own_events::{OwnEvent, OwnValue};
use crate::logging::sinks::Occurrence;
use crate::logging::source::EventSource;

/// Encodes events where they happen and leaves the bytes in the intake.
#[derive(Debug)]
pub(crate) struct LogRecorder {
    intake: Arc<Intake>,
    counters: Arc<RecordingCounters>,
    limits: LogLimitSettings,
    /// The most detailed level that is recorded.
    level: LevelFilter,
    code_location: bool,
    thread: bool,
    redactor: Arc<Redactor>,
    /// By name.
    scopes: ScopeCache<String>,
    /// The same by the address of a call-site's metadata, which is found sooner than a name.
    call_sites: ScopeCache<usize>,
}

impl LogRecorder {
    pub(crate) fn new(
        intake: Arc<Intake>,
        counters: Arc<RecordingCounters>,
        limits: LogLimitSettings,
        recording: &RecordingSettings,
        redactor: Arc<Redactor>,
    ) -> Self {
        let RecordingSettings { code_location, thread, otlp_level: level, .. } = *recording;
        let (scopes, call_sites) = (ScopeCache::new(), ScopeCache::new());
        Self {
            intake,
            counters,
            limits,
            level,
            code_location,
            thread,
            redactor,
            scopes,
            call_sites,
        }
    }

    /// Records the event, at its time and under its span.
    ///
    /// `write_first` writes attributes that the event's own replace.
    ///
    /// Runs the user's `Debug` and `Display` code, with no lock held and no buffer shared: that
    /// code may log, and it may panic, which the caller of the event then sees as if beacon were
    /// absent.
    pub(crate) fn record(
        &self,
        event: &Event<'_>,
        source: &EventSource<'_>,
        at: Occurrence,
        write_first: impl FnOnce(&mut LogRecordEncoder<'_>),
    ) {
        if source.level() > self.level {
            return;
        }
        let mut scratch = Scratch::take();
        let Scratch { bytes, text } = &mut scratch;

        let mut encoder = LogRecordEncoder::new(bytes, self.limits);
        self.encode_origin(&mut encoder, source);
        write_first(&mut encoder);
        let (redactor, call_site) = (&self.redactor, event.metadata());
        let mut fields = FieldEncoder::new(&mut encoder, text, source, redactor, call_site);
        source.record_fields(event, &mut fields);
        let event_name = fields.into_event_name();
        let (severity_number, severity_text) = severity(source.level());
        encoder.finish(&LogRecordHead {
            time_unix_nano: at.unix_nanos,
            observed_time_unix_nano: at.unix_nanos,
            severity_number,
            severity_text,
            event_name: event_name.as_deref().unwrap_or_else(|| source.event_name()),
            trace: at.trace,
        });

        match source {
            EventSource::Plain(call_site) => self.push_from(call_site, bytes),
            _ => self.push(source.target(), bytes),
        }
    }

    /// Records what beacon itself has to say.
    pub(crate) fn record_own(&self, event: &OwnEvent<'_>, unix_nanos: u64) {
        if event.level > self.level {
            return;
        }
        let mut scratch = Scratch::take();
        let bytes = &mut scratch.bytes;
        let mut encoder = LogRecordEncoder::new(bytes, self.limits);
        encoder.body_str(event.body);
        for (key, value) in event.attributes {
            match *value {
                OwnValue::Bool(value) => encoder.attribute_bool(key, value),
                OwnValue::F64(value) => encoder.attribute_f64(key, value),
                OwnValue::I64(value) => encoder.attribute_i64(key, value),
                OwnValue::I64List(list) => encoder.attribute(key, &list_of(list)),
                OwnValue::Text(value) => encoder.attribute_str(key, value),
                OwnValue::TextList(list) => encoder.attribute(key, &list_of(list)),
            }
        }
        let (severity_number, severity_text) = severity(event.level);
        encoder.finish(&LogRecordHead {
            time_unix_nano: unix_nanos,
            observed_time_unix_nano: unix_nanos,
            severity_number,
            severity_text,
            event_name: event.event_name,
            trace: event.trace,
        });
        self.push(event.target, bytes);
    }

    fn push_from(&self, call_site: &'static Metadata<'static>, bytes: &[u8]) {
        self.counters.log_created.fetch_add(1, Relaxed);
        let address = std::ptr::from_ref(call_site).addr();
        let push = |scope: &_| self.intake.push(Signal::Logs, scope, bytes);
        self.call_sites.with(&address, || self.scope(call_site.target()), push);
    }

    fn push(&self, target: &str, bytes: &[u8]) {
        self.counters.log_created.fetch_add(1, Relaxed);
        self.intake.push(Signal::Logs, &self.scope(target), bytes);
    }

    fn scope(&self, target: &str) -> Arc<Scope> {
        let name = || InstrumentationScope::builder(target.to_owned()).build();
        self.scopes.with(target, || Arc::new(encode_scope(&name())), Arc::clone)
    }

    /// Where the event comes from. Written before the event's own fields, which win.
    fn encode_origin(&self, encoder: &mut LogRecordEncoder<'_>, source: &EventSource<'_>) {
        if self.code_location {
            encode_location(encoder, source.file(), source.line());
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

fn list_of<T: Clone + Into<AnyValue>>(values: &[T]) -> AnyValue {
    AnyValue::ListAny(Box::new(values.iter().cloned().map(Into::into).collect()))
}

/// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/>
fn encode_location(encoder: &mut LogRecordEncoder<'_>, file: Option<&str>, line: Option<u32>) {
    if let Some(file) = file {
        encoder.attribute_str("code.file.path", file);
    }
    if let Some(line) = line {
        encoder.attribute_i64("code.line.number", i64::from(line));
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
