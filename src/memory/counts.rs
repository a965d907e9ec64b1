//! What the sampler counts of itself: samples, and sources that failed.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the sampler counts of itself.
#[derive(Debug, Default)]
pub(crate) struct SamplerCounts {
    pub(crate) samples: AtomicU64,
    failures: [[AtomicU64; FailureReason::ALL.len()]; SourceName::ALL.len()],
}

impl SamplerCounts {
    pub(crate) fn count_failure(&self, source: SourceName, reason: FailureReason) {
        if let Some(count) = self.failure(source, reason) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn failures(&self, source: SourceName, reason: FailureReason) -> u64 {
        self.failure(source, reason).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    fn failure(&self, source: SourceName, reason: FailureReason) -> Option<&AtomicU64> {
        self.failures.get(source as usize)?.get(reason as usize)
    }
}

/// Who reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SourceName {
    Allocator,
    Cgroup,
    LazyFree,
    Pressure,
    Process,
    System,
    /// Not a source: whoever looks at the samples.
    Watch,
}

impl SourceName {
    pub(crate) const ALL: [Self; 7] = [
        Self::Allocator,
        Self::Cgroup,
        Self::LazyFree,
        Self::Pressure,
        Self::Process,
        Self::System,
        Self::Watch,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Allocator => "allocator",
            Self::Cgroup => "cgroup",
            Self::LazyFree => "lazy_free",
            Self::Pressure => "pressure",
            Self::Process => "process",
            Self::System => "system",
            Self::Watch => "watch",
        }
    }
}

/// Why a source gave nothing, or not all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FailureReason {
    /// What it read is not what the kernel writes.
    Garbage,
    /// It panicked.
    Panic,
    /// The system gave no thread to read on.
    Thread,
    /// It did not answer in time; or it still hangs from the time before.
    Timeout,
    /// What it reads is there and cannot be read.
    Unreadable,
}

impl FailureReason {
    pub(crate) const ALL: [Self; 5] =
        [Self::Garbage, Self::Panic, Self::Thread, Self::Timeout, Self::Unreadable];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Garbage => "garbage",
            Self::Panic => "panic",
            Self::Thread => "thread",
            Self::Timeout => "timeout",
            Self::Unreadable => "unreadable",
        }
    }
}
