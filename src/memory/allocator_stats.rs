//! What allocators say of themselves.

use crate::memory::{self, AllocatorName, heap_counters};

/// The numbers of every allocator that is in use, read at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AllocatorStats {
    pub(crate) jemalloc: AllocatorFigures,
    pub(crate) glibc: AllocatorFigures,
    pub(crate) mimalloc: AllocatorFigures,
    pub(crate) heap: HeapFigures,
}

/// The numbers of one allocator. `None`: it is not in use, or does not know.
#[expect(clippy::struct_field_names, reason = "every field says its unit")]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AllocatorFigures {
    pub(crate) allocated_bytes: Option<u64>,
    pub(crate) active_bytes: Option<u64>,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) mapped_bytes: Option<u64>,
    pub(crate) retained_bytes: Option<u64>,
    pub(crate) metadata_bytes: Option<u64>,
    pub(crate) free_bytes: Option<u64>,
}

/// What the tracking allocator counts. `None`: it is not the process's allocator.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HeapFigures {
    pub(crate) live_bytes: Option<u64>,
    pub(crate) blocks: Option<u64>,
    /// Since the start of the process.
    pub(crate) allocated_bytes: Option<u64>,
    /// Since the start of the process.
    pub(crate) allocations: Option<u64>,
}

/// Reads every allocator in use. May lock arenas: for the sampler's threads only.
pub(crate) fn allocator_stats() -> AllocatorStats {
    let mut all = AllocatorStats::default();
    if let Some(heap) = heap_counters() {
        all.heap = HeapFigures {
            live_bytes: Some(heap.live_bytes),
            blocks: Some(heap.live_blocks),
            allocated_bytes: Some(heap.allocated_bytes),
            allocations: Some(heap.allocation_count),
        };
    }
    if let Some(stats) = memory::allocator_stats() {
        let figures = AllocatorFigures {
            allocated_bytes: stats.allocated_bytes,
            active_bytes: stats.active_bytes,
            resident_bytes: stats.resident_bytes,
            mapped_bytes: stats.mapped_bytes,
            retained_bytes: stats.retained_bytes,
            metadata_bytes: stats.metadata_bytes,
            free_bytes: stats.free_bytes,
        };
        match stats.name {
            AllocatorName::Glibc => all.glibc = figures,
            AllocatorName::Jemalloc => all.jemalloc = figures,
            AllocatorName::Mimalloc => all.mimalloc = figures,
        }
    }
    all
}
