//! A subscriber with the recording layers, and what it recorded.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::TracerProvider;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use crate::clock::{Clock, SharedClock};
use crate::config::{LogLimitSettings, RecordingSettings, RestraintSettings, SpanLimitSettings};
use crate::export::courier::Intake;
use crate::export::processors::decode::{Decoded, drain};
use crate::export::processors::{EncodingSpanProcessor, RecordingCounters};
use crate::logging::directives::Directives;
use crate::logging::filter::Admission;
use crate::logging::{LiveFilters, LogRecorder, RecordingParts, Redactor, Sinks, layer, registry};

/// The time of every event.
pub(super) const NOW_UNIX_NANO: u64 = 1_700_000_000_123_456_789;

#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn wall(&self) -> SystemTime {
        UNIX_EPOCH.checked_add(Duration::from_nanos(NOW_UNIX_NANO)).unwrap()
    }

    fn sleep_until(&self, _at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
}

pub(in crate::logging) fn stopped_clock() -> SharedClock {
    Arc::new(StoppedClock)
}

/// Every span and every event.
pub(in crate::logging) fn admits_all() -> Arc<Admission> {
    let all = || Some(Directives::parse("trace").unwrap());
    Arc::new(Admission::new(all(), all(), false))
}

pub(in crate::logging) fn settings() -> RecordingSettings {
    RecordingSettings {
        error_events_to_status: true,
        span_events: false,
        code_location: false,
        thread: false,
        otlp_level: LevelFilter::TRACE,
        log_filter: "trace".to_owned(),
        trace_filter: "trace".to_owned(),
        span_fields: Vec::new(),
        restraint: RestraintSettings::default(),
    }
}

/// Which signals have a destination.
#[derive(Clone, Copy)]
pub(super) enum Signals {
    Both,
    Logs,
    Neither,
    Traces,
}

#[derive(Default)]
pub(super) struct Pipeline {
    pub(super) intake: Arc<Intake>,
    pub(super) counters: Arc<RecordingCounters>,
    pub(super) redactor: Arc<Redactor>,
}

impl Pipeline {
    pub(super) fn parts(&self, signals: Signals, settings: &RecordingSettings) -> RecordingParts {
        self.parts_with(signals, settings, LiveFilters::new(settings, None).unwrap())
    }

    pub(super) fn parts_with(
        &self,
        signals: Signals,
        settings: &RecordingSettings,
        filters: Arc<LiveFilters>,
    ) -> RecordingParts {
        let processor = EncodingSpanProcessor::new(
            Arc::clone(&self.intake),
            Arc::clone(&self.counters),
            SpanLimitSettings::default(),
            Arc::clone(&self.redactor),
        );
        let provider = SdkTracerProvider::builder().with_span_processor(processor).build();
        let recorder = self.recorder(settings);
        let recorder = matches!(signals, Signals::Both | Signals::Logs).then_some(recorder);
        RecordingParts {
            live_spans: None,
            tracer: matches!(signals, Signals::Both | Signals::Traces)
                .then(|| provider.tracer("beacon")),
            sinks: Sinks::new(recorder, None, settings, &self.counters, &stopped_clock()),
            redactor: Arc::clone(&self.redactor),
            settings: settings.clone(),
            filters,
        }
    }

    pub(super) fn recorder(&self, settings: &RecordingSettings) -> LogRecorder {
        LogRecorder::new(
            Arc::clone(&self.intake),
            Arc::clone(&self.counters),
            LogLimitSettings::default(),
            settings,
            Arc::clone(&self.redactor),
        )
    }

    pub(super) fn dispatch(&self, signals: Signals, settings: &RecordingSettings) -> Dispatch {
        Dispatch::new(registry(self.parts(signals, settings)).unwrap())
    }

    /// The same in a subscriber that could have other layers.
    pub(super) fn guest(&self, signals: Signals, settings: &RecordingSettings) -> Dispatch {
        let layer = layer(self.parts(signals, settings)).unwrap();
        Dispatch::new(Registry::default().with(layer))
    }
}

/// Runs `code` under a subscriber of its own and returns what was recorded. As a guest in another
/// subscriber the same is recorded.
pub(super) fn recorded(settings: &RecordingSettings, code: impl Fn()) -> Decoded {
    recorded_signals(Signals::Both, settings, code)
}

pub(super) fn recorded_signals(
    signals: Signals,
    settings: &RecordingSettings,
    code: impl Fn(),
) -> Decoded {
    let run = |make: fn(&Pipeline, Signals, &RecordingSettings) -> Dispatch| {
        let pipeline = Pipeline::default();
        let dispatch = make(&pipeline, signals, settings);
        tracing::dispatcher::with_default(&dispatch, &code);
        drain(&pipeline.intake)
    };
    let (sole, guest) = (run(Pipeline::dispatch), run(Pipeline::guest));
    assert_eq!(shape(&sole), shape(&guest));
    sole
}

/// Everything but ids and times.
fn shape(decoded: &Decoded) -> impl PartialEq + std::fmt::Debug {
    let span = |span: &Span| {
        let events: Vec<_> = span.events.iter().map(|event| event.name.clone()).collect();
        let parent = decoded.spans.iter().find(|(_, other)| other.span_id == span.parent_span_id);
        let parent = parent.map(|(_, parent)| parent.name.clone());
        (span.name.clone(), parent, span.status.clone(), events, span.attributes.clone())
    };
    let log = |log: &LogRecord| {
        let owner = decoded.spans.iter().find(|(_, span)| span.span_id == log.span_id);
        let owner = owner.map(|(_, span)| span.name.clone());
        (log.body.clone(), log.severity_number, owner, log.attributes.clone())
    };
    let spans: Vec<_> = decoded.spans.iter().map(|(_, each)| span(each)).collect();
    let logs: Vec<_> = decoded.logs.iter().map(|(_, each)| log(each)).collect();
    (spans, logs)
}

/// Runs `code` and returns the one log record that it made.
pub(super) fn one_log(settings: &RecordingSettings, code: impl Fn()) -> LogRecord {
    let mut logs = recorded(settings, code).logs;
    assert_eq!(logs.len(), 1, "{logs:?}");
    logs.remove(0).1
}

impl Decoded {
    pub(super) fn span(&self, name: &str) -> &Span {
        let found = self.spans.iter().find(|(_, span)| span.name == name);
        &found.unwrap_or_else(|| panic!("no span `{name}`: {:?}", self.spans)).1
    }

    pub(super) fn span_names(&self) -> Vec<&str> {
        self.spans.iter().map(|(_, span)| span.name.as_str()).collect()
    }

    pub(super) fn bodies(&self) -> Vec<String> {
        self.logs.iter().map(|(_, log)| body(log)).collect()
    }
}

/// The body of a record, as text.
pub(super) fn body(log: &LogRecord) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    match log.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}
