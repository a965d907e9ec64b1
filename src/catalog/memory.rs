//! The metrics of memory: process, host, container, allocators, and the sampler itself.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/system/process-metrics/>, `system-metrics/`
//! and `container-metrics/` beside it.

use crate::catalog::{InstrumentKind, Metric, Stability, attribute};

metrics! {
    PROCESS_CPU_TIME = Counter "process.cpu.time" "s" ReleaseCandidate
        &[attribute::CPU_MODE], "Processor time of the process, ended threads included.";
    PROCESS_CPU_UTILIZATION = Gauge "process.cpu.utilization" "1" ReleaseCandidate
        &[attribute::CPU_MODE], "Share of the processors that the process has used.";
    PROCESS_MEMORY_UTILIZATION = Gauge "process.memory.utilization" "1" Development
        &[], "Share of the host's memory that the process has in RAM.";
    PROCESS_MEMORY_USAGE = UpDownCounter "process.memory.usage" "By" ReleaseCandidate
        &[], "Memory of the process that is in RAM.";
    PROCESS_MEMORY_VIRTUAL = UpDownCounter "process.memory.virtual" "By" ReleaseCandidate
        &[], "Address space of the process.";
    PROCESS_DISK_IO = Counter "process.disk.io" "By" ReleaseCandidate
        &[attribute::DISK_IO_DIRECTION], "Bytes that went to and came from devices.";
    PROCESS_THREAD_COUNT = UpDownCounter "process.thread.count" "{thread}" ReleaseCandidate
        &[], "Threads of the process.";
    PROCESS_UNIX_FILE_DESCRIPTOR_COUNT = UpDownCounter "process.unix.file_descriptor.count"
        "{file_descriptor}" ReleaseCandidate &[], "Open file descriptors of the process.";
    PROCESS_CONTEXT_SWITCHES = Counter "process.context_switches" "{context_switch}"
        ReleaseCandidate &[attribute::CONTEXT_SWITCH_TYPE],
        "Times that a thread of the process left a processor.";
    PROCESS_PAGING_FAULTS = Counter "process.paging.faults" "{fault}" ReleaseCandidate
        &[attribute::PAGING_FAULT_TYPE], "Page faults of the process.";
    PROCESS_UPTIME = Gauge "process.uptime" "s" ReleaseCandidate
        &[], "Time since the process began.";
    BEACON_PROCESS_MEMORY_RESIDENT = UpDownCounter "beacon.process.memory.resident" "By" Beacon
        &[attribute::PROCESS_MEMORY_KIND], "The parts of the memory that is in RAM.";
    BEACON_PROCESS_MEMORY_SWAPPED = UpDownCounter "beacon.process.memory.swapped" "By" Beacon
        &[], "Memory of the process that is in swap.";
    SYSTEM_MEMORY_USAGE = UpDownCounter "system.memory.usage" "By" Development
        &[attribute::SYSTEM_MEMORY_STATE], "Memory of the host by its state.";
    SYSTEM_MEMORY_UTILIZATION = Gauge "system.memory.utilization" "1" Development
        &[attribute::SYSTEM_MEMORY_STATE], "Share of the host's memory by its state.";
    SYSTEM_MEMORY_LIMIT = UpDownCounter "system.memory.limit" "By" Development
        &[], "Memory of the host.";
    SYSTEM_MEMORY_LINUX_AVAILABLE = UpDownCounter "system.memory.linux.available" "By" Development
        &[], "Memory of the host that can be had without swapping.";
    SYSTEM_MEMORY_LINUX_SHARED = UpDownCounter "system.memory.linux.shared" "By" Development
        &[], "Shared memory of the host.";
    SYSTEM_CPU_LOGICAL_COUNT = UpDownCounter "system.cpu.logical.count" "{cpu}" Development
        &[], "Processors that the host can run threads on.";
    SYSTEM_CPU_TIME = Counter "system.cpu.time" "s" Development
        &[attribute::CPU_MODE], "Processor time of the host.";
    SYSTEM_PAGING_USAGE = UpDownCounter "system.paging.usage" "By" Development
        &[attribute::SYSTEM_PAGING_STATE], "Swap of the host by its state.";
    SYSTEM_PAGING_UTILIZATION = Gauge "system.paging.utilization" "1" Development
        &[attribute::SYSTEM_PAGING_STATE], "Share of the host's swap by its state.";
    SYSTEM_PAGING_FAULTS = Counter "system.paging.faults" "{fault}" Development
        &[attribute::PAGING_FAULT_TYPE], "Page faults of the host.";
    SYSTEM_UPTIME = Gauge "system.uptime" "s" Development
        &[], "Time since the host began.";
    BEACON_SYSTEM_MEMORY_PRESSURE_TIME = Counter "beacon.system.memory.pressure.time" "s" Beacon
        &[attribute::SYSTEM_PRESSURE], "Time that work of the host stood still for lack of memory.";
    CONTAINER_MEMORY_USAGE = UpDownCounter "container.memory.usage" "By" ReleaseCandidate
        &[], "Memory of the container, page cache included.";
    CONTAINER_MEMORY_WORKING_SET = UpDownCounter "container.memory.working_set" "By"
        ReleaseCandidate &[], "Memory of the container that cannot be taken back at once.";
    CONTAINER_MEMORY_RSS = UpDownCounter "container.memory.rss" "By" ReleaseCandidate
        &[], "Memory of the container that belongs to no file.";
    CONTAINER_MEMORY_AVAILABLE = UpDownCounter "container.memory.available" "By" ReleaseCandidate
        &[], "What is left of the container's limit.";
    CONTAINER_PAGING_FAULTS = Counter "container.paging.faults" "{fault}" Development
        &[attribute::PAGING_FAULT_TYPE], "Page faults of the container.";
    CONTAINER_CPU_TIME = Counter "container.cpu.time" "s" ReleaseCandidate
        &[attribute::CPU_MODE], "Processor time of the container.";
    CGROUP_MEMORY_LIMIT = UpDownCounter "beacon.cgroup.memory.limit" "By" Beacon
        &[], "The smallest limit of the cgroup and of those around it that can be seen.";
    CGROUP_MEMORY_HIGH = UpDownCounter "beacon.cgroup.memory.high" "By" Beacon
        &[], "The usage of the cgroup above which the kernel slows it down.";
    CGROUP_MEMORY_USAGE = UpDownCounter "beacon.cgroup.memory.usage" "By" Beacon
        &[], "Memory of the cgroup, page cache included.";
    CGROUP_MEMORY_HEADROOM = UpDownCounter "beacon.cgroup.memory.headroom" "By" Beacon
        &[], "What is left of the tightest limit.";
    CGROUP_MEMORY_UTILIZATION = Gauge "beacon.cgroup.memory.utilization" "1" Beacon
        &[], "Share of the tightest limit that is in use.";
    CGROUP_MEMORY_EVENTS = Counter "beacon.cgroup.memory.events" "{event}" Beacon
        &[attribute::CGROUP_EVENT], "What the limits of the cgroup led to.";
    CGROUP_MEMORY_PRESSURE_TIME = Counter "beacon.cgroup.memory.pressure.time" "s" Beacon
        &[attribute::CGROUP_PRESSURE],
        "Time that work of the cgroup stood still for lack of memory.";
    ALLOCATOR_ALLOCATED = UpDownCounter "beacon.memory.allocator.allocated" "By" Beacon
        &[attribute::ALLOCATOR_NAME], "Bytes that the program holds.";
    ALLOCATOR_ACTIVE = UpDownCounter "beacon.memory.allocator.active" "By" Beacon
        &[attribute::ALLOCATOR_NAME], "Pages with at least one byte that the program holds.";
    ALLOCATOR_RESIDENT = UpDownCounter "beacon.memory.allocator.resident" "By" Beacon
        &[attribute::ALLOCATOR_NAME], "Pages of the allocator that are in RAM, at most.";
    ALLOCATOR_MAPPED = UpDownCounter "beacon.memory.allocator.mapped" "By" Beacon
        &[attribute::ALLOCATOR_NAME], "Address space in use by the allocator.";
    ALLOCATOR_RETAINED = UpDownCounter "beacon.memory.allocator.retained" "By" Beacon
        &[attribute::ALLOCATOR_NAME], "Address space that the allocator keeps without memory.";
    ALLOCATOR_METADATA = UpDownCounter "beacon.memory.allocator.metadata" "By" Beacon
        &[attribute::ALLOCATOR_NAME], "What the allocator needs for itself.";
    ALLOCATOR_FREE = UpDownCounter "beacon.memory.allocator.free" "By" Beacon
        &[attribute::ALLOCATOR_NAME], "Bytes that the allocator holds and the program does not.";
    HEAP_LIVE = UpDownCounter "beacon.memory.heap.live" "By" Beacon
        &[], "Bytes that the program asked for and has not given back.";
    HEAP_BLOCK_COUNT = UpDownCounter "beacon.memory.heap.block.count" "{block}" Beacon
        &[], "Blocks that the program asked for and has not given back.";
    HEAP_ALLOCATED = Counter "beacon.memory.heap.allocated" "By" Beacon
        &[], "Bytes that the program has asked for so far.";
    HEAP_ALLOCATIONS = Counter "beacon.memory.heap.allocations" "{allocation}" Beacon
        &[], "Blocks that the program has asked for so far.";
    MEMORY_SOURCE_FAILURES = Counter "beacon.memory.source.failures" "{failure}" Beacon
        &[attribute::MEMORY_SOURCE, attribute::ERROR_TYPE],
        "Times that a source of figures gave none, or not all.";
}
