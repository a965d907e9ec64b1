//! Counts what is allocated, on the calling thread and on all threads.

#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Off while time is measured: a counter that threads share would be what is measured then.
static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static ALL_THREADS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static OWN_THREAD: Cell<u64> = const { Cell::new(0) };
}

/// Allocations, growth of an existing one included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allocations {
    pub(crate) own_thread: u64,
    pub(crate) all_threads: u64,
}

/// Counts during `work`; `settle` counts for all threads only.
pub(crate) fn count<E>(
    work: impl FnOnce(),
    settle: impl FnOnce() -> Result<(), E>,
) -> Result<Allocations, E> {
    let (own_before, all_before) = (OWN_THREAD.get(), ALL_THREADS.load(Relaxed));
    IS_COUNTING.store(true, Relaxed);
    work();
    let own_thread = OWN_THREAD.get() - own_before;
    let settled = settle();
    IS_COUNTING.store(false, Relaxed);
    settled?;
    Ok(Allocations { own_thread, all_threads: ALL_THREADS.load(Relaxed) - all_before })
}

/// The system's allocator, counting.
struct Counting;

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the same.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note();
        // SAFETY: the caller's promises are the same.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

fn note() {
    if IS_COUNTING.load(Relaxed) {
        ALL_THREADS.fetch_add(1, Relaxed);
        OWN_THREAD.try_with(|count| count.set(count.get() + 1)).unwrap_or_default();
    }
}
