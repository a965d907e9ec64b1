//! The stack by the tables that the unwinder reads, and what they say kept for each address.
//!
//! The unwinder looks up and interprets the tables for each frame of each walk, which is nearly
//! all that a sample costs. They never change while the code is loaded, so what they say about a
//! return address is found out once: from there on a frame is a look into a table and two reads of
//! the stack, which are those that the unwinder does. What the rules here cannot express is left
//! to it.
#![expect(unsafe_code, reason = "registers and the stack are read")]

mod code;
mod frame_info;
mod reader;
mod rule;
mod rules;

#[cfg(test)]
mod tests;

use std::arch::asm;

use crate::memory::allocator::stack::walk::rule::{Base, Frame, Rule};
use crate::memory::allocator::stack::{FRAMES_MAX, OWN_FRAMES};

/// Finds out which code stays, so that rules for it can be kept.
pub(super) fn warm_up() {
    code::find_lasting();
}

/// Fills `frames` from the innermost one that is not ours. Returns how many there are, or `None`
/// when only the unwinder knows.
#[inline(never)]
pub(super) fn fill(frames: &mut [usize; FRAMES_MAX]) -> Option<usize> {
    let mut at = here();
    for index in 0..OWN_FRAMES.saturating_add(FRAMES_MAX) {
        match at.step() {
            Step::To(caller) => at = caller,
            Step::End => return index.checked_sub(OWN_FRAMES),
            Step::Unknown => return None,
        }
        if let Some(frame) = index.checked_sub(OWN_FRAMES).and_then(|at| frames.get_mut(at)) {
            *frame = at.address;
        }
    }
    Some(FRAMES_MAX)
}

/// A place in the code, and what its frame is found by.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Where the code goes on, behind a call.
    address: usize,
    stack_pointer: usize,
    frame_pointer: usize,
}

enum Step {
    To(Place),
    End,
    Unknown,
}

impl Place {
    #[inline]
    fn step(self) -> Step {
        let frame = match rules::rule_of(self.address.wrapping_sub(1)) {
            Rule::Frame(frame) => frame,
            Rule::End => return Step::End,
            Rule::Unknown => return Step::Unknown,
        };
        let Frame { base, size_bytes, saved_below_bytes } = frame;
        let start = match base {
            Base::StackPointer => self.stack_pointer,
            Base::FramePointer => self.frame_pointer,
        };
        let end = start.wrapping_add(size_bytes);
        // A stack only goes up from here. It also ends the walk on a broken one.
        if end <= self.stack_pointer || end % WORD != 0 {
            return Step::Unknown;
        }
        let read = |below: usize| {
            // SAFETY: The tables of the code say that the word lies there in the frame that was
            // reached, which is the unwinder's reason to read the same word. The thread is in
            // that frame until this function returns, so nobody else writes there.
            unsafe { (end.wrapping_sub(below) as *const usize).read() }
        };
        let address = read(WORD);
        if address == 0 {
            return Step::End;
        }
        let frame_pointer = match saved_below_bytes {
            0 => self.frame_pointer,
            below => read(below),
        };
        Step::To(Self { address, stack_pointer: end, frame_pointer })
    }
}

/// Returns the place in the function that this is inlined into.
#[expect(clippy::inline_always, reason = "a function of its own would be the place")]
#[inline(always)]
fn here() -> Place {
    let (address, stack_pointer, frame_pointer): (usize, usize, usize);
    // SAFETY: Three registers are copied, and nothing else changes.
    unsafe {
        asm!(
            "lea {address}, [rip]",
            "mov {stack_pointer}, rsp",
            "mov {frame_pointer}, rbp",
            address = lateout(reg) address,
            stack_pointer = lateout(reg) stack_pointer,
            frame_pointer = lateout(reg) frame_pointer,
            options(nomem, nostack, preserves_flags),
        );
    }
    // As if there were a call.
    Place { address: address.wrapping_add(1), stack_pointer, frame_pointer }
}

const WORD: usize = size_of::<usize>();
