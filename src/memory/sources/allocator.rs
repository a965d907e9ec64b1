//! What the allocators in use say of themselves.

use crate::memory::allocator_stats::{AllocatorStats, allocator_stats};
use crate::memory::counts::SourceName;
use crate::memory::reading::{Reading, Readings};
use crate::memory::sampler::Source;

pub(super) fn source() -> Source {
    let read = |_now, readings: &mut Readings| {
        fill(&allocator_stats(), readings);
        Ok(())
    };
    Source { name: SourceName::Allocator, read: Box::new(read) }
}

fn fill(stats: &AllocatorStats, readings: &mut Readings) {
    let AllocatorStats { jemalloc, glibc, mimalloc, heap } = stats;
    let rows = [
        (Reading::JemallocAllocatedBytes, jemalloc.allocated_bytes),
        (Reading::JemallocActiveBytes, jemalloc.active_bytes),
        (Reading::JemallocResidentBytes, jemalloc.resident_bytes),
        (Reading::JemallocMappedBytes, jemalloc.mapped_bytes),
        (Reading::JemallocRetainedBytes, jemalloc.retained_bytes),
        (Reading::JemallocMetadataBytes, jemalloc.metadata_bytes),
        (Reading::GlibcAllocatedBytes, glibc.allocated_bytes),
        (Reading::GlibcMappedBytes, glibc.mapped_bytes),
        (Reading::GlibcFreeBytes, glibc.free_bytes),
        (Reading::MimallocAllocatedBytes, mimalloc.allocated_bytes),
        (Reading::MimallocResidentBytes, mimalloc.resident_bytes),
        (Reading::MimallocMappedBytes, mimalloc.mapped_bytes),
        (Reading::HeapLiveBytes, heap.live_bytes),
        (Reading::HeapBlocks, heap.blocks),
        (Reading::HeapAllocatedBytes, heap.allocated_bytes),
        (Reading::HeapAllocations, heap.allocations),
    ];
    for (reading, value) in rows {
        readings.set(reading, value);
    }
}
