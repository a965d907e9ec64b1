//! What beacon's metrics about itself ask of those who record.

use std::fmt;

/// What the recorders count themselves.
pub(crate) trait RecordingSource: fmt::Debug + Send + Sync {
    /// All spans started with this result and parent, those not recorded included.
    fn spans_started(&self, result: SamplingResult, parent: ParentOrigin) -> u64;

    /// Recording spans started with this result and not ended. Never asked for `Drop`.
    fn spans_live(&self, result: SamplingResult) -> u64;

    /// Log records submitted, dropped ones included.
    fn logs_created(&self) -> u64;
}

/// What the sampler decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SamplingResult {
    Drop,
    RecordAndSample,
    RecordOnly,
}

impl SamplingResult {
    pub(crate) const ALL: [Self; 3] = [Self::Drop, Self::RecordAndSample, Self::RecordOnly];
    pub(crate) const RECORDING: [Self; 2] = [Self::RecordAndSample, Self::RecordOnly];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Drop => "DROP",
            Self::RecordAndSample => "RECORD_AND_SAMPLE",
            Self::RecordOnly => "RECORD_ONLY",
        }
    }
}

/// Where the parent of a span comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ParentOrigin {
    Local,
    None,
    Remote,
}

impl ParentOrigin {
    pub(crate) const ALL: [Self; 3] = [Self::Local, Self::None, Self::Remote];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::None => "none",
            Self::Remote => "remote",
        }
    }
}
