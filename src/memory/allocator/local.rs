//! What each thread keeps: its counts, and the bytes left to its next sample.

use std::cell::Cell;
use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::memory::allocator::cells::{CELLS, Counts};
use crate::memory::allocator::sample;
use crate::memory::allocator::sampling::{self, Random};

/// Without a destructor, so it is there for as long as its thread allocates, and so that reaching
/// it is one addition.
pub(super) struct Local {
    /// `None`: not yet, or no longer, or there are too many threads.
    counts: Cell<Option<&'static Counts>>,
    phase: Cell<Phase>,
    /// Without counts: the bytes until the next sample.
    countdown: Cell<u64>,
    /// The mean distance to the next sample; 0 when it was not drawn.
    interval: Cell<u64>,
    random: Cell<u64>,
    /// Inside of the sampled path, where allocations are only counted.
    is_inside: Cell<bool>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    New,
    Running,
}

thread_local! {
    static LOCAL: Local = const {
        Local {
            counts: Cell::new(None),
            phase: Cell::new(Phase::New),
            countdown: Cell::new(0),
            interval: Cell::new(0),
            random: Cell::new(0),
            is_inside: Cell::new(false),
        }
    };
    /// Gives the counts back when the thread ends.
    static RETURN: ReturnCounts = const { ReturnCounts };
}

struct ReturnCounts;

impl Drop for ReturnCounts {
    fn drop(&mut self) {
        // Destructors that run later still allocate; from now on they use the shared counts.
        let counts = LOCAL.try_with(|local| local.counts.take());
        if let Ok(Some(counts)) = counts {
            counts.release();
        }
    }
}

/// A block was handed out.
#[inline]
pub(super) fn allocated(pointer: usize, size: usize) {
    let known = LOCAL.try_with(|local| match local.counts.get() {
        Some(counts) => {
            if counts.add_block(bytes(size)) {
                local.reached(pointer, size);
            }
        }
        None => local.allocated_alone(pointer, size),
    });
    // It has no destructor, so it is never gone; if it were, the block would not be sampled.
    if known.is_err() {
        CELLS.shared().add_shared_block(bytes(size));
    }
}

/// A block was given back; called before it is.
#[inline]
pub(super) fn freed(pointer: usize, size: usize) {
    match LOCAL.try_with(|local| local.counts.get()) {
        Ok(Some(counts)) => counts.remove_block(bytes(size)),
        _ => freed_alone(size),
    }
    sample::forget(pointer);
}

#[cold]
fn freed_alone(size: usize) {
    CELLS.shared().remove_shared_block(bytes(size));
}

/// A block has another size, and may have another place, where it is offered as a new one.
#[inline]
pub(super) fn resized(pointer: usize, old_size: usize, new_size: usize) {
    let known = LOCAL.try_with(|local| match local.counts.get() {
        Some(counts) => {
            if counts.resize_block(bytes(old_size), bytes(new_size)) {
                local.reached(pointer, new_size);
            }
        }
        None => local.resized_alone(pointer, old_size, new_size),
    });
    if known.is_err() {
        CELLS.shared().resize_shared_block(bytes(old_size), bytes(new_size));
    }
}

/// Tells whether the program's allocator is one of ours, by an allocation.
///
/// A value of the type that is not the program's allocator counts too, but says nothing about the
/// heap. The answer never changes, so it is asked once.
pub(crate) fn is_tracking() -> bool {
    static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
    const UNKNOWN: u8 = 0;
    const YES: u8 = 1;
    const NO: u8 = 2;
    match ANSWER.load(Ordering::Relaxed) {
        UNKNOWN => {
            let before = LOCAL.try_with(Local::progress);
            drop(black_box(Box::new([0_u8; 64])));
            let is_counted = before != LOCAL.try_with(Local::progress);
            ANSWER.store(if is_counted { YES } else { NO }, Ordering::Relaxed);
            is_counted
        }
        answer => answer == YES,
    }
}

/// What this thread did since it started, and threads before it with the same counts: only
/// differences mean something.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct ThreadCounts {
    pub(crate) allocated_bytes: u64,
    pub(crate) freed_bytes: u64,
    pub(crate) allocations: u64,
    pub(crate) frees: u64,
}

/// Returns what this thread did, exactly. `None` when the thread has no counts of its own.
pub(crate) fn thread_counts() -> Option<ThreadCounts> {
    with_counts(|counts| {
        let (allocated_bytes, freed_bytes) = counts.bytes();
        let (allocations, frees) = counts.blocks();
        ThreadCounts { allocated_bytes, freed_bytes, allocations, frees }
    })
}

/// Returns the most bytes that this thread had allocated and not freed since the last call, on the
/// scale of [`thread_counts`]. Goes on watching if `is_watched`: each allocation of the thread is
/// then looked at. The first of the calls returns nothing of meaning.
pub(crate) fn take_thread_peak(is_watched: bool) -> Option<i64> {
    with_counts(|counts| counts.take_peak(is_watched))
}

fn with_counts<T>(read: impl Fn(&Counts) -> T) -> Option<T> {
    if !is_tracking() {
        return None;
    }
    let read = || LOCAL.try_with(|local| local.counts.get().map(&read)).ok().flatten();
    read().or_else(|| {
        // A new thread gets its counts with its first block.
        drop(black_box(Box::new([0_u8; 64])));
        read()
    })
}

impl Local {
    #[cold]
    fn allocated_alone(&self, pointer: usize, size: usize) {
        CELLS.shared().add_shared_block(bytes(size));
        self.offer_alone(pointer, size);
    }

    #[cold]
    fn resized_alone(&self, pointer: usize, old_size: usize, new_size: usize) {
        CELLS.shared().resize_shared_block(bytes(old_size), bytes(new_size));
        self.offer_alone(pointer, new_size);
    }

    /// Offers a block that the counts of the thread do not know.
    fn offer_alone(&self, pointer: usize, size: usize) {
        if self.phase.get() == Phase::New && !self.is_inside.replace(true) {
            self.phase.set(Phase::Running);
            self.start();
            self.is_inside.set(false);
        }
        let is_due = if let Some(counts) = self.counts.get() {
            counts.offer(bytes(size))
        } else {
            let left = self.countdown.get().checked_sub(bytes(size));
            self.countdown.set(left.unwrap_or(0));
            left.is_none()
        };
        if is_due {
            self.reached(pointer, size);
        }
    }

    /// A sample is due, or a peak is watched. What is allocated in here is counted, and never sampled: freeing it in
    /// here then loses nothing.
    #[cold]
    #[inline(never)]
    fn reached(&self, pointer: usize, size: usize) {
        if !self.counts.get().is_none_or(Counts::look) {
            return;
        }
        if self.is_inside.replace(true) {
            return;
        }
        let drawn_with = self.interval.get();
        self.draw();
        if drawn_with > 0 && self.interval.get() > 0 {
            sample::take(pointer, size, drawn_with);
        }
        self.is_inside.set(false);
    }

    fn start(&self) {
        // Registering the destructor may allocate. Without one the counts would be lost to others.
        if RETURN.try_with(|_| ()).is_ok() {
            self.counts.set(CELLS.take());
        }
        self.random.set(Random::seed(ptr::from_ref(self).addr()));
        self.draw();
    }

    fn draw(&self) {
        let interval_bytes = sampling::interval_bytes();
        self.interval.set(interval_bytes);
        let mut random = Random::new(self.random.get());
        let distance_bytes = sampling::distance_bytes(interval_bytes, &mut random);
        self.random.set(random.state());
        match self.counts.get() {
            Some(counts) => counts.sample_after(distance_bytes),
            None => self.countdown.set(distance_bytes),
        }
    }

    /// Changes with each allocation of the thread.
    fn progress(&self) -> (Option<(u64, u64)>, u64) {
        (self.counts.get().map(Counts::bytes), self.countdown.get())
    }
}

/// A layout is never larger than `isize::MAX`.
#[inline]
fn bytes(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
