//! The configured sampler, with a count of what it decided.

use std::sync::Arc;

use opentelemetry::trace::{Link, SpanKind, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{
    Sampler as SdkSampler, SamplingDecision, SamplingResult, ShouldSample,
};

use crate::config::Sampler;
use crate::export::processors::{ParentOrigin, RecordingCounters, SamplingOutcome};
use crate::suppression::is_own_thread;

/// Asks the configured sampler and counts every span that starts, by answer and by parent.
///
/// A sampler sees each span exactly once, the dropped ones too; a processor does not. Spans of
/// beacon's own threads are dropped unasked and uncounted.
#[derive(Clone, Debug)]
pub(crate) struct CountingSampler {
    sampler: SdkSampler,
    counters: Arc<RecordingCounters>,
}

impl CountingSampler {
    pub(crate) fn new(sampler: Sampler, counters: Arc<RecordingCounters>) -> Self {
        Self { sampler: sdk_sampler(sampler), counters }
    }
}

impl ShouldSample for CountingSampler {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        span_kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        if is_own_thread() {
            return SamplingResult {
                decision: SamplingDecision::Drop,
                attributes: Vec::new(),
                trace_state: TraceState::NONE,
            };
        }
        let result = self.sampler.should_sample(
            parent_context,
            trace_id,
            name,
            span_kind,
            attributes,
            links,
        );
        let outcome = match result.decision {
            SamplingDecision::Drop => SamplingOutcome::Drop,
            SamplingDecision::RecordAndSample => SamplingOutcome::RecordAndSample,
            SamplingDecision::RecordOnly => SamplingOutcome::RecordOnly,
        };
        self.counters.span_started(outcome, parent_origin(parent_context));
        result
    }
}

/// A parent with invalid ids is no parent: the SDK starts a new trace under it.
fn parent_origin(parent_context: Option<&Context>) -> ParentOrigin {
    let Some(context) = parent_context else { return ParentOrigin::None };
    let span = context.span();
    let parent = span.span_context();
    match (parent.is_valid(), parent.is_remote()) {
        (false, _) => ParentOrigin::None,
        (true, false) => ParentOrigin::Local,
        (true, true) => ParentOrigin::Remote,
    }
}

fn sdk_sampler(sampler: Sampler) -> SdkSampler {
    match sampler {
        Sampler::AlwaysOff => SdkSampler::AlwaysOff,
        Sampler::AlwaysOn => SdkSampler::AlwaysOn,
        Sampler::ParentBasedAlwaysOff => SdkSampler::ParentBased(Box::new(SdkSampler::AlwaysOff)),
        Sampler::ParentBasedAlwaysOn => SdkSampler::ParentBased(Box::new(SdkSampler::AlwaysOn)),
        Sampler::ParentBasedTraceIdRatio(ratio) => {
            SdkSampler::ParentBased(Box::new(SdkSampler::TraceIdRatioBased(ratio)))
        }
        Sampler::TraceIdRatio(ratio) => SdkSampler::TraceIdRatioBased(ratio),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{
        SpanContext, SpanId, TraceFlags, TraceState, Tracer, TracerProvider,
    };
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    fn provider(sampler: Sampler) -> (SdkTracerProvider, Arc<RecordingCounters>) {
        let counters = Arc::new(RecordingCounters::default());
        let sampler = CountingSampler::new(sampler, Arc::clone(&counters));
        (SdkTracerProvider::builder().with_sampler(sampler).build(), counters)
    }

    fn remote_parent(flags: TraceFlags) -> Context {
        Context::new().with_remote_span_context(SpanContext::new(
            TraceId::from(7),
            SpanId::from(9),
            flags,
            true,
            TraceState::NONE,
        ))
    }

    fn counts(counters: &RecordingCounters) -> Vec<(&'static str, &'static str, u64)> {
        let mut counts = Vec::new();
        for outcome in SamplingOutcome::ALL {
            for origin in ParentOrigin::ALL {
                let count = counters.started(outcome, origin);
                if count > 0 {
                    counts.push((outcome.name(), origin.name(), count));
                }
            }
        }
        counts
    }

    #[test]
    fn spans_are_counted_by_answer_and_parent() {
        let (provider, counters) = provider(Sampler::ParentBasedAlwaysOn);
        let tracer = provider.tracer("test");
        let root = tracer.start("root");
        let local = Context::new().with_span(root);
        drop(tracer.start_with_context("child", &local));
        drop(tracer.start_with_context("child", &local));
        drop(tracer.start_with_context("server", &remote_parent(TraceFlags::SAMPLED)));
        drop(tracer.start_with_context("server", &remote_parent(TraceFlags::NOT_SAMPLED)));
        assert_eq!(
            counts(&counters),
            [
                ("DROP", "remote", 1),
                ("RECORD_AND_SAMPLE", "local", 2),
                ("RECORD_AND_SAMPLE", "none", 1),
                ("RECORD_AND_SAMPLE", "remote", 1),
            ]
        );
    }

    #[test]
    fn a_span_that_does_not_record_is_counted_too() {
        let (provider, counters) = provider(Sampler::AlwaysOff);
        drop(provider.tracer("test").start("root"));
        assert_eq!(counts(&counters), [("DROP", "none", 1)]);
    }

    #[test]
    fn an_invalid_parent_is_no_parent() {
        let (provider, counters) = provider(Sampler::AlwaysOn);
        let context = Context::new().with_remote_span_context(SpanContext::NONE);
        drop(provider.tracer("test").start_with_context("root", &context));
        assert_eq!(counts(&counters), [("RECORD_AND_SAMPLE", "none", 1)]);
    }

    #[test]
    fn every_setting_is_the_sampler_of_that_name() {
        let sampled = remote_parent(TraceFlags::SAMPLED);
        let not_sampled = remote_parent(TraceFlags::NOT_SAMPLED);
        let root = Context::new();
        // The answers for a root, a sampled remote parent, and one that is not sampled.
        let table = [
            (Sampler::AlwaysOff, [false, false, false]),
            (Sampler::AlwaysOn, [true, true, true]),
            (Sampler::ParentBasedAlwaysOff, [false, true, false]),
            (Sampler::ParentBasedAlwaysOn, [true, true, false]),
            (Sampler::ParentBasedTraceIdRatio(0.0), [false, true, false]),
            (Sampler::ParentBasedTraceIdRatio(1.0), [true, true, false]),
            (Sampler::TraceIdRatio(0.0), [false, false, false]),
            (Sampler::TraceIdRatio(1.0), [true, true, true]),
        ];
        for (sampler, expected) in table {
            let counting = CountingSampler::new(sampler, Arc::default());
            let answers = [&root, &sampled, &not_sampled].map(|parent| {
                let result = counting.should_sample(
                    Some(parent),
                    TraceId::from(7),
                    "span",
                    &SpanKind::Internal,
                    &[],
                    &[],
                );
                result.decision == SamplingDecision::RecordAndSample
            });
            assert_eq!(answers, expected, "{sampler:?}");
        }
    }
}
