//! Finished spans become bytes on the thread that finished them.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::Span as _;
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::Signal;
use crate::config::SpanLimitSettings;
use crate::export::courier::Intake;
use crate::export::encode::{encode_scope, encode_span};
use crate::export::processors::hiding::hide_in_span;
use crate::export::processors::{RecordingCounters, ScopeCache, Scratch};
use crate::logging::Redactor;
use crate::thread_end::watch_thread;

/// Encodes each sampled span where it ends and leaves the bytes in the intake.
///
/// It holds nothing back, so flush and shutdown have nothing to do here: delivery, and with it
/// their deadline and their report, belongs to the courier behind the intake.
#[derive(Debug)]
pub(crate) struct EncodingSpanProcessor {
    intake: Arc<Intake>,
    counters: Arc<RecordingCounters>,
    limits: SpanLimitSettings,
    redactor: Arc<Redactor>,
    scopes: ScopeCache<InstrumentationScope>,
}

impl EncodingSpanProcessor {
    pub(crate) fn new(
        intake: Arc<Intake>,
        counters: Arc<RecordingCounters>,
        limits: SpanLimitSettings,
        redactor: Arc<Redactor>,
    ) -> Self {
        Self { intake, counters, limits, redactor, scopes: ScopeCache::new() }
    }
}

impl SpanProcessor for EncodingSpanProcessor {
    fn on_start(&self, span: &mut Span, _context: &Context) {
        watch_thread();
        self.counters.recording_began(span.span_context().is_sampled());
    }

    fn on_end(&self, mut span: SpanData) {
        let is_sampled = span.span_context.is_sampled();
        self.counters.recording_ended(is_sampled);
        if !is_sampled {
            return;
        }
        if !span.span_context.is_valid() {
            self.intake.count_invalid(Signal::Traces);
            return;
        }
        hide_in_span(&self.redactor, &mut span);
        let mut scratch = Scratch::take();
        encode_span(&mut scratch.bytes, &span, &self.limits);
        let scope = &span.instrumentation_scope;
        self.scopes.with(
            scope,
            || Arc::new(encode_scope(scope)),
            |scope| self.intake.push(Signal::Traces, scope, &scratch.bytes),
        );
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}
