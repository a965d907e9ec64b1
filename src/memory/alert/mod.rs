//! What users are told about their memory.

mod callback;
mod config;
mod event;
mod quantity;
mod sentence;

use crate::catalog::event as name;
use crate::memory::leak::{LeakEvidence, LeakState, LeakingSiteStatus};

pub(crate) use crate::memory::alert::callback::{LeakCallback, LeakCallbacks};
pub(crate) use crate::memory::alert::config::LeakChoices;
pub(crate) use crate::memory::alert::event::tell;
pub(crate) use crate::memory::alert::quantity::show_bytes;
pub(crate) use crate::memory::alert::sentence::sentence;

/// One alert about the memory of the process, as the log record of the same moment tells it.
///
/// Given to [`MemoryConfig::on_leak`](crate::memory::MemoryConfig::on_leak). Sizes are in bytes, and
/// `None` is what is not known or has no meaning for this cause.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeakAlert {
    /// The same from the first suspicion to the end of one alert, and for no other one of the
    /// process.
    pub id: String,
    /// How many alerts came before this one without a healthy time between.
    pub recurrence: u32,
    /// The state of the process from now on.
    pub state: LeakState,
    /// The state before; the same as [`state`](Self::state) when an alert is only told more about.
    pub previous_state: LeakState,
    /// What the memory is held by.
    pub cause: LeakCause,
    /// Which series decided.
    pub signal: Option<LeakSignal>,
    /// Who measured it.
    pub source: LeakSource,
    /// Whether growth could be held against the work done.
    pub load_known: bool,
    /// Age of the process, in hours.
    pub age_hours: f64,
    /// What speaks for it: growth, and how sure it is.
    pub evidence: Option<LeakEvidence>,
    /// How far the low water stands above every earlier one, as a share of the base.
    pub record_margin_ratio: Option<f64>,
    /// The normal size, measured early in the life of the process.
    pub base_bytes: Option<f64>,
    /// The last low water; for exhaustion what is used now.
    pub current_bytes: Option<f64>,
    /// Hours until the limit is reached at this growth.
    pub time_to_limit_hours: Option<f64>,
    /// The limit of the container, else the memory of the host.
    pub limit_bytes: Option<f64>,
    /// Resident memory that is not live heap.
    pub retained_bytes: Option<f64>,
    /// What the allocator gave back when it was asked, to find out whether the memory was free.
    pub returned_bytes: Option<f64>,
    /// Which code holds it.
    pub culprit: Option<LeakCulprit>,
    /// The name of the heap profile that is written with it.
    pub profile_id: Option<String>,
    /// All of it in one sentence, the next step included.
    pub message: String,
}

/// The call-sites that hold what grows.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeakCulprit {
    /// Whether the first of them has a verdict of its own.
    pub status: LeakingSiteStatus,
    /// At most five, best first.
    pub sites: Vec<CulpritSite>,
}

/// One call-site.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CulpritSite {
    /// The function that allocates, or the address of its code.
    pub site: String,
    /// The `tracing` span in which it does; empty outside of any.
    pub span: String,
    /// Bytes older than one hour.
    pub bytes: f64,
    /// How fast these grow.
    pub bytes_per_hour: f64,
}

/// What memory is held by.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum LeakCause {
    /// The limit is near, whatever holds the memory.
    Exhaustion,
    /// The allocator, in pages that hold some live blocks each.
    Fragmentation,
    /// The program: memory is not given back, or ever more is kept.
    Leak,
    /// What is not the allocator's: C libraries, maps, stacks of threads.
    NativeGrowth,
    /// The allocator, and it gave it back when asked.
    Retained,
}

/// Which series of numbers decided.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum LeakSignal {
    /// Bytes allocated and not yet freed.
    Live,
    /// Anonymous memory that is resident.
    Rss,
    /// Bytes of one call-site that are older than an hour.
    Site,
}

/// Who measured what an alert is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum LeakSource {
    /// The GNU C library.
    Glibc,
    /// jemalloc.
    Jemalloc,
    /// The operating system.
    Proc,
    /// [`TrackingAllocator`](crate::memory::TrackingAllocator): exact.
    Tracking,
}

impl LeakAlert {
    /// Returns the name of its log record.
    pub const fn event_name(&self) -> &'static str {
        match (self.cause, self.state) {
            (LeakCause::Exhaustion, _) => name::MEMORY_EXHAUSTION,
            (LeakCause::Retained, _) => name::MEMORY_RETAINED,
            (_, LeakState::Confirmed) => name::MEMORY_LEAK_CONFIRMED,
            (_, LeakState::Suspected) => name::MEMORY_LEAK_SUSPECTED,
            (_, LeakState::Cleared | LeakState::Healthy) => name::MEMORY_LEAK_CLEARED,
        }
    }

    /// Whether it tells more about an alert that was told before.
    pub fn is_update(&self) -> bool {
        let is_of_leak = !matches!(self.cause, LeakCause::Exhaustion | LeakCause::Retained);
        is_of_leak && self.state == self.previous_state
    }
}

impl LeakCause {
    pub(crate) const ALL: [Self; 5] =
        [Self::Exhaustion, Self::Fragmentation, Self::Leak, Self::NativeGrowth, Self::Retained];

    /// Returns the value of `beacon.leak.cause`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exhaustion => "exhaustion",
            Self::Fragmentation => "fragmentation",
            Self::Leak => "leak",
            Self::NativeGrowth => "native_growth",
            Self::Retained => "retained",
        }
    }
}

impl LeakSignal {
    pub(crate) const ALL: [Self; 3] = [Self::Live, Self::Rss, Self::Site];

    /// Returns the value of `beacon.leak.signal`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Rss => "rss",
            Self::Site => "site",
        }
    }
}

impl LeakSource {
    /// Returns the value of `beacon.leak.source`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Glibc => "glibc",
            Self::Jemalloc => "jemalloc",
            Self::Proc => "proc",
            Self::Tracking => "tracking",
        }
    }
}
