//! Records of the OpenTelemetry logs API become bytes on the thread that emitted them.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use opentelemetry::logs::Severity;
use opentelemetry::{InstrumentationScope, TraceFlags};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord, TraceContext};
use tracing::Level;

use crate::Signal;
use crate::clock::SharedClock;
use crate::config::{LogLimitSettings, RestraintSettings};
use crate::export::courier::Intake;
use crate::export::encode::{LogRecordEncoder, LogRecordHead, TraceIds, encode_scope, unix_nanos};
use crate::export::processors::hiding::hidden;
use crate::export::processors::{LogDropReason, LogSink, RecordingCounters, ScopeCache, Scratch};
use crate::logging::{Redactor, goes_with_trace};

/// Encodes each record of the OpenTelemetry logs API and leaves the bytes in the intake.
///
/// `tracing` events do not come this way. Flush and shutdown have nothing to do here, as in
/// [`EncodingSpanProcessor`](crate::export::processors::EncodingSpanProcessor).
#[derive(Debug)]
pub(crate) struct EncodingLogProcessor {
    intake: Arc<Intake>,
    counters: Arc<RecordingCounters>,
    clock: SharedClock,
    limits: LogLimitSettings,
    redactor: Arc<Redactor>,
    follows_trace: bool,
    scopes: ScopeCache<InstrumentationScope>,
}

impl EncodingLogProcessor {
    pub(crate) fn new(
        intake: Arc<Intake>,
        counters: Arc<RecordingCounters>,
        clock: SharedClock,
        limits: LogLimitSettings,
        redactor: Arc<Redactor>,
        restraint: RestraintSettings,
    ) -> Self {
        let RestraintSettings { follows_trace, .. } = restraint;
        let scopes = ScopeCache::new();
        Self { intake, counters, clock, limits, redactor, follows_trace, scopes }
    }

    fn encode(&self, out: &mut Vec<u8>, record: &SdkLogRecord) {
        let observed = record.observed_timestamp().unwrap_or_else(|| self.clock.wall());
        let mut encoder = LogRecordEncoder::new(out, self.limits);
        if let Some(body) = record.body() {
            encoder.body(hidden(&self.redactor, "", body).as_ref().unwrap_or(body));
        }
        for (key, value) in record.attributes_iter() {
            let hidden = hidden(&self.redactor, key.as_str(), value);
            encoder.attribute(key.as_str(), hidden.as_ref().unwrap_or(value));
        }
        encoder.finish(&LogRecordHead {
            time_unix_nano: record.timestamp().map_or(0, unix_nanos),
            observed_time_unix_nano: unix_nanos(observed),
            // The discriminants of `Severity` are the numbers of the protocol.
            severity_number: record.severity_number().map_or(0, |severity| severity as i32),
            severity_text: record.severity_text().unwrap_or_default(),
            event_name: record.event_name().unwrap_or_default(),
            trace: record.trace_context().map(trace_ids),
        });
    }
}

impl LogProcessor for EncodingLogProcessor {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        let severity = record.severity_number();
        let level = level_of(severity);
        self.counters.logs.count_record(level);
        // The severity that is not given may be any.
        if self.follows_trace && severity.is_some() && goes_with_trace(level, is_sampled(record)) {
            self.counters.logs.count_dropped(LogSink::Otlp, LogDropReason::Sampled);
            return;
        }
        self.counters.log_created.fetch_add(1, Relaxed);
        let mut scratch = Scratch::take();
        self.encode(&mut scratch.bytes, record);
        let target_scope = record.target().map(|target| renamed(scope, target.clone()));
        let scope = target_scope.as_ref().unwrap_or(scope);
        self.scopes.with(
            scope,
            || Arc::new(encode_scope(scope)),
            |scope| self.intake.push(Signal::Logs, scope, &scratch.bytes),
        );
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The level of a severity; without one it is INFO.
///
/// Source: <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>
fn level_of(severity: Option<Severity>) -> Level {
    match severity.map_or(0, |severity| severity as i32) {
        1..=4 => Level::TRACE,
        5..=8 => Level::DEBUG,
        13..=16 => Level::WARN,
        17.. => Level::ERROR,
        _ => Level::INFO,
    }
}

/// `None` outside of a trace.
fn is_sampled(record: &SdkLogRecord) -> Option<bool> {
    let context = record.trace_context()?;
    Some(context.trace_flags.is_some_and(|flags| flags.is_sampled()))
}

fn trace_ids(context: &TraceContext) -> TraceIds {
    TraceIds {
        trace_id: context.trace_id.to_bytes(),
        span_id: context.span_id.to_bytes(),
        flags: context.trace_flags.map_or(0, TraceFlags::to_u8),
    }
}

/// The target of a record, set by bridges from other loggers, takes the place of the scope's name
/// and leaves the rest of the scope as it is; the official exporter does the same.
fn renamed(scope: &InstrumentationScope, name: Cow<'static, str>) -> InstrumentationScope {
    let mut renamed =
        InstrumentationScope::builder(name).with_attributes(scope.attributes().cloned());
    if let Some(version) = scope.version() {
        renamed = renamed.with_version(version.to_owned());
    }
    if let Some(schema_url) = scope.schema_url() {
        renamed = renamed.with_schema_url(schema_url.to_owned());
    }
    renamed.build()
}
