//! Many threads at once.

use std::alloc::{Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use super::blocks::Block;
use super::{Turn, assert_nothing_is_sampled};
use crate::memory::allocator::cells::CELLS;
use crate::memory::allocator::sample;
use crate::memory::{HeapSampling, TrackingAllocator};

static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);

const THREADS: u64 = 8;
const ROUNDS: u64 = if cfg!(miri) { 3 } else { 20 };
const STEPS: u64 = if cfg!(miri) { 40 } else { 2_000 };

/// What is alive, as the threads themselves know it.
#[derive(Default)]
struct Truth {
    bytes: AtomicU64,
    blocks: AtomicU64,
}

impl Truth {
    fn change(&self, before: Option<usize>, after: Option<usize>) {
        let bytes = |len: Option<usize>| len.map_or(0, |len| u64::try_from(len).unwrap());
        let blocks = |len: Option<usize>| u64::from(len.is_some());
        let change = |sum: &AtomicU64, less, more| {
            sum.fetch_add(u64::wrapping_sub(more, less), Ordering::Relaxed);
        };
        change(&self.bytes, bytes(before), bytes(after));
        change(&self.blocks, blocks(before), blocks(after));
    }

    fn get(&self) -> (u64, u64) {
        (self.bytes.load(Ordering::Relaxed), self.blocks.load(Ordering::Relaxed))
    }
}

/// A linear congruential generator (Knuth).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).checked_rem(end).unwrap()
    }

    fn len(&mut self) -> usize {
        let end = [64, 1_024, 20_000][usize::try_from(self.below(3)).unwrap()];
        usize::try_from(self.below(end).saturating_add(1)).unwrap()
    }
}

fn step(dice: &mut Dice, mine: &mut Vec<Block>, common: &Mutex<Vec<Block>>, truth: &Truth) {
    match dice.below(8) {
        0..=2 => {
            let align = 1_usize << dice.below(8);
            let layout = Layout::from_size_align(dice.len(), align).unwrap();
            let block = Block::new(&ALLOCATOR, layout, dice.below(2) == 0).unwrap();
            truth.change(None, Some(block.len()));
            mine.push(block);
        }
        3 | 4 => {
            if let Some(block) = mine.last_mut() {
                let before = block.len();
                assert!(block.resize(&ALLOCATOR, dice.len()));
                truth.change(Some(before), Some(block.len()));
            }
        }
        // To whoever takes it.
        5 => common.lock().unwrap().extend(mine.pop()),
        6 => {
            let taken = common.lock().unwrap().pop();
            free(taken, truth);
        }
        _ => {
            let len = u64::try_from(mine.len()).unwrap();
            if len > 0 {
                free(Some(mine.swap_remove(usize::try_from(dice.below(len)).unwrap())), truth);
            }
        }
    }
}

fn free(block: Option<Block>, truth: &Truth) {
    if let Some(block) = block {
        truth.change(Some(block.len()), None);
        block.free(&ALLOCATOR);
    }
}

#[test]
fn the_counts_are_exact_whenever_the_threads_meet() {
    let turn = Turn::new(HeapSampling::every(1_024));
    let barrier = Barrier::new(usize::try_from(THREADS).unwrap());
    let common = Mutex::new(Vec::new());
    let truth = Truth::default();
    let most_samples = AtomicU64::new(0);
    // A thread that panics would leave the others waiting.
    let differences = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (turn, barrier, common, truth) = (&turn, &barrier, &common, &truth);
            let (most_samples, differences) = (&most_samples, &differences);
            scope.spawn(move || {
                let mut dice = Dice(thread);
                let mut mine = Vec::new();
                for _ in 0..ROUNDS {
                    for _ in 0..STEPS {
                        step(&mut dice, &mut mine, common, truth);
                    }
                    if barrier.wait().is_leader() {
                        if turn.live() != truth.get() {
                            differences.lock().unwrap().push((turn.live(), truth.get()));
                        }
                        most_samples.fetch_max(sample::live_samples().into(), Ordering::Relaxed);
                    }
                    barrier.wait();
                }
                for block in mine {
                    free(Some(block), truth);
                }
            });
        }
    });
    assert_eq!(differences.into_inner().unwrap(), [], "(counted, true)");
    for block in common.into_inner().unwrap() {
        free(Some(block), &truth);
    }
    assert_eq!(turn.live(), (0, 0));
    assert_nothing_is_sampled();
    assert!(most_samples.into_inner() > 10, "the sampled path had nothing to do");
}

#[test]
fn a_thread_leaves_its_counts_behind() {
    let turn = Turn::new(HeapSampling::disabled());
    let blocks = Mutex::new(Vec::new());
    let layout = Layout::from_size_align(100, 8).unwrap();
    for _ in 0..20 {
        thread::scope(|scope| {
            let block = || blocks.lock().unwrap().extend(Block::new(&ALLOCATOR, layout, false));
            // The end of the scope does not wait for destructors of the thread; this does.
            scope.spawn(block).join().unwrap();
        });
    }
    assert_eq!(turn.live(), (2_000, 20));
    // More threads than there are cells: those that ended gave theirs back.
    let counts = CELLS.take().unwrap();
    counts.release();
    for block in blocks.into_inner().unwrap() {
        block.free(&ALLOCATOR);
    }
    assert_eq!(turn.live(), (0, 0));
}

#[test]
fn what_a_thread_allocates_at_its_very_end_is_counted() {
    struct Late(Mutex<Option<Block>>);

    impl Drop for Late {
        fn drop(&mut self) {
            let block = self.0.get_mut().unwrap().take();
            block.unwrap().free(&ALLOCATOR);
            let layout = Layout::from_size_align(77, 1).unwrap();
            LEFT.lock().unwrap().extend(Block::new(&ALLOCATOR, layout, true));
        }
    }

    thread_local! {
        static LATE: Late = Late(Mutex::new(Block::new(
            &ALLOCATOR,
            Layout::from_size_align(10, 1).unwrap(),
            false,
        )));
    }
    static LEFT: Mutex<Vec<Block>> = Mutex::new(Vec::new());

    let turn = Turn::new(HeapSampling::every(1_024));
    thread::scope(|scope| {
        let thread = scope.spawn(|| LATE.with(|late| assert!(late.0.lock().unwrap().is_some())));
        // The end of the scope does not wait for destructors of the thread; this does.
        thread.join().unwrap();
    });
    assert_eq!(turn.live(), (77, 1));
    LEFT.lock().unwrap().pop().unwrap().free(&ALLOCATOR);
    assert_eq!(turn.live(), (0, 0));
    assert_nothing_is_sampled();
}
