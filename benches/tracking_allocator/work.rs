//! What is done with an allocator.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;

/// Blocks that stay.
pub(crate) struct Held(Vec<(*mut u8, Layout)>);

impl Held {
    pub(crate) fn new(allocator: &impl GlobalAlloc, count: usize, len: usize) -> Self {
        let layout = layout(len);
        // SAFETY: It asks for something.
        Self((0..count).map(|_| (unsafe { allocator.alloc(layout) }, layout)).collect())
    }

    pub(crate) fn end(self, allocator: &impl GlobalAlloc) {
        for (block, layout) in self.0 {
            // SAFETY: The block is this allocator's, and ends here.
            unsafe { allocator.dealloc(block, layout) };
        }
    }
}

/// Allocates and frees `PAIRS` blocks, `ALIVE` of them at a time, of 64 bytes or of 16 up to
/// `LEN_END`, below `depth` frames.
#[inline(never)]
pub(crate) fn run<const LEN_END: usize, const ALIVE: usize>(
    allocator: &impl GlobalAlloc,
    depth: usize,
) {
    if depth > 0 {
        run::<LEN_END, ALIVE>(allocator, depth - 1);
        // So that this is a frame and no loop.
        black_box(depth);
        return;
    }
    let Held(mut blocks) = Held::new(allocator, ALIVE, 64);
    let mut dice = 1_u64;
    for _ in 0..PAIRS {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let random = usize::try_from(dice >> 33).unwrap_or(0);
        let slot = &mut blocks[random % ALIVE];
        // SAFETY: The block is this allocator's, and ends here.
        unsafe { allocator.dealloc(slot.0, slot.1) };
        let layout = layout(if LEN_END == 0 { 64 } else { 16 + random / 1_024 % LEN_END });
        // SAFETY: It asks for something.
        *slot = (black_box(unsafe { allocator.alloc(layout) }), layout);
    }
    Held(blocks).end(allocator);
}

fn layout(len: usize) -> Layout {
    Layout::from_size_align(len, 8).unwrap_or(Layout::new::<u64>())
}

pub(crate) const PAIRS: usize = 200_000;
