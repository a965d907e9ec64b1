//! What a thread allocates between two points, exactly: nested, in any order, without beacon's own.

use std::cell::RefCell;

use crate::memory::allocator::{ThreadCounts, take_thread_peak, thread_counts};

thread_local! {
    static STACK: RefCell<Stack> = const { RefCell::new(Stack::new()) };
}

/// The beginning of a stretch of work on this thread.
#[derive(Debug)]
pub(super) struct Beginning {
    counts: ThreadCounts,
    /// `None`: too many are under way on the thread for another peak.
    frame: Option<u64>,
}

/// What a stretch of work came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Stretch {
    pub(super) counts: ThreadCounts,
    /// The most that was allocated and not freed, above the beginning.
    pub(super) peak_bytes: Option<u64>,
}

/// Begins to count; `None`: the thread has no counts.
pub(super) fn begin() -> Option<Beginning> {
    // In this order: nothing is allocated in between.
    let frame = with_stack(Stack::push)?;
    let counts = counted()?;
    Some(Beginning { counts, frame })
}

/// `None`: the thread has no counts any more, since it ends.
#[expect(clippy::needless_pass_by_value, reason = "what has begun ends once")]
pub(super) fn end(beginning: Beginning) -> Option<Stretch> {
    let Beginning { counts: before, frame } = beginning;
    let peak = frame.and_then(|frame| with_stack(|stack| stack.remove(frame))?);
    let counts = minus(counted()?, before);
    let base = net(before);
    let peak_bytes = peak.map(|peak| u64::try_from(peak.wrapping_sub(base)).unwrap_or(0));
    Some(Stretch { counts, peak_bytes })
}

/// Runs what is beacon's own work: no stretch of the thread counts it.
pub(super) fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    // Before: what was the peak until now stays one.
    let before = with_stack(Stack::fold).and_then(|()| thread_counts());
    let result = work();
    if let Some((before, after)) = before.zip(thread_counts()) {
        with_stack(|stack| stack.exclude(minus(after, before)));
    }
    result
}

fn counted() -> Option<ThreadCounts> {
    let excluded = with_stack(|stack| stack.excluded)?;
    thread_counts().map(|counts| minus(counts, excluded))
}

/// No user code runs inside, and nothing that would come here again.
fn with_stack<T>(work: impl FnOnce(&mut Stack) -> T) -> Option<T> {
    STACK.try_with(|stack| stack.try_borrow_mut().ok().map(|mut stack| work(&mut stack))).ok()?
}

/// The stretches of a thread that have begun and not ended, oldest first.
#[derive(Debug)]
struct Stack {
    frames: [Frame; FRAMES_MAX],
    len: usize,
    next_id: u64,
    /// What beacon itself did on the thread.
    excluded: ThreadCounts,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    id: u64,
    /// The highest net bytes while it was the newest.
    peak: i64,
}

impl Stack {
    const fn new() -> Self {
        const NONE: Frame = Frame { id: 0, peak: i64::MIN };
        let excluded =
            ThreadCounts { allocated_bytes: 0, freed_bytes: 0, allocations: 0, frees: 0 };
        Self { frames: [NONE; FRAMES_MAX], len: 0, next_id: 1, excluded }
    }

    fn push(&mut self) -> Option<u64> {
        self.fold();
        let id = self.next_id;
        // The peak of the new one starts now, with what is now.
        take_thread_peak(true)?;
        *self.frames.get_mut(self.len)? = Frame { id, peak: i64::MIN };
        self.len = self.len.saturating_add(1);
        self.next_id = id.wrapping_add(1);
        Some(id)
    }

    /// Ends a frame, which need not be the newest, and returns its peak.
    fn remove(&mut self, id: u64) -> Option<i64> {
        self.fold();
        let at = self.frames.iter().take(self.len).position(|frame| frame.id == id)?;
        let peak = self.frames.iter().take(self.len).skip(at).map(|frame| frame.peak).max();
        let own = self.frames.get(at)?.peak;
        // What was its time was that of the one below, too.
        if let Some(below) = at.checked_sub(1).and_then(|below| self.frames.get_mut(below)) {
            below.peak = below.peak.max(own);
        }
        self.frames.get_mut(at..self.len)?.rotate_left(1);
        self.len = self.len.saturating_sub(1);
        if self.len == 0 {
            take_thread_peak(false);
        }
        peak
    }

    /// Gives the peak since the last call to the newest frame.
    fn fold(&mut self) {
        let Some(newest) = self.len.checked_sub(1) else { return };
        let Some(peak) = take_thread_peak(true) else { return };
        let peak = peak.wrapping_sub(net(self.excluded));
        if let Some(frame) = self.frames.get_mut(newest) {
            frame.peak = frame.peak.max(peak);
        }
    }

    fn exclude(&mut self, counts: ThreadCounts) {
        let sum = |old: u64, new: u64| old.wrapping_add(new);
        let old = self.excluded;
        self.excluded = ThreadCounts {
            allocated_bytes: sum(old.allocated_bytes, counts.allocated_bytes),
            freed_bytes: sum(old.freed_bytes, counts.freed_bytes),
            allocations: sum(old.allocations, counts.allocations),
            frees: sum(old.frees, counts.frees),
        };
        // What it was meanwhile is nobody's.
        if self.len > 0 {
            take_thread_peak(true);
        }
    }
}

fn minus(later: ThreadCounts, earlier: ThreadCounts) -> ThreadCounts {
    ThreadCounts {
        allocated_bytes: later.allocated_bytes.wrapping_sub(earlier.allocated_bytes),
        freed_bytes: later.freed_bytes.wrapping_sub(earlier.freed_bytes),
        allocations: later.allocations.wrapping_sub(earlier.allocations),
        frees: later.frees.wrapping_sub(earlier.frees),
    }
}

fn net(counts: ThreadCounts) -> i64 {
    counts.allocated_bytes.wrapping_sub(counts.freed_bytes).cast_signed()
}

/// How many stretches of one thread have their own peak at the same time.
const FRAMES_MAX: usize = 32;
