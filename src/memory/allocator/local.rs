//! What each thread keeps: its counts, and the bytes left to its next sample.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::memory::allocator::cells::{Access, CELLS, Counts};
use crate::memory::allocator::sample;
use crate::memory::allocator::sampling::{self, Random};

/// Without a destructor, so it is there for as long as its thread allocates, and so that reaching
/// it is one addition.
pub(super) struct Local {
    /// `None`: not yet, or no longer, or there are too many threads.
    counts: Cell<Option<&'static Counts>>,
    phase: Cell<Phase>,
    /// Bytes until the next sample; below zero one is due.
    countdown: Cell<i64>,
    /// The mean distance that the countdown was drawn with; 0 when it was not drawn.
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
    // It has no destructor, so it is never gone; if it were, the block would not be sampled.
    let known = LOCAL.try_with(|local| {
        let (counts, access) = local.counts();
        counts.add_block(access, bytes(size));
        local.offer(pointer, size);
    });
    if known.is_err() {
        CELLS.shared().add_block(Access::Shared, bytes(size));
    }
}

/// A block was given back; called before it is.
#[inline]
pub(super) fn freed(pointer: usize, size: usize) {
    let known = LOCAL.try_with(|local| {
        let (counts, access) = local.counts();
        counts.remove_block(access, bytes(size));
    });
    if known.is_err() {
        CELLS.shared().remove_block(Access::Shared, bytes(size));
    }
    sample::forget(pointer);
}

/// A block has another size, and may have another place, where it is offered as a new one.
#[inline]
pub(super) fn resized(pointer: usize, old_size: usize, new_size: usize) {
    let (old_bytes, new_bytes) = (bytes(old_size), bytes(new_size));
    let known = LOCAL.try_with(|local| {
        let (counts, access) = local.counts();
        counts.resize_block(access, old_bytes, new_bytes);
        local.offer(pointer, new_size);
    });
    if known.is_err() {
        CELLS.shared().resize_block(Access::Shared, old_bytes, new_bytes);
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
            // The first allocation of a thread draws its countdown, the second one lowers it.
            let is_counted = (0..2).any(|_| {
                let before = LOCAL.try_with(|local| local.countdown.get());
                drop(black_box(Box::new([0_u8; 64])));
                before != LOCAL.try_with(|local| local.countdown.get())
            });
            ANSWER.store(if is_counted { YES } else { NO }, Ordering::Relaxed);
            is_counted
        }
        answer => answer == YES,
    }
}

/// Returns the bytes that this thread allocated and freed since it started, exactly; only
/// differences mean something. `None` when the thread has no counts of its own.
#[cfg_attr(not(test), expect(dead_code, reason = "measured scopes read it"))]
pub(crate) fn thread_bytes() -> Option<(u64, u64)> {
    if !is_tracking() {
        return None;
    }
    LOCAL.try_with(|local| local.counts.get().map(Counts::bytes)).ok().flatten()
}

impl Local {
    #[inline]
    fn counts(&self) -> (&'static Counts, Access) {
        match self.counts.get() {
            Some(counts) => (counts, Access::Owned),
            None => (CELLS.shared(), Access::Shared),
        }
    }

    #[inline]
    fn offer(&self, pointer: usize, size: usize) {
        let left = self.countdown.get().saturating_sub_unsigned(bytes(size));
        self.countdown.set(left);
        if left < 0 {
            self.reached(pointer, size);
        }
    }

    /// The countdown is over. What is allocated in here is counted, and never sampled: freeing it
    /// in here then loses nothing.
    #[cold]
    #[inline(never)]
    fn reached(&self, pointer: usize, size: usize) {
        if self.is_inside.replace(true) {
            return;
        }
        if self.phase.get() == Phase::New {
            self.phase.set(Phase::Running);
            self.start(size);
        }
        // Not the first allocation, or one that is longer than the distance drawn for it.
        if self.countdown.get() < 0 {
            let drawn_with = self.interval.get();
            self.draw();
            if drawn_with > 0 && sampling::interval_bytes() > 0 {
                sample::take(pointer, size, drawn_with);
            }
        }
        self.is_inside.set(false);
    }

    fn start(&self, size: usize) {
        // Registering the destructor may allocate. Without one the counts would be lost to others.
        if RETURN.try_with(|_| ()).is_ok() {
            self.counts.set(CELLS.take());
        }
        self.random.set(Random::seed(std::ptr::from_ref(self).addr()));
        self.draw();
        self.countdown.set(self.countdown.get().saturating_sub_unsigned(bytes(size)));
    }

    fn draw(&self) {
        let interval_bytes = sampling::interval_bytes();
        self.interval.set(interval_bytes);
        let mut random = Random::new(self.random.get());
        self.countdown.set(sampling::distance(interval_bytes, &mut random));
        self.random.set(random.state());
    }
}

/// A layout is never larger than `isize::MAX`.
#[inline]
fn bytes(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
