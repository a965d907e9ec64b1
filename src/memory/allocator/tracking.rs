//! The allocator that counts, around any other.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout, System};

use crate::memory::allocator::{local, sample};

/// Counts what the program allocates, and samples who holds it, around any other allocator.
///
/// The user installs it; no feature does. Counting costs about a nanosecond for an allocation and
/// its end. Sampling starts with telemetry, see [`configure_heap_sampling`].
///
/// Only what goes through Rust's allocator is seen: C libraries that call `malloc`, `mmap` and the
/// stacks of threads are not.
///
/// The hook itself never allocates, locks, logs or panics. A call that fails changes no count.
/// Threads beyond 512 at a time share one set of counts, which is slower and as exact.
///
/// [`configure_heap_sampling`]: crate::memory::configure_heap_sampling
///
/// # Examples
///
/// ```
/// use std::alloc::System;
///
/// use beacon::memory::{TrackingAllocator, heap_counters};
///
/// #[global_allocator]
/// static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);
///
/// assert!(heap_counters().is_some());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TrackingAllocator<A = System> {
    inner: A,
}

impl<A> TrackingAllocator<A> {
    /// Returns an allocator that hands out what `inner` hands out.
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

// SAFETY: Each call goes to the inner allocator with the arguments of the caller, and its answer
// goes to the caller as it is. What happens besides touches no block and does not unwind.
unsafe impl<A: GlobalAlloc> GlobalAlloc for TrackingAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: The caller keeps to the contract of `alloc`, which is that of the inner one.
        let block = unsafe { self.inner.alloc(layout) };
        if !block.is_null() {
            local::allocated(block.addr(), layout.size());
        }
        block
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: The caller keeps to the contract of `alloc_zeroed`.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        if !block.is_null() {
            local::allocated(block.addr(), layout.size());
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Before the end of the block: after it, the address may be another thread's new block.
        local::freed(block.addr(), layout.size());
        // SAFETY: The caller says that this allocator handed out the block with this layout, and
        // it had it from the inner one.
        unsafe { self.inner.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // Out of the table under the old address, for the same reason as in `dealloc`.
        let sample = sample::withdraw(block.addr());
        // SAFETY: The caller keeps to the contract of `realloc`, and the inner allocator handed
        // out the block with this layout.
        let new_block = unsafe { self.inner.realloc(block, layout, new_size) };
        if new_block.is_null() {
            // The old block lives on.
            sample::put_back(block.addr(), sample);
        } else {
            sample::end(sample);
            local::resized(new_block.addr(), layout.size(), new_size);
        }
        new_block
    }
}
