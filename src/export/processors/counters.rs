//! What is counted where spans and log records begin and end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::export::processors::LogCounters;
use crate::propagation::PropagationCounters;

/// The sampler's answer, as `otel.span.sampling_result` names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SamplingOutcome {
    Drop,
    RecordAndSample,
    RecordOnly,
}

impl SamplingOutcome {
    pub(crate) const ALL: [Self; 3] = [Self::Drop, Self::RecordAndSample, Self::RecordOnly];

    /// The value of `otel.span.sampling_result`.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Drop => "DROP",
            Self::RecordAndSample => "RECORD_AND_SAMPLE",
            Self::RecordOnly => "RECORD_ONLY",
        }
    }
}

/// Where the parent of a span comes from, as `otel.span.parent.origin` names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ParentOrigin {
    Local,
    None,
    Remote,
}

impl ParentOrigin {
    pub(crate) const ALL: [Self; 3] = [Self::Local, Self::None, Self::Remote];

    /// The value of `otel.span.parent.origin`.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::None => "none",
            Self::Remote => "remote",
        }
    }
}

/// Counters of recording. Shared by the sampler, the processors and the log layer; read by the
/// self-metrics.
#[derive(Debug, Default)]
pub(crate) struct RecordingCounters {
    dropped: StartedSpans,
    sampled: StartedSpans,
    recorded_only: StartedSpans,
    live_sampled: AtomicI64,
    live_recorded_only: AtomicI64,
    /// Log records handed to the pipeline, whatever became of them.
    pub(crate) log_created: AtomicU64,
    pub(crate) logs: LogCounters,
    /// Panics that the hook has seen, caught or not.
    pub(crate) panics: AtomicU64,
    /// Shared with propagators, which may outlive the pipeline.
    pub(crate) propagation: Arc<PropagationCounters>,
}

#[derive(Debug, Default)]
struct StartedSpans {
    local: AtomicU64,
    none: AtomicU64,
    remote: AtomicU64,
}

impl SamplingOutcome {
    /// The answers after which a span records.
    pub(crate) const RECORDING: [Self; 2] = [Self::RecordAndSample, Self::RecordOnly];
}

impl RecordingCounters {
    /// Spans started so far, the ones that do not record included.
    pub(crate) fn started(&self, outcome: SamplingOutcome, origin: ParentOrigin) -> u64 {
        self.started_cell(outcome, origin).load(Relaxed)
    }

    /// Recording spans that have not ended. Spans that do not record are not alive here; one that
    /// outlives its provider stays, since nobody is told about its end.
    pub(crate) fn live(&self, outcome: SamplingOutcome) -> i64 {
        match outcome {
            SamplingOutcome::Drop => 0,
            SamplingOutcome::RecordAndSample => self.live_sampled.load(Relaxed),
            SamplingOutcome::RecordOnly => self.live_recorded_only.load(Relaxed),
        }
    }

    pub(crate) fn span_started(&self, outcome: SamplingOutcome, origin: ParentOrigin) {
        self.started_cell(outcome, origin).fetch_add(1, Relaxed);
    }

    pub(crate) fn recording_began(&self, is_sampled: bool) {
        self.live_cell(is_sampled).fetch_add(1, Relaxed);
    }

    pub(crate) fn recording_ended(&self, is_sampled: bool) {
        self.live_cell(is_sampled).fetch_sub(1, Relaxed);
    }

    fn started_cell(&self, outcome: SamplingOutcome, origin: ParentOrigin) -> &AtomicU64 {
        let started = match outcome {
            SamplingOutcome::Drop => &self.dropped,
            SamplingOutcome::RecordAndSample => &self.sampled,
            SamplingOutcome::RecordOnly => &self.recorded_only,
        };
        match origin {
            ParentOrigin::Local => &started.local,
            ParentOrigin::None => &started.none,
            ParentOrigin::Remote => &started.remote,
        }
    }

    const fn live_cell(&self, is_sampled: bool) -> &AtomicI64 {
        if is_sampled { &self.live_sampled } else { &self.live_recorded_only }
    }
}
