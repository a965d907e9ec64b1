//! The numbers of a sample, by name.

/// Declares the readings and the list of them all.
macro_rules! readings {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One number of a sample. Bytes, counts, microseconds or billionths, as its name says.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum Reading {
            $($(#[$doc])* $name,)*
        }

        impl Reading {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

readings! {
    ProcessRssBytes,
    ProcessVirtualBytes,
    ProcessRssAnonBytes,
    ProcessRssFileBytes,
    ProcessRssShmemBytes,
    ProcessSwappedBytes,
    /// Read every few minutes, so it may be that old.
    ProcessLazyFreeBytes,
    ProcessThreads,
    ProcessFileDescriptors,
    ProcessUserMicros,
    ProcessSystemMicros,
    ProcessVoluntarySwitches,
    ProcessInvoluntarySwitches,
    ProcessMinorFaults,
    ProcessMajorFaults,
    ProcessDiskReadBytes,
    ProcessDiskWriteBytes,
    ProcessUptimeMicros,
    ProcessUserBillionths,
    ProcessSystemBillionths,
    ProcessMemoryBillionths,
    SystemTotalBytes,
    SystemAvailableBytes,
    SystemUsedBytes,
    SystemFreeBytes,
    SystemBuffersBytes,
    SystemCachedBytes,
    SystemSharedBytes,
    SystemUsedBillionths,
    SystemFreeBillionths,
    SystemBuffersBillionths,
    SystemCachedBillionths,
    SystemSwapUsedBytes,
    SystemSwapFreeBytes,
    SystemSwapUsedBillionths,
    SystemSwapFreeBillionths,
    SystemMinorFaults,
    SystemMajorFaults,
    SystemCpus,
    SystemCpuUserMicros,
    SystemCpuSystemMicros,
    SystemCpuNiceMicros,
    SystemCpuIdleMicros,
    SystemCpuIowaitMicros,
    SystemCpuInterruptMicros,
    SystemCpuStealMicros,
    SystemUptimeMicros,
    SystemPressureSomeMicros,
    SystemPressureFullMicros,
    CgroupLimitBytes,
    /// A [`LimitState`](crate::memory::sources::LimitState) as a number.
    CgroupLimitState,
    CgroupHighBytes,
    CgroupUsageBytes,
    CgroupWorkingSetBytes,
    CgroupHeadroomBytes,
    CgroupUtilizationBillionths,
    CgroupRssBytes,
    CgroupMinorFaults,
    CgroupMajorFaults,
    CgroupEventsLow,
    CgroupEventsHigh,
    CgroupEventsMax,
    CgroupEventsOom,
    CgroupEventsOomKill,
    CgroupPressureSomeMicros,
    CgroupPressureFullMicros,
    CgroupUserMicros,
    CgroupSystemMicros,
    JemallocAllocatedBytes,
    JemallocActiveBytes,
    JemallocResidentBytes,
    JemallocMappedBytes,
    JemallocRetainedBytes,
    JemallocMetadataBytes,
    GlibcAllocatedBytes,
    GlibcMappedBytes,
    GlibcFreeBytes,
    MimallocAllocatedBytes,
    MimallocResidentBytes,
    MimallocMappedBytes,
    HeapLiveBytes,
    HeapBlocks,
    HeapAllocatedBytes,
    HeapAllocations,
}

/// One value for each reading, or that it is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readings {
    values: [u64; Reading::ALL.len()],
}

impl Readings {
    pub(crate) const fn unknown() -> Self {
        Self { values: [UNKNOWN; Reading::ALL.len()] }
    }

    pub(crate) fn get(&self, reading: Reading) -> Option<u64> {
        self.values.get(reading as usize).copied().filter(|value| *value != UNKNOWN)
    }

    /// Sets a value; `None` leaves it as it is.
    pub(crate) fn set(&mut self, reading: Reading, value: impl Into<Option<u64>>) {
        if let (Some(slot), Some(value)) = (self.values.get_mut(reading as usize), value.into()) {
            *slot = value.min(VALUE_MAX);
        }
    }

    /// Takes over what `other` knows.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (own, other) in self.values.iter_mut().zip(&other.values) {
            if *other != UNKNOWN {
                *own = *other;
            }
        }
    }

    /// Each value as it is stored, for whoever stores it again.
    pub(super) const fn raw(&self) -> &[u64; Reading::ALL.len()] {
        &self.values
    }
}

/// A share as billionths, so that all readings are integers.
pub(crate) fn billionths(part: u64, whole: u64) -> Option<u64> {
    let scaled = u128::from(part).saturating_mul(BILLION).checked_div(u128::from(whole))?;
    u64::try_from(scaled).ok()
}

pub(super) const UNKNOWN: u64 = u64::MAX;
/// OTLP carries signed 64-bit integers.
const VALUE_MAX: u64 = i64::MAX.unsigned_abs();
const BILLION: u128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_unknown_until_it_is_set() {
        let mut readings = Readings::unknown();
        assert_eq!(readings.get(Reading::ProcessRssBytes), None);
        readings.set(Reading::ProcessRssBytes, 7);
        readings.set(Reading::ProcessRssBytes, None);
        assert_eq!(readings.get(Reading::ProcessRssBytes), Some(7));
        readings.set(Reading::ProcessRssBytes, u64::MAX);
        assert_eq!(readings.get(Reading::ProcessRssBytes), Some(VALUE_MAX));
    }

    #[test]
    fn only_what_is_known_is_taken_over() {
        let (mut own, mut other) = (Readings::unknown(), Readings::unknown());
        own.set(Reading::ProcessThreads, 1);
        own.set(Reading::SystemCpus, 2);
        other.set(Reading::SystemCpus, 3);
        own.merge(&other);
        assert_eq!(own.get(Reading::ProcessThreads), Some(1));
        assert_eq!(own.get(Reading::SystemCpus), Some(3));
    }

    #[test]
    fn a_share_of_nothing_is_unknown() {
        assert_eq!(billionths(1, 0), None);
        assert_eq!(billionths(1, 4), Some(250_000_000));
        assert_eq!(billionths(u64::MAX, u64::MAX), Some(1_000_000_000));
    }
}
