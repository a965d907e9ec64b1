//! Which reading is which series.

use crate::catalog::Metric;
use crate::catalog::{attribute, memory};
use crate::memory::instruments::Scale::{Billionths, Micros, One};
use crate::memory::instruments::{Point, Row, Scale};
use crate::memory::reading::Reading;

const fn row(metric: Metric, scale: Scale, points: &'static [Point]) -> Row {
    Row { metric, scale, points }
}

pub(super) static PROCESS: &[Row] = &[
    row(
        memory::PROCESS_CPU_TIME,
        Micros,
        &[
            Point::of(attribute::CPU_MODE, "user", Reading::ProcessUserMicros),
            Point::of(attribute::CPU_MODE, "system", Reading::ProcessSystemMicros),
        ],
    ),
    row(memory::PROCESS_MEMORY_USAGE, One, &[Point::only(Reading::ProcessRssBytes)]),
    row(memory::PROCESS_MEMORY_VIRTUAL, One, &[Point::only(Reading::ProcessVirtualBytes)]),
    row(
        memory::PROCESS_DISK_IO,
        One,
        &[
            Point::of(attribute::DISK_IO_DIRECTION, "read", Reading::ProcessDiskReadBytes),
            Point::of(attribute::DISK_IO_DIRECTION, "write", Reading::ProcessDiskWriteBytes),
        ],
    ),
    row(memory::PROCESS_THREAD_COUNT, One, &[Point::only(Reading::ProcessThreads)]),
    row(
        memory::PROCESS_UNIX_FILE_DESCRIPTOR_COUNT,
        One,
        &[Point::only(Reading::ProcessFileDescriptors)],
    ),
    row(
        memory::PROCESS_CONTEXT_SWITCHES,
        One,
        &[
            Point::of(
                attribute::CONTEXT_SWITCH_TYPE,
                "voluntary",
                Reading::ProcessVoluntarySwitches,
            ),
            Point::of(
                attribute::CONTEXT_SWITCH_TYPE,
                "involuntary",
                Reading::ProcessInvoluntarySwitches,
            ),
        ],
    ),
    row(
        memory::PROCESS_PAGING_FAULTS,
        One,
        &[
            Point::of(attribute::PAGING_FAULT_TYPE, "major", Reading::ProcessMajorFaults),
            Point::of(attribute::PAGING_FAULT_TYPE, "minor", Reading::ProcessMinorFaults),
        ],
    ),
    row(memory::PROCESS_UPTIME, Micros, &[Point::only(Reading::ProcessUptimeMicros)]),
    row(
        memory::BEACON_PROCESS_MEMORY_RESIDENT,
        One,
        &[
            Point::of(attribute::PROCESS_MEMORY_KIND, "anon", Reading::ProcessRssAnonBytes),
            Point::of(attribute::PROCESS_MEMORY_KIND, "file", Reading::ProcessRssFileBytes),
            Point::of(attribute::PROCESS_MEMORY_KIND, "shmem", Reading::ProcessRssShmemBytes),
        ],
    ),
    row(memory::BEACON_PROCESS_MEMORY_SWAPPED, One, &[Point::only(Reading::ProcessSwappedBytes)]),
];

pub(super) static UTILIZATION: &[Row] = &[
    row(
        memory::PROCESS_CPU_UTILIZATION,
        Billionths,
        &[
            Point::of(attribute::CPU_MODE, "user", Reading::ProcessUserBillionths),
            Point::of(attribute::CPU_MODE, "system", Reading::ProcessSystemBillionths),
        ],
    ),
    row(
        memory::PROCESS_MEMORY_UTILIZATION,
        Billionths,
        &[Point::only(Reading::ProcessMemoryBillionths)],
    ),
];

pub(super) static CGROUP: &[Row] = &[
    row(memory::CGROUP_MEMORY_LIMIT, One, &[Point::only(Reading::CgroupLimitBytes)]),
    row(memory::CGROUP_MEMORY_HIGH, One, &[Point::only(Reading::CgroupHighBytes)]),
    row(memory::CGROUP_MEMORY_USAGE, One, &[Point::only(Reading::CgroupUsageBytes)]),
    row(memory::CGROUP_MEMORY_HEADROOM, One, &[Point::only(Reading::CgroupHeadroomBytes)]),
    row(
        memory::CGROUP_MEMORY_UTILIZATION,
        Billionths,
        &[Point::only(Reading::CgroupUtilizationBillionths)],
    ),
    row(
        memory::CGROUP_MEMORY_EVENTS,
        One,
        &[
            Point::of(attribute::CGROUP_EVENT, "low", Reading::CgroupEventsLow),
            Point::of(attribute::CGROUP_EVENT, "high", Reading::CgroupEventsHigh),
            Point::of(attribute::CGROUP_EVENT, "max", Reading::CgroupEventsMax),
            Point::of(attribute::CGROUP_EVENT, "oom", Reading::CgroupEventsOom),
            Point::of(attribute::CGROUP_EVENT, "oom_kill", Reading::CgroupEventsOomKill),
        ],
    ),
    row(
        memory::CGROUP_MEMORY_PRESSURE_TIME,
        Micros,
        &[
            Point::of(attribute::CGROUP_PRESSURE, "some", Reading::CgroupPressureSomeMicros),
            Point::of(attribute::CGROUP_PRESSURE, "full", Reading::CgroupPressureFullMicros),
        ],
    ),
];

pub(super) static CONTAINER: &[Row] = &[
    row(memory::CONTAINER_MEMORY_USAGE, One, &[Point::only(Reading::CgroupUsageBytes)]),
    row(memory::CONTAINER_MEMORY_WORKING_SET, One, &[Point::only(Reading::CgroupWorkingSetBytes)]),
    row(memory::CONTAINER_MEMORY_RSS, One, &[Point::only(Reading::CgroupRssBytes)]),
    row(memory::CONTAINER_MEMORY_AVAILABLE, One, &[Point::only(Reading::CgroupHeadroomBytes)]),
    row(
        memory::CONTAINER_PAGING_FAULTS,
        One,
        &[
            Point::of(attribute::PAGING_FAULT_TYPE, "major", Reading::CgroupMajorFaults),
            Point::of(attribute::PAGING_FAULT_TYPE, "minor", Reading::CgroupMinorFaults),
        ],
    ),
    row(
        memory::CONTAINER_CPU_TIME,
        Micros,
        &[
            Point::of(attribute::CPU_MODE, "user", Reading::CgroupUserMicros),
            Point::of(attribute::CPU_MODE, "system", Reading::CgroupSystemMicros),
        ],
    ),
];

pub(super) static SYSTEM: &[Row] = &[
    row(
        memory::SYSTEM_MEMORY_USAGE,
        One,
        &[
            Point::of(attribute::SYSTEM_MEMORY_STATE, "used", Reading::SystemUsedBytes),
            Point::of(attribute::SYSTEM_MEMORY_STATE, "free", Reading::SystemFreeBytes),
            Point::of(attribute::SYSTEM_MEMORY_STATE, "buffers", Reading::SystemBuffersBytes),
            Point::of(attribute::SYSTEM_MEMORY_STATE, "cached", Reading::SystemCachedBytes),
        ],
    ),
    row(
        memory::SYSTEM_MEMORY_UTILIZATION,
        Billionths,
        &[
            Point::of(attribute::SYSTEM_MEMORY_STATE, "used", Reading::SystemUsedBillionths),
            Point::of(attribute::SYSTEM_MEMORY_STATE, "free", Reading::SystemFreeBillionths),
            Point::of(attribute::SYSTEM_MEMORY_STATE, "buffers", Reading::SystemBuffersBillionths),
            Point::of(attribute::SYSTEM_MEMORY_STATE, "cached", Reading::SystemCachedBillionths),
        ],
    ),
    row(memory::SYSTEM_MEMORY_LIMIT, One, &[Point::only(Reading::SystemTotalBytes)]),
    row(memory::SYSTEM_MEMORY_LINUX_AVAILABLE, One, &[Point::only(Reading::SystemAvailableBytes)]),
    row(memory::SYSTEM_MEMORY_LINUX_SHARED, One, &[Point::only(Reading::SystemSharedBytes)]),
    row(memory::SYSTEM_CPU_LOGICAL_COUNT, One, &[Point::only(Reading::SystemCpus)]),
    row(
        memory::SYSTEM_CPU_TIME,
        Micros,
        &[
            Point::of(attribute::CPU_MODE, "user", Reading::SystemCpuUserMicros),
            Point::of(attribute::CPU_MODE, "system", Reading::SystemCpuSystemMicros),
            Point::of(attribute::CPU_MODE, "nice", Reading::SystemCpuNiceMicros),
            Point::of(attribute::CPU_MODE, "idle", Reading::SystemCpuIdleMicros),
            Point::of(attribute::CPU_MODE, "iowait", Reading::SystemCpuIowaitMicros),
            Point::of(attribute::CPU_MODE, "interrupt", Reading::SystemCpuInterruptMicros),
            Point::of(attribute::CPU_MODE, "steal", Reading::SystemCpuStealMicros),
        ],
    ),
    row(
        memory::SYSTEM_PAGING_USAGE,
        One,
        &[
            Point::of(attribute::SYSTEM_PAGING_STATE, "used", Reading::SystemSwapUsedBytes),
            Point::of(attribute::SYSTEM_PAGING_STATE, "free", Reading::SystemSwapFreeBytes),
        ],
    ),
    row(
        memory::SYSTEM_PAGING_UTILIZATION,
        Billionths,
        &[
            Point::of(attribute::SYSTEM_PAGING_STATE, "used", Reading::SystemSwapUsedBillionths),
            Point::of(attribute::SYSTEM_PAGING_STATE, "free", Reading::SystemSwapFreeBillionths),
        ],
    ),
    row(
        memory::SYSTEM_PAGING_FAULTS,
        One,
        &[
            Point::of(attribute::PAGING_FAULT_TYPE, "major", Reading::SystemMajorFaults),
            Point::of(attribute::PAGING_FAULT_TYPE, "minor", Reading::SystemMinorFaults),
        ],
    ),
    row(memory::SYSTEM_UPTIME, Micros, &[Point::only(Reading::SystemUptimeMicros)]),
    row(
        memory::BEACON_SYSTEM_MEMORY_PRESSURE_TIME,
        Micros,
        &[
            Point::of(attribute::SYSTEM_PRESSURE, "some", Reading::SystemPressureSomeMicros),
            Point::of(attribute::SYSTEM_PRESSURE, "full", Reading::SystemPressureFullMicros),
        ],
    ),
];

const fn allocator(name: &'static str, reading: Reading) -> Point {
    Point::of(attribute::ALLOCATOR_NAME, name, reading)
}

pub(super) static ALLOCATOR: &[Row] = &[
    row(
        memory::ALLOCATOR_ALLOCATED,
        One,
        &[
            allocator("jemalloc", Reading::JemallocAllocatedBytes),
            allocator("glibc", Reading::GlibcAllocatedBytes),
            allocator("mimalloc", Reading::MimallocAllocatedBytes),
        ],
    ),
    row(memory::ALLOCATOR_ACTIVE, One, &[allocator("jemalloc", Reading::JemallocActiveBytes)]),
    row(
        memory::ALLOCATOR_RESIDENT,
        One,
        &[
            allocator("jemalloc", Reading::JemallocResidentBytes),
            allocator("mimalloc", Reading::MimallocResidentBytes),
        ],
    ),
    row(
        memory::ALLOCATOR_MAPPED,
        One,
        &[
            allocator("jemalloc", Reading::JemallocMappedBytes),
            allocator("glibc", Reading::GlibcMappedBytes),
            allocator("mimalloc", Reading::MimallocMappedBytes),
        ],
    ),
    row(memory::ALLOCATOR_RETAINED, One, &[allocator("jemalloc", Reading::JemallocRetainedBytes)]),
    row(memory::ALLOCATOR_METADATA, One, &[allocator("jemalloc", Reading::JemallocMetadataBytes)]),
    row(memory::ALLOCATOR_FREE, One, &[allocator("glibc", Reading::GlibcFreeBytes)]),
    row(memory::HEAP_LIVE, One, &[Point::only(Reading::HeapLiveBytes)]),
    row(memory::HEAP_BLOCK_COUNT, One, &[Point::only(Reading::HeapBlocks)]),
    row(memory::HEAP_ALLOCATED, One, &[Point::only(Reading::HeapAllocatedBytes)]),
    row(memory::HEAP_ALLOCATIONS, One, &[Point::only(Reading::HeapAllocations)]),
];
