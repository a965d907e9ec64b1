//! A heap in pieces: each block that is freed leaves a hole that the next one does not fit into.

/// The few bytes that are kept of each block.
#[derive(Debug, Default)]
pub(super) struct Fragments(Vec<Vec<u8>>);

impl Fragments {
    /// Frees some more blocks but for their first bytes, up to a bound.
    pub(super) fn grow(&mut self) {
        if self.0.len() >= BLOCKS_MAX {
            return;
        }
        // At once, for the same reason.
        self.0.reserve_exact(BLOCKS_MAX.saturating_add(BLOCKS).saturating_sub(self.0.len()));
        // All at first, so that each is shut in between others when it shrinks.
        let mut blocks: Vec<_> = (0..BLOCKS).map(|_| vec![1; BLOCK_BYTES]).collect();
        for block in &mut blocks {
            block.truncate(KEPT_BYTES);
            // The allocator shrinks it where it is.
            block.shrink_to_fit();
        }
        self.0.append(&mut blocks);
    }

    /// Frees nearly all that was kept: between the rest are whole pages, which can be given back.
    /// Returns how many bytes these are.
    pub(super) fn thin(&mut self) -> u64 {
        let blocks = u64::try_from(self.0.len()).unwrap_or_default();
        let mut number = 0_usize;
        self.0.retain(|_| {
            number = number.wrapping_add(1);
            number.is_multiple_of(KEPT_EACH)
        });
        blocks.saturating_mul(BLOCK_BYTES as u64)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives everything back.
    pub(super) fn end(&mut self) {
        self.0 = Vec::new();
    }
}

/// One page, with what the allocator adds: so one kept piece lies in each page.
const BLOCK_BYTES: usize = 4080;
/// Next to nothing, so that the live heap does not grow.
const KEPT_BYTES: usize = 8;
/// Ten times a second: 8 MiB a second.
const BLOCKS: usize = 205;
/// 512 MiB.
const BLOCKS_MAX: usize = 131_072;
const KEPT_EACH: usize = 64;
