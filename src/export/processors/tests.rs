//! The SDK's API in, encoded items out.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger, LoggerProvider, Severity};
use opentelemetry::trace::{
    Link, Span as _, SpanId, SpanKind, TraceContextExt, TraceId, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::{
    IdGenerator, Sampler as SdkSampler, SamplingDecision, SamplingResult, SdkTracerProvider,
    ShouldSample, TracerProviderBuilder,
};

use crate::Signal;
use crate::clock::SystemClock;
use crate::config::{LogLimitSettings, SpanLimitSettings};
use crate::export::courier::Intake;
use crate::export::processors::decode::{attribute, drain, text};
use crate::export::processors::{
    EncodingLogProcessor, EncodingSpanProcessor, RecordingCounters, SamplingOutcome,
};
use crate::report::DropReason;

#[derive(Default)]
struct Pipeline {
    intake: Arc<Intake>,
    counters: Arc<RecordingCounters>,
}

impl Pipeline {
    fn tracer_provider(&self) -> TracerProviderBuilder {
        SdkTracerProvider::builder().with_span_processor(EncodingSpanProcessor::new(
            Arc::clone(&self.intake),
            Arc::clone(&self.counters),
            SpanLimitSettings::default(),
        ))
    }

    fn logger_provider(&self) -> SdkLoggerProvider {
        let processor = EncodingLogProcessor::new(
            Arc::clone(&self.intake),
            Arc::clone(&self.counters),
            Arc::new(SystemClock::new()),
            LogLimitSettings::default(),
        );
        SdkLoggerProvider::builder().with_log_processor(processor).build()
    }

    fn live(&self) -> (i64, i64) {
        let live = |outcome| self.counters.live(outcome);
        (live(SamplingOutcome::RecordAndSample), live(SamplingOutcome::RecordOnly))
    }
}

/// Records what it does not sample.
#[derive(Clone, Debug)]
struct RecordOnly;

impl ShouldSample for RecordOnly {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        SamplingResult {
            decision: SamplingDecision::RecordOnly,
            attributes: Vec::new(),
            trace_state: opentelemetry::trace::TraceState::NONE,
        }
    }
}

#[derive(Debug)]
struct Ids(u128, u64);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from(self.0)
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from(self.1)
    }
}

#[test]
fn a_span_arrives_when_it_ends_under_its_scope() {
    let pipeline = Pipeline::default();
    let provider = pipeline.tracer_provider().build();
    let scope = InstrumentationScope::builder("shop").with_version("1.2").build();
    let mut span = provider.tracer_with_scope(scope).start("checkout");
    assert!(drain(&pipeline.intake).spans.is_empty());
    span.end();
    let spans = drain(&pipeline.intake).spans;
    let [(scope, encoded)] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((scope.name.as_str(), scope.version.as_str()), ("shop", "1.2"));
    assert_eq!(encoded.name, "checkout");
    assert_eq!(encoded.span_id, span.span_context().span_id().to_bytes());
}

#[test]
fn only_sampled_spans_arrive() {
    for sampler in [Box::new(SdkSampler::AlwaysOff) as Box<dyn ShouldSample>, Box::new(RecordOnly)]
    {
        let pipeline = Pipeline::default();
        let provider = pipeline.tracer_provider().with_sampler(sampler).build();
        provider.tracer("test").start("span").end();
        assert!(drain(&pipeline.intake).spans.is_empty());
    }
}

#[test]
fn live_spans_are_the_recording_ones_between_start_and_end() {
    let table: [(Box<dyn ShouldSample>, _); 3] = [
        (Box::new(SdkSampler::AlwaysOn), (1, 0)),
        (Box::new(RecordOnly), (0, 1)),
        (Box::new(SdkSampler::AlwaysOff), (0, 0)),
    ];
    for (sampler, expected) in table {
        let pipeline = Pipeline::default();
        let provider = pipeline.tracer_provider().with_sampler(sampler).build();
        let mut span = provider.tracer("test").start("span");
        assert_eq!(pipeline.live(), expected);
        span.end();
        span.end();
        assert_eq!(pipeline.live(), (0, 0));
    }
}

#[test]
fn a_span_with_a_zero_id_never_leaves() {
    for (trace_id, span_id, leaves) in [(0, 9, false), (7, 0, false), (0, 0, false), (7, 9, true)] {
        let pipeline = Pipeline::default();
        let ids = Ids(trace_id, span_id);
        let provider = pipeline.tracer_provider().with_id_generator(ids).build();
        provider.tracer("test").start("span").end();
        assert_eq!(drain(&pipeline.intake).spans.len(), usize::from(leaves));
        assert_eq!(
            pipeline.intake.dropped(Signal::Traces, DropReason::Invalid),
            u64::from(!leaves)
        );
    }
}

#[test]
fn suppressed_threads_record_nothing() {
    let pipeline = Pipeline::default();
    let tracers = pipeline.tracer_provider().build();
    let logger = pipeline.logger_provider().logger("test");
    {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        tracers.tracer("test").start("span").end();
        logger.emit(logger.create_log_record());
    }
    let decoded = drain(&pipeline.intake);
    assert!(decoded.spans.is_empty() && decoded.logs.is_empty());
    assert_eq!(pipeline.counters.log_created.load(Relaxed), 0);
    assert_eq!(pipeline.live(), (0, 0));
}

#[test]
fn flush_and_shutdown_leave_delivery_to_the_courier() {
    let pipeline = Pipeline::default();
    let tracers = pipeline.tracer_provider().build();
    let loggers = pipeline.logger_provider();
    tracers.tracer("test").start("span").end();
    tracers.force_flush().unwrap();
    loggers.force_flush().unwrap();
    tracers.shutdown().unwrap();
    loggers.shutdown().unwrap();
    assert_eq!(drain(&pipeline.intake).spans.len(), 1);
}

#[test]
fn a_record_of_the_logs_api_arrives_whole() {
    let pipeline = Pipeline::default();
    let scope = InstrumentationScope::builder("audit").with_version("3").build();
    let logger = pipeline.logger_provider().logger_with_scope(scope);
    let mut record = logger.create_log_record();
    record.set_timestamp(UNIX_EPOCH + Duration::from_nanos(5));
    record.set_severity_number(Severity::Fatal);
    record.set_severity_text("fatal");
    record.set_event_name("disk.full");
    record.set_body("no space left".into());
    record.add_attribute("free", 0_i64);
    record.add_attribute("disks", AnyValue::ListAny(Box::new(vec!["sda".into()])));
    logger.emit(record);

    let logs = drain(&pipeline.intake).logs;
    let [(scope, log)] = &logs[..] else { panic!("{logs:?}") };
    assert_eq!((scope.name.as_str(), scope.version.as_str()), ("audit", "3"));
    assert_eq!((log.time_unix_nano, log.severity_number), (5, 21));
    assert_eq!((log.severity_text.as_str(), log.event_name.as_str()), ("fatal", "disk.full"));
    assert!(log.observed_time_unix_nano > 0);
    assert_eq!(log.body.as_ref().and_then(|body| body.value.clone()), Some(text("no space left")));
    assert_eq!(attribute(&log.attributes, "free"), Some(&Value::IntValue(0)));
    assert!(matches!(attribute(&log.attributes, "disks"), Some(Value::ArrayValue(_))));
    assert_eq!(pipeline.counters.log_created.load(Relaxed), 1);
}

#[test]
fn a_record_of_the_logs_api_has_the_ids_of_the_active_span() {
    let pipeline = Pipeline::default();
    let logger = pipeline.logger_provider().logger("test");
    let span = pipeline.tracer_provider().build().tracer("test").start("span");
    let context = Context::new().with_span(span);
    let guard = context.clone().attach();
    logger.emit(logger.create_log_record());
    drop(guard);
    logger.emit(logger.create_log_record());

    let logs = drain(&pipeline.intake).logs;
    let [(_, inside), (_, outside)] = &logs[..] else { panic!("{logs:?}") };
    let span = context.span();
    assert_eq!(inside.trace_id, span.span_context().trace_id().to_bytes());
    assert_eq!(inside.span_id, span.span_context().span_id().to_bytes());
    assert_eq!(inside.flags, 1);
    assert!(outside.trace_id.is_empty() && outside.span_id.is_empty());
}

#[test]
fn a_target_replaces_the_name_of_the_scope_only() {
    let pipeline = Pipeline::default();
    let scope = InstrumentationScope::builder("bridge")
        .with_version("3")
        .with_attributes([KeyValue::new("kind", "bridge")])
        .build();
    let logger = pipeline.logger_provider().logger_with_scope(scope);
    let mut record = logger.create_log_record();
    record.set_target("shop::api");
    logger.emit(record);
    let logs = drain(&pipeline.intake).logs;
    let scope = &logs[0].0;
    assert_eq!((scope.name.as_str(), scope.version.as_str()), ("shop::api", "3"));
    assert_eq!(attribute(&scope.attributes, "kind"), Some(&text("bridge")));
}

#[test]
fn times_outside_the_protocol_are_clamped() {
    let nanos = crate::export::encode::unix_nanos;
    assert_eq!(nanos(UNIX_EPOCH - Duration::from_nanos(1)), 0);
    assert_eq!(nanos(UNIX_EPOCH), 0);
    assert_eq!(nanos(UNIX_EPOCH + Duration::from_nanos(u64::MAX)), u64::MAX);
    assert_eq!(nanos(UNIX_EPOCH + Duration::from_secs(1 << 40)), u64::MAX);
    assert!(nanos(SystemTime::UNIX_EPOCH + Duration::from_secs(1)) == 1_000_000_000);
}
