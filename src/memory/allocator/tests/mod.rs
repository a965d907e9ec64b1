//! The allocator as a value, beside that of the process: what it counts is only what a test does.

mod blocks;
mod failure;
mod live_table;
mod site_table;
mod spans;
mod threads;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::memory::allocator::cells::{CELLS, HeapCounters};
use crate::memory::allocator::sample::{self, FILTER, SITES};
use crate::memory::{HeapSampling, configure_heap_sampling};

/// Counts and samples are those of the process, so tests that make some take turns.
struct Turn {
    _turn: MutexGuard<'static, ()>,
    before: HeapCounters,
}

impl Turn {
    fn new(sampling: HeapSampling) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        configure_heap_sampling(sampling);
        Self { _turn: turn, before: CELLS.sum() }
    }

    /// Live bytes and blocks since the test began.
    fn live(&self) -> (u64, u64) {
        let now = CELLS.sum();
        let bytes = now.live_bytes.checked_sub(self.before.live_bytes).unwrap();
        (bytes, now.live_blocks.checked_sub(self.before.live_blocks).unwrap())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        configure_heap_sampling(HeapSampling::disabled());
    }
}

/// No sample is left, and no site is held by one.
fn assert_nothing_is_sampled() {
    assert_eq!(sample::live_samples(), 0);
    assert!(FILTER.is_empty());
    assert!(SITES.iter().all(|(_, slot)| !slot.is_held()));
}
