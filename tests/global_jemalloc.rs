//! A program on jemalloc.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout};

use beacon::memory::{AllocatorName, TrackingAllocator, allocator_stats, heap_counters, trim};
use tikv_jemalloc_sys::{MALLOCX_ALIGN, mallocx, sdallocx};

struct Jemalloc;

// SAFETY: Both functions are jemalloc's, with the alignment that the layout asks for.
unsafe impl GlobalAlloc for Jemalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: As the caller says.
        unsafe { mallocx(layout.size(), MALLOCX_ALIGN(layout.align())) }.cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: As the caller says.
        unsafe { sdallocx(block.cast(), layout.size(), MALLOCX_ALIGN(layout.align())) }
    }
}

#[global_allocator]
static ALLOCATOR: TrackingAllocator<Jemalloc> = TrackingAllocator::new(Jemalloc);

#[test]
fn jemalloc_is_seen_through_the_counting_and_told_from_the_rest() {
    let before = allocator_stats().unwrap();
    assert_eq!(before.name, AllocatorName::Jemalloc);
    // jemalloc gives larger blocks back by itself, at once.
    let held: Vec<_> = (0..64).map(|_| vec![1_u8; HELD_BYTES / 64]).collect();
    let during = allocator_stats().unwrap();
    // The harness frees a few bytes meanwhile.
    let held_bytes = u64::try_from(HELD_BYTES).unwrap() / 100 * 99;
    let grown = |bytes: fn(&beacon::memory::AllocatorStats) -> Option<u64>| {
        bytes(&during).unwrap().saturating_sub(bytes(&before).unwrap())
    };
    assert!(grown(|stats| stats.allocated_bytes) >= held_bytes);
    assert!(grown(|stats| stats.active_bytes) >= held_bytes);
    assert!(grown(|stats| stats.resident_bytes) >= held_bytes);
    assert!(during.metadata_bytes.unwrap() > 0);
    assert!(during.mapped_bytes.unwrap() >= held_bytes && during.retained_bytes.is_some());
    assert_eq!(during.free_bytes, None);
    assert!(heap_counters().unwrap().live_bytes >= held_bytes);

    drop(held);
    // By itself, jemalloc would take ten seconds for this.
    trim();
    let trimmed = allocator_stats().unwrap();
    assert!(trimmed.resident_bytes.unwrap() < held_bytes / 4, "{trimmed:?}");
}

const HELD_BYTES: usize = 64 << 20;
