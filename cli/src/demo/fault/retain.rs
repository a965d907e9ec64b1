//! Memory that the program has freed and the allocator keeps.

/// One small block of each page, so that no page can be given back, while the rest of it is free.
#[derive(Debug)]
#[expect(clippy::vec_box, reason = "the blocks are what the allocator keeps")]
pub(super) struct Retained {
    _kept: Vec<Box<[u8; BLOCK_BYTES]>>,
}

impl Retained {
    pub(super) fn new() -> Self {
        let all: Vec<_> = (0..BLOCKS).map(|_| Box::new([1; BLOCK_BYTES])).collect();
        let every = all.into_iter().enumerate();
        let kept = every.filter(|(number, _)| number.is_multiple_of(KEPT_EACH));
        Self { _kept: kept.map(|(_, block)| block).collect() }
    }
}

const BLOCK_BYTES: usize = 512;
/// 320 MiB.
const BLOCKS: usize = 655_360;
/// Sixteen blocks are two pages.
const KEPT_EACH: usize = 7;
