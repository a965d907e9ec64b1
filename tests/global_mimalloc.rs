//! A program on mimalloc.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout};

use beacon::memory::{AllocatorName, allocator_stats, heap_counters, trim};
use libmimalloc_sys::{mi_free, mi_malloc_aligned};

struct Mimalloc;

// SAFETY: Both functions are mimalloc's, with the alignment that the layout asks for.
unsafe impl GlobalAlloc for Mimalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: As the caller says.
        unsafe { mi_malloc_aligned(layout.size(), layout.align()) }.cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: As the caller says.
        unsafe { mi_free(block.cast()) }
    }
}

#[global_allocator]
static ALLOCATOR: Mimalloc = Mimalloc;

#[test]
fn mimalloc_is_told_from_the_rest() {
    let before = allocator_stats().unwrap();
    assert_eq!(before.name, AllocatorName::Mimalloc);
    assert_eq!(before.allocated_bytes, None);
    let held = vec![1_u8; HELD_BYTES];
    let during = allocator_stats().unwrap();
    let grown = during.mapped_bytes.unwrap().saturating_sub(before.mapped_bytes.unwrap());
    assert!(grown >= u64::try_from(HELD_BYTES).unwrap(), "{before:?} {during:?}");
    // Nothing counts around it.
    assert_eq!(heap_counters(), None);
    drop(held);
    trim();
}

const HELD_BYTES: usize = 64 << 20;
