//! An inner allocator that refuses.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::blocks::Block;
use super::{Turn, assert_nothing_is_sampled};
use crate::memory::allocator::sample;
use crate::memory::allocator::sampling::tick;
use crate::memory::{HeapSampling, TrackingAllocator, heap_sites};

struct Refusing<'a>(&'a AtomicBool);

impl Refusing<'_> {
    fn refuses(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

// SAFETY: Null is always an answer, and the rest is the system's.
unsafe impl GlobalAlloc for Refusing<'_> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.refuses() {
            return ptr::null_mut();
        }
        // SAFETY: As the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: As the caller says.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        if self.refuses() {
            return ptr::null_mut();
        }
        // SAFETY: As the caller says.
        unsafe { System.realloc(block, layout, len) }
    }
}

#[test]
fn a_refusal_changes_nothing() {
    let turn = Turn::new(HeapSampling::every(1_024));
    let refuses = AtomicBool::new(false);
    let allocator = TrackingAllocator::new(Refusing(&refuses));
    // So much larger than the interval that each is sampled.
    let layout = Layout::from_size_align(100_000, 8).unwrap();
    let mut block = Block::new(&allocator, layout, false).unwrap();
    // The first one may have been what the thread started with.
    assert!(block.resize(&allocator, 200_000));
    let before = (turn.live(), sample::live_samples());
    assert_eq!(before, ((200_000, 1), 1));

    refuses.store(true, Ordering::Relaxed);
    assert!(Block::new(&allocator, layout, false).is_none());
    assert!(Block::new(&allocator, layout, true).is_none());
    assert!(!block.resize(&allocator, 300_000));
    assert!(!block.resize(&allocator, 1));
    assert_eq!((turn.live(), sample::live_samples()), before);

    block.free(&allocator);
    assert_eq!(turn.live(), (0, 0));
    assert_nothing_is_sampled();
}

#[test]
fn a_block_that_moves_or_shrinks_takes_its_counts_along() {
    let turn = Turn::new(HeapSampling::every(1_024));
    let allocator = TrackingAllocator::new(System);
    let layout = Layout::from_size_align(50_000, 8).unwrap();
    let mut block = Block::new(&allocator, layout, true).unwrap();
    for len in [100_000, 90_000, 90_000, 5_000_000, 60_000] {
        assert!(block.resize(&allocator, len));
        assert_eq!(turn.live(), (u64::try_from(len).unwrap(), 1));
        assert_eq!(sample::live_samples(), 1);
    }
    assert_ne!(block.address(), 0);
    block.free(&allocator);
    assert_nothing_is_sampled();
}

#[test]
fn what_was_sampled_is_forgotten_after_sampling_ends() {
    let turn = Turn::new(HeapSampling::every(1_024));
    let allocator = TrackingAllocator::new(System);
    let layout = Layout::from_size_align(50_000, 8).unwrap();
    let first = Block::new(&allocator, layout, true).unwrap();
    let second = Block::new(&allocator, layout, true).unwrap();
    crate::memory::configure_heap_sampling(HeapSampling::disabled());
    let sampled = sample::live_samples();
    assert!(sampled > 0);
    let third = Block::new(&allocator, layout, true).unwrap();
    assert_eq!(sample::live_samples(), sampled);
    for block in [first, second, third] {
        block.free(&allocator);
    }
    assert_eq!(turn.live(), (0, 0));
    assert_nothing_is_sampled();
}

#[test]
fn samples_grow_old_by_the_time_that_is_told() {
    let _turn = Turn::new(HeapSampling::every(1_024));
    let allocator = TrackingAllocator::new(System);
    let layout = Layout::from_size_align(100_000, 8).unwrap();
    let start = Duration::from_secs(100);
    tick(start);
    let first = Block::new(&allocator, layout, false).unwrap();
    let second = Block::new(&allocator, layout, false).unwrap();
    let old_bytes = |age: Duration| {
        tick(start + age);
        heap_sites(usize::MAX).iter().map(|site| site.old_bytes).sum::<f64>()
    };
    let hour = Duration::from_hours(1);
    assert!(old_bytes(hour) < 1.0);
    assert!(old_bytes(hour + Duration::from_secs(1)) >= 100_000.0);
    let day: f64 = heap_sites(usize::MAX).iter().map(|site| site.live_bytes_by_age[3]).sum();
    assert!(day >= 100_000.0);
    first.free(&allocator);
    second.free(&allocator);
    assert_nothing_is_sampled();
    tick(Duration::ZERO);
}
