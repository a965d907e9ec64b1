//! The last sample as users see it.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::memory::latest;
use crate::memory::reading::{Reading, Readings};
use crate::memory::sources::LimitState;

/// Returns the last sample of the telemetry that is installed; an empty one before the first, and
/// without such telemetry.
///
/// Copies a few hundred bytes under a lock that is held as briefly: for a status page, not for a
/// hot path. It reads nothing from the system, so it may be as old as the sample interval.
///
/// For telemetry that is not installed there is
/// [`Telemetry::memory_snapshot`](crate::Telemetry::memory_snapshot).
///
/// # Examples
///
/// ```
/// use beacon::memory;
///
/// let snapshot = memory::snapshot();
/// if let (Some(age), Some(bytes)) = (snapshot.age, snapshot.rss_bytes) {
///     println!("{bytes} bytes resident, {age:?} ago");
/// }
/// ```
pub fn snapshot() -> MemorySnapshot {
    latest::installed().map_or_else(MemorySnapshot::default, |latest| latest.snapshot())
}

/// What was sampled last. A number that could not be read then is `None`, never an older one.
///
/// `Serialize` makes JSON for a status page of it, with the age in seconds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MemorySnapshot {
    /// Time since the sample; `None`: there is none yet.
    #[serde(rename = "age_seconds", serialize_with = "serialize_seconds")]
    pub age: Option<Duration>,
    /// Memory of the process that is in RAM.
    pub rss_bytes: Option<u64>,
    /// The part of it that belongs to no file: heap and stacks.
    pub rss_anon_bytes: Option<u64>,
    /// The part of it that maps files: code, and files of the program.
    pub rss_file_bytes: Option<u64>,
    /// The part of it that is shared memory.
    pub rss_shmem_bytes: Option<u64>,
    /// Address space of the process.
    pub virtual_bytes: Option<u64>,
    /// Memory of the process that is in swap.
    pub swapped_bytes: Option<u64>,
    /// Threads of the process.
    pub threads: Option<u64>,
    /// Open file descriptors of the process.
    pub file_descriptors: Option<u64>,
    /// Bytes asked for and not given back, by the tracking allocator, else jemalloc, else glibc.
    pub live_heap_bytes: Option<u64>,
    /// Memory of the process's cgroup, page cache included.
    pub cgroup_usage_bytes: Option<u64>,
    /// The same without file pages that the kernel takes back first.
    pub cgroup_working_set_bytes: Option<u64>,
    /// What is left of the tightest limit.
    pub cgroup_headroom_bytes: Option<u64>,
    /// The smallest limit of the cgroup and of those around it that can be seen.
    pub cgroup_limit: MemoryLimit,
    /// Memory of the host.
    pub system_total_bytes: Option<u64>,
    /// Memory of the host that can be had without swapping.
    pub system_available_bytes: Option<u64>,
}

/// The limit of a cgroup, or why it is not known.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum MemoryLimit {
    /// This many bytes.
    Bytes(u64),
    /// Nobody has set one.
    Unlimited,
    /// It cannot be told, for this reason. Beacon never guesses a limit.
    Unknown {
        /// Why, in a few words.
        reason: &'static str,
    },
}

impl Default for MemoryLimit {
    fn default() -> Self {
        Self::Unknown { reason: "not sampled yet" }
    }
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{bytes} bytes"),
            Self::Unlimited => f.write_str("unlimited"),
            Self::Unknown { reason } => write!(f, "unknown: {reason}"),
        }
    }
}

impl MemorySnapshot {
    pub(super) fn new(age: Duration, readings: &Readings) -> Self {
        let get = |reading| readings.get(reading);
        let live_heap_bytes = get(Reading::HeapLiveBytes)
            .or_else(|| get(Reading::JemallocAllocatedBytes))
            .or_else(|| get(Reading::GlibcAllocatedBytes));
        Self {
            age: Some(age),
            rss_bytes: get(Reading::ProcessRssBytes),
            rss_anon_bytes: get(Reading::ProcessRssAnonBytes),
            rss_file_bytes: get(Reading::ProcessRssFileBytes),
            rss_shmem_bytes: get(Reading::ProcessRssShmemBytes),
            virtual_bytes: get(Reading::ProcessVirtualBytes),
            swapped_bytes: get(Reading::ProcessSwappedBytes),
            threads: get(Reading::ProcessThreads),
            file_descriptors: get(Reading::ProcessFileDescriptors),
            live_heap_bytes,
            cgroup_usage_bytes: get(Reading::CgroupUsageBytes),
            cgroup_working_set_bytes: get(Reading::CgroupWorkingSetBytes),
            cgroup_headroom_bytes: get(Reading::CgroupHeadroomBytes),
            cgroup_limit: limit(readings),
            system_total_bytes: get(Reading::SystemTotalBytes),
            system_available_bytes: get(Reading::SystemAvailableBytes),
        }
    }
}

fn limit(readings: &Readings) -> MemoryLimit {
    let state = readings.get(Reading::CgroupLimitState).and_then(LimitState::from_number);
    match (state, readings.get(Reading::CgroupLimitBytes)) {
        (Some(LimitState::Limited), Some(bytes)) => MemoryLimit::Bytes(bytes),
        (Some(LimitState::Unlimited), _) => MemoryLimit::Unlimited,
        (Some(other), _) => MemoryLimit::Unknown { reason: other.reason() },
        (None, _) => MemoryLimit::Unknown { reason: LimitState::NoAnswer.reason() },
    }
}

/// As the signature of serde wants it.
#[expect(clippy::ref_option, reason = "serde decides")]
fn serialize_seconds<S: Serializer>(age: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    age.map(|age| age.as_secs_f64()).serialize(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(readings: &[(Reading, u64)]) -> MemorySnapshot {
        let mut all = Readings::unknown();
        for (reading, value) in readings {
            all.set(*reading, *value);
        }
        MemorySnapshot::new(Duration::from_millis(1500), &all)
    }

    #[test]
    fn json_tells_units_and_what_is_unknown() {
        let limited = (Reading::CgroupLimitState, LimitState::Limited.number());
        let full = snapshot(&[limited, (Reading::CgroupLimitBytes, 9)]);
        let json = serde_json::to_value(full).unwrap();
        assert_eq!(json["age_seconds"], 1.5);
        assert_eq!(json["rss_bytes"], serde_json::Value::Null);
        assert_eq!(json["cgroup_limit"]["bytes"], 9);
        let unlimited = (Reading::CgroupLimitState, LimitState::Unlimited.number());
        let json = serde_json::to_value(snapshot(&[unlimited])).unwrap();
        assert_eq!(json["cgroup_limit"], "unlimited");
        let json = serde_json::to_value(MemorySnapshot::default()).unwrap();
        assert_eq!(json["cgroup_limit"]["unknown"]["reason"], "not sampled yet");
    }

    #[test]
    fn a_limit_is_shown_with_its_reason() {
        let of = |state: LimitState| {
            let limit = snapshot(&[(Reading::CgroupLimitState, state.number())]).cgroup_limit;
            limit.to_string()
        };
        assert_eq!(of(LimitState::Unlimited), "unlimited");
        assert_eq!(of(LimitState::NoCgroup), "unknown: there are no cgroups");
        assert_eq!(MemoryLimit::Bytes(7).to_string(), "7 bytes");
        assert_eq!(snapshot(&[]).cgroup_limit.to_string(), "unknown: the cgroup was not read");
    }
}
