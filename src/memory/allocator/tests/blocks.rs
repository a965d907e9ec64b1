//! Blocks that may go to another thread.
#![expect(unsafe_code, reason = "the calls of an allocator are unsafe")]

use std::alloc::{GlobalAlloc, Layout};

/// A block of some allocator, as a number: a pointer may not change its thread.
#[derive(Debug)]
pub(super) struct Block {
    pointer: std::sync::atomic::AtomicPtr<u8>,
    layout: Layout,
}

impl Block {
    pub(super) fn new(
        allocator: &impl GlobalAlloc,
        layout: Layout,
        is_zeroed: bool,
    ) -> Option<Self> {
        let pointer = if is_zeroed {
            // SAFETY: No test asks for nothing.
            unsafe { allocator.alloc_zeroed(layout) }
        } else {
            // SAFETY: As above.
            unsafe { allocator.alloc(layout) }
        };
        if pointer.is_null() {
            return None;
        }
        if is_zeroed {
            // SAFETY: The first byte is there, and it was written.
            assert_eq!(unsafe { pointer.read() }, 0);
        }
        // SAFETY: The first byte is there.
        unsafe { pointer.write(1) };
        Some(Self { pointer: pointer.into(), layout })
    }

    pub(super) fn len(&self) -> usize {
        self.layout.size()
    }

    /// Tells whether it has the new size.
    pub(super) fn resize(&mut self, allocator: &impl GlobalAlloc, len: usize) -> bool {
        let old = *self.pointer.get_mut();
        // SAFETY: The block is this allocator's and has this layout; no test asks for nothing.
        let new = unsafe { allocator.realloc(old, self.layout, len) };
        if new.is_null() {
            return false;
        }
        // SAFETY: The first byte is there, and it was written.
        assert_eq!(unsafe { new.read() }, 1);
        *self.pointer.get_mut() = new;
        self.layout = Layout::from_size_align(len, self.layout.align()).unwrap();
        true
    }

    pub(super) fn free(mut self, allocator: &impl GlobalAlloc) {
        let pointer = *self.pointer.get_mut();
        // SAFETY: The block is this allocator's, has this layout, and ends here.
        unsafe { allocator.dealloc(pointer, self.layout) };
    }

    pub(super) fn address(&self) -> usize {
        self.pointer.load(std::sync::atomic::Ordering::Relaxed).addr()
    }
}
