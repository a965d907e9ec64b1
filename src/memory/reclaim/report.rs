//! What giving memory back came to.

use std::fmt;
use std::time::Duration;

use crate::memory::alert::show_bytes;

/// What became of one request to give memory back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReclaimReport {
    /// Whether it was done.
    pub status: ReclaimStatus,
    /// Resident memory before, without what belongs to files; `None` where it cannot be read.
    pub before_bytes: Option<u64>,
    /// The same after it.
    pub after_bytes: Option<u64>,
    /// By how much resident memory fell; 0 when it rose meanwhile.
    pub returned_bytes: u64,
    /// How long it took.
    pub duration: Duration,
    /// Hooks that were called and came back.
    pub hooks_run: usize,
    /// Hooks that panicked, or did not come back in time.
    pub hooks_failed: usize,
}

/// Whether memory was asked back.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ReclaimStatus {
    /// Done.
    Done,
    /// The system gave no thread for it.
    NoThread,
    /// Nothing was done: the last time is too short ago.
    TooSoon,
    /// It has begun, and takes longer than was waited for; or a hook of it asked for it.
    Unfinished,
}

impl ReclaimStatus {
    /// Returns the value of `beacon.memory.cleanup.status`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NoThread => "no_thread",
            Self::TooSoon => "too_soon",
            Self::Unfinished => "unfinished",
        }
    }
}

impl ReclaimReport {
    /// Nothing was done, or nothing is known of it yet.
    pub(super) const fn nothing(status: ReclaimStatus) -> Self {
        Self {
            status,
            before_bytes: None,
            after_bytes: None,
            returned_bytes: 0,
            duration: Duration::ZERO,
            hooks_run: 0,
            hooks_failed: 0,
        }
    }
}

impl fmt::Display for ReclaimReport {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            ReclaimStatus::NoThread => return f.write_str("nothing reclaimed: no thread for it"),
            ReclaimStatus::TooSoon => return f.write_str("nothing reclaimed: done a moment ago"),
            ReclaimStatus::Unfinished => return f.write_str("still reclaiming"),
            ReclaimStatus::Done => {}
        }
        let returned = show_bytes(self.returned_bytes as f64);
        write!(f, "reclaimed {returned} in {:.0?}", self.duration)?;
        match self.hooks_run {
            0 => {}
            1 => f.write_str(" with 1 hook")?,
            hooks => write!(f, " with {hooks} hooks")?,
        }
        match self.hooks_failed {
            0 => Ok(()),
            failed => write!(f, ", {failed} failed"),
        }
    }
}
