//! The counts: one cache line for each thread, summed when read.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

use crate::memory::allocator::local;

/// What was asked of the program's allocator since the start.
///
/// Exact: after threads have met, by a barrier, a channel or a join, the sums hold all that they
/// did before. While they run, each number is at most a few operations old.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeapCounters {
    /// Bytes asked for and not given back, by the sizes that the program named.
    pub live_bytes: u64,
    /// Blocks not given back.
    pub live_blocks: u64,
    /// Bytes ever asked for. A `realloc` that grows adds the difference.
    pub allocated_bytes: u64,
    /// Allocations ever made. A `realloc` is none.
    pub allocation_count: u64,
}

/// Returns the exact counts of the heap, or `None` when [`TrackingAllocator`] is not the program's
/// allocator.
///
/// Reads one cache line for each thread that ever ran at the same time as others; blocks nobody.
///
/// [`TrackingAllocator`]: crate::memory::TrackingAllocator
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
/// let before = heap_counters().ok_or("the allocator is not in use")?;
/// let held = vec![0_u8; 4096];
/// let after = heap_counters().ok_or("the allocator is not in use")?;
/// assert!(after.live_bytes >= before.live_bytes + 4096);
/// # drop(held);
/// # Ok::<(), &str>(())
/// ```
pub fn heap_counters() -> Option<HeapCounters> {
    local::is_tracking().then(|| CELLS.sum())
}

/// The counts of one thread, or what threads without one share.
///
/// Each only grows, and wraps: differences are what means something.
#[derive(Debug)]
#[repr(align(128))] // Two lines: processors fetch the neighbor too.
pub(super) struct Counts {
    allocated_bytes: AtomicU64,
    allocations: AtomicU64,
    freed_bytes: AtomicU64,
    frees: AtomicU64,
    /// Where the next sample is due, on the scale of `allocated_bytes`. Belongs to the owner, as what
    /// follows does.
    sample_at: AtomicU64,
    /// From where on an allocation is looked at: the next sample, or any while a peak is watched.
    look_at: AtomicU64,
    /// The most that was allocated and not freed since it was taken last; wraps, as the counts do.
    peak_bytes: AtomicI64,
    is_watched: AtomicBool,
    is_taken: AtomicBool,
}

impl Counts {
    const fn new() -> Self {
        Self {
            allocated_bytes: AtomicU64::new(0),
            allocations: AtomicU64::new(0),
            freed_bytes: AtomicU64::new(0),
            frees: AtomicU64::new(0),
            sample_at: AtomicU64::new(0),
            look_at: AtomicU64::new(0),
            peak_bytes: AtomicI64::new(0),
            is_watched: AtomicBool::new(false),
            is_taken: AtomicBool::new(false),
        }
    }
}

impl Counts {
    /// Counts a block of the thread that owns this. Tells whether to look at it.
    #[inline]
    pub(super) fn add_block(&self, bytes: u64) -> bool {
        let allocated_bytes = raise(&self.allocated_bytes, bytes);
        raise(&self.allocations, 1);
        allocated_bytes > self.look_at.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn remove_block(&self, bytes: u64) {
        raise(&self.freed_bytes, bytes);
        raise(&self.frees, 1);
    }

    /// A block of the owner has another size now, and is offered as a new one. Tells whether to look
    /// at it.
    #[inline]
    pub(super) fn resize_block(&self, old_bytes: u64, new_bytes: u64) -> bool {
        if new_bytes >= old_bytes {
            raise(&self.allocated_bytes, new_bytes.wrapping_sub(old_bytes));
            self.offer(old_bytes)
        } else {
            raise(&self.freed_bytes, old_bytes.wrapping_sub(new_bytes));
            self.offer(new_bytes)
        }
    }

    /// Goes towards the next sample without counting. Tells whether to look at the block.
    pub(super) fn offer(&self, bytes: u64) -> bool {
        let sample_at = self.sample_at.load(Ordering::Relaxed).saturating_sub(bytes);
        self.set_sample_at(sample_at);
        self.allocated_bytes.load(Ordering::Relaxed) > self.look_at.load(Ordering::Relaxed)
    }

    /// Looks at the last block: it may be the peak. Tells whether a sample is due.
    pub(super) fn look(&self) -> bool {
        let peak = self.peak_bytes.load(Ordering::Relaxed).max(self.net_bytes());
        self.peak_bytes.store(peak, Ordering::Relaxed);
        self.allocated_bytes.load(Ordering::Relaxed) > self.sample_at.load(Ordering::Relaxed)
    }

    /// Returns the most that was allocated and not freed since the last call; from now on, what is
    /// now. Means nothing where it was not watched.
    pub(super) fn take_peak(&self, is_watched: bool) -> i64 {
        let net = self.net_bytes();
        let peak = self.peak_bytes.swap(net, Ordering::Relaxed).max(net);
        self.is_watched.store(is_watched, Ordering::Relaxed);
        self.set_sample_at(self.sample_at.load(Ordering::Relaxed));
        peak
    }

    fn net_bytes(&self) -> i64 {
        let (allocated, freed) = self.bytes();
        allocated.wrapping_sub(freed).cast_signed()
    }

    fn set_sample_at(&self, sample_at: u64) {
        self.sample_at.store(sample_at, Ordering::Relaxed);
        let look_at = if self.is_watched.load(Ordering::Relaxed) { 0 } else { sample_at };
        self.look_at.store(look_at, Ordering::Relaxed);
    }

    /// Sets how many bytes from now on the next sample is due.
    pub(super) fn sample_after(&self, bytes: u64) {
        self.set_sample_at(self.allocated_bytes.load(Ordering::Relaxed).saturating_add(bytes));
    }

    pub(super) fn add_shared_block(&self, bytes: u64) {
        self.allocated_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.allocations.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_shared_block(&self, bytes: u64) {
        self.freed_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.frees.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn resize_shared_block(&self, old_bytes: u64, new_bytes: u64) {
        if new_bytes >= old_bytes {
            self.allocated_bytes.fetch_add(new_bytes.wrapping_sub(old_bytes), Ordering::Relaxed);
        } else {
            self.freed_bytes.fetch_add(old_bytes.wrapping_sub(new_bytes), Ordering::Relaxed);
        }
    }

    /// What this thread did: bytes allocated and freed.
    pub(super) fn bytes(&self) -> (u64, u64) {
        let allocated = self.allocated_bytes.load(Ordering::Relaxed);
        (allocated, self.freed_bytes.load(Ordering::Relaxed))
    }

    /// As [`bytes`](Self::bytes), in blocks.
    pub(super) fn blocks(&self) -> (u64, u64) {
        (self.allocations.load(Ordering::Relaxed), self.frees.load(Ordering::Relaxed))
    }

    /// Gives the counts back, for the next thread to go on from there.
    pub(super) fn release(&self) {
        self.is_watched.store(false, Ordering::Relaxed);
        self.is_taken.store(false, Ordering::Release);
    }
}

/// Adds to a count that only this thread writes, and returns the sum.
#[inline]
fn raise(count: &AtomicU64, number: u64) -> u64 {
    let sum = count.load(Ordering::Relaxed).wrapping_add(number);
    count.store(sum, Ordering::Relaxed);
    sum
}

/// The counts of all threads.
#[derive(Debug)]
pub(super) struct Cells<const COUNT: usize> {
    shared: Counts,
    owned: [Counts; COUNT],
    /// How many of the owned ones were ever taken.
    used: AtomicU32,
}

impl<const COUNT: usize> Cells<COUNT> {
    pub(super) const fn new() -> Self {
        Self {
            shared: Counts::new(),
            owned: [const { Counts::new() }; COUNT],
            used: AtomicU32::new(0),
        }
    }

    pub(super) const fn shared(&self) -> &Counts {
        &self.shared
    }

    /// Returns counts that no other thread has, until they are released.
    pub(super) fn take(&self) -> Option<&Counts> {
        let is_free = |counts: &&Counts| {
            !counts.is_taken.load(Ordering::Relaxed)
                // Acquire: what the thread before counted is what this one adds to.
                && !counts.is_taken.swap(true, Ordering::Acquire)
        };
        let (number, counts) = (1_u32..).zip(&self.owned).find(|(_, counts)| is_free(counts))?;
        self.used.fetch_max(number, Ordering::Relaxed);
        Some(counts)
    }

    pub(super) fn sum(&self) -> HeapCounters {
        let used = usize::try_from(self.used.load(Ordering::Relaxed)).unwrap_or(COUNT);
        let all = || self.owned.iter().take(used).chain([&self.shared]);
        let sum = |count: fn(&Counts) -> &AtomicU64| {
            let add = |sum: u64, counts| sum.wrapping_add(count(counts).load(Ordering::Relaxed));
            all().fold(0, add)
        };
        // What was freed is read first, so that what is allocated and freed meanwhile cannot make
        // the difference negative.
        let freed_bytes = sum(|counts| &counts.freed_bytes);
        let frees = sum(|counts| &counts.frees);
        let allocated_bytes = sum(|counts| &counts.allocated_bytes);
        let allocation_count = sum(|counts| &counts.allocations);
        HeapCounters {
            live_bytes: allocated_bytes.saturating_sub(freed_bytes),
            live_blocks: allocation_count.saturating_sub(frees),
            allocated_bytes,
            allocation_count,
        }
    }
}

/// The counts of this process.
pub(super) static CELLS: Cells<CELL_COUNT> = Cells::new();

/// Threads beyond these share one cell with atomic additions. Few in tests, so that some do.
const CELL_COUNT: usize = if cfg!(test) { 6 } else { 512 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_keeps_its_counts_for_the_next_thread() {
        static TWO: Cells<2> = Cells::new();
        let first = TWO.take().unwrap();
        first.sample_after(u64::MAX);
        first.add_block(10);
        let second = TWO.take().unwrap();
        second.remove_block(4);
        assert!(TWO.take().is_none());

        first.release();
        let again = TWO.take().unwrap();
        again.add_block(1);
        TWO.shared().resize_shared_block(5, 8);
        TWO.shared().resize_shared_block(8, 7);
        let counters = TWO.sum();
        assert_eq!((counters.live_bytes, counters.live_blocks), (9, 1));
        assert_eq!((counters.allocated_bytes, counters.allocation_count), (14, 2));
    }

    #[test]
    fn a_sample_is_due_when_its_distance_is_passed() {
        static CELLS: Cells<1> = Cells::new();
        let counts = CELLS.take().unwrap();
        counts.sample_after(100);
        assert!(!counts.add_block(60));
        assert!(!counts.add_block(40));
        assert!(counts.add_block(1));
        counts.sample_after(100);
        // The whole new size is offered, whatever is counted.
        assert!(!counts.resize_block(10, 40));
        assert!(!counts.resize_block(90, 60));
        assert!(counts.resize_block(5, 1));
        counts.sample_after(0);
        assert!(counts.offer(1));
    }

    #[test]
    fn a_peak_is_seen_while_it_is_watched_and_samples_stay_where_they_were() {
        static CELLS: Cells<1> = Cells::new();
        let counts = CELLS.take().unwrap();
        counts.sample_after(100);
        assert!(!counts.add_block(30));
        counts.take_peak(true);
        for (bytes, is_due) in [(40, false), (20, false), (30, true)] {
            assert!(counts.add_block(bytes), "every block is looked at");
            assert_eq!(counts.look(), is_due);
            counts.remove_block(bytes);
        }
        assert_eq!(counts.take_peak(true), 70);
        assert_eq!(counts.take_peak(false), 30);
        counts.sample_after(100);
        assert!(!counts.add_block(99));
    }

    #[test]
    fn blocks_freed_elsewhere_leave_only_the_sum_right() {
        static CELLS: Cells<2> = Cells::new();
        let (a, b) = (CELLS.take().unwrap(), CELLS.take().unwrap());
        a.add_block(100);
        b.remove_block(100);
        assert_eq!(CELLS.sum().live_bytes, 0);
        assert_eq!(a.bytes(), (100, 0));
        assert_eq!(b.bytes(), (0, 100));
    }
}
