//! What went wrong in code of the user's.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Failures by kind and reason.
#[derive(Debug, Default)]
pub(crate) struct HookCounts {
    failures: [[AtomicU64; HookFailure::ALL.len()]; HookKind::ALL.len()],
}

/// Whose code it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HookKind {
    /// The usage of a declared consumer.
    Bounded,
    /// The callback for alerts.
    LeakCallback,
    /// A hook that gives memory back.
    Pressure,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HookFailure {
    /// Too many are registered.
    Limit,
    /// It panicked.
    Panic,
    /// Too many alerts waited for it.
    QueueFull,
    /// The system gave no thread.
    Thread,
    /// It took too long, or has not come back from an earlier call.
    Timeout,
}

impl HookKind {
    pub(crate) const ALL: [Self; 3] = [Self::Bounded, Self::LeakCallback, Self::Pressure];

    /// The value of `beacon.memory.hook`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bounded => "bounded",
            Self::LeakCallback => "leak_callback",
            Self::Pressure => "pressure",
        }
    }
}

impl HookFailure {
    pub(crate) const ALL: [Self; 5] =
        [Self::Limit, Self::Panic, Self::QueueFull, Self::Thread, Self::Timeout];

    /// The value of `error.type`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Panic => "panic",
            Self::QueueFull => "queue_full",
            Self::Thread => "thread",
            Self::Timeout => "timeout",
        }
    }
}

impl HookCounts {
    pub(crate) fn count(&self, kind: HookKind, failure: HookFailure) {
        if let Some(cell) = self.cell(kind, failure) {
            cell.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn get(&self, kind: HookKind, failure: HookFailure) -> u64 {
        self.cell(kind, failure).map_or(0, |cell| cell.load(Relaxed))
    }

    fn cell(&self, kind: HookKind, failure: HookFailure) -> Option<&AtomicU64> {
        self.failures.get(kind as usize)?.get(failure as usize)
    }
}
