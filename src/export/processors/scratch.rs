//! Buffers that a thread uses again for every item it finishes.

use std::cell::Cell;
use std::mem;

thread_local! {
    static SPARE: Cell<Option<Buffers>> = const { Cell::new(None) };
}

#[derive(Debug, Default)]
struct Buffers {
    bytes: Vec<u8>,
    text: String,
}

/// Buffers of this thread, taken out of it for the time of one item.
///
/// A `Debug` implementation that logs while its own event is being encoded finds none, makes new
/// ones, and so cannot touch the half-written outer item. Dropping hands the buffers back, also
/// while a panic unwinds.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// For the encoded item.
    pub(crate) bytes: Vec<u8>,
    /// For a value that has to be formatted before it can be encoded.
    pub(crate) text: String,
}

impl Scratch {
    /// Takes empty buffers.
    pub(crate) fn take() -> Self {
        let spare = SPARE.try_with(Cell::take).ok().flatten().unwrap_or_default();
        Self { bytes: spare.bytes, text: spare.text }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut spare =
            Buffers { bytes: mem::take(&mut self.bytes), text: mem::take(&mut self.text) };
        spare.bytes.clear();
        spare.text.clear();
        // One huge item must not pin its size in every thread that ever saw one.
        spare.bytes.shrink_to(KEPT_BYTES_MAX);
        spare.text.shrink_to(KEPT_BYTES_MAX);
        // The thread may be ending; then nobody needs the buffers any more.
        SPARE.try_with(|cell| cell.set(Some(spare))).unwrap_or_default();
    }
}

/// As much as one chunk of the intake.
const KEPT_BYTES_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_empty_and_used_again() {
        let mut first = Scratch::take();
        first.bytes.extend_from_slice(b"item");
        first.text.push_str("text");
        let address = first.bytes.as_ptr();
        drop(first);
        let second = Scratch::take();
        assert!(second.bytes.is_empty() && second.text.is_empty());
        assert_eq!(second.bytes.as_ptr(), address);
    }

    #[test]
    fn buffers_of_a_nested_item_are_others() {
        let mut outer = Scratch::take();
        outer.bytes.extend_from_slice(b"outer");
        let mut inner = Scratch::take();
        inner.bytes.extend_from_slice(b"inner");
        drop(inner);
        assert_eq!(outer.bytes, b"outer");
    }

    #[test]
    fn a_huge_item_does_not_stay() {
        for (used, kept) in [(KEPT_BYTES_MAX, true), (KEPT_BYTES_MAX + 1, false)] {
            let mut scratch = Scratch::take();
            scratch.bytes = Vec::with_capacity(used);
            drop(scratch);
            let capacity = Scratch::take().bytes.capacity();
            assert!(capacity <= KEPT_BYTES_MAX, "{capacity}");
            assert_eq!(capacity == used, kept);
        }
    }
}
