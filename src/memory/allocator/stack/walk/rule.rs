//! How to get from a frame to that of its caller.

/// What the tables say about an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rule {
    /// Nobody called: the stack ends here.
    End,
    Frame(Frame),
    /// Said in a way that only the unwinder understands.
    Unknown,
}

/// Where the frame ends, and with that the stack of the caller begins. The return address is the
/// last word of the frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Frame {
    pub(super) base: Base,
    /// From the base to the end.
    pub(super) size_bytes: usize,
    /// How far below the end the caller's frame pointer was saved; 0 when it is as it was.
    pub(super) saved_below_bytes: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Base {
    FramePointer,
    StackPointer,
}

impl Rule {
    pub(super) const BITS: u32 = 28;

    /// As a number of [`BITS`](Self::BITS) bits. What does not fit is left to the unwinder.
    pub(super) fn pack(self) -> u64 {
        self.packed().unwrap_or(UNKNOWN)
    }

    fn packed(self) -> Option<u64> {
        let frame = match self {
            Self::End => return Some(END),
            Self::Unknown => return None,
            Self::Frame(frame) => frame,
        };
        let size_words = words(frame.size_bytes, SIZE_BITS)?;
        let below_words = words(frame.saved_below_bytes, BELOW_BITS)?;
        let base = match frame.base {
            Base::FramePointer => FRAME_POINTER,
            Base::StackPointer => STACK_POINTER,
        };
        Some(base | size_words << SIZE_SHIFT | below_words << BELOW_SHIFT)
    }

    #[inline]
    pub(super) fn unpack(packed: u64) -> Self {
        let field = |shift: u32, bits: u32| {
            let field = (packed >> shift) & (1_u64 << bits).wrapping_sub(1);
            usize::try_from(field).unwrap_or(0).wrapping_mul(WORD)
        };
        let bit = packed & 1 != 0;
        if packed & NO_FRAME != 0 {
            return if bit { Self::Unknown } else { Self::End };
        }
        let base = if bit { Base::FramePointer } else { Base::StackPointer };
        Self::Frame(Frame {
            base,
            size_bytes: field(SIZE_SHIFT, SIZE_BITS),
            saved_below_bytes: field(BELOW_SHIFT, BELOW_BITS),
        })
    }
}

fn words(bytes: usize, bits: u32) -> Option<u64> {
    let words = u64::try_from(bytes / WORD).ok()?;
    (bytes.is_multiple_of(WORD) && words < 1 << bits).then_some(words)
}

const WORD: usize = size_of::<usize>();

const STACK_POINTER: u64 = 0;
const FRAME_POINTER: u64 = 1;
const NO_FRAME: u64 = 2;
const END: u64 = 2;
const UNKNOWN: u64 = 3;

/// Frames up to 1 MiB.
const SIZE_BITS: u32 = 17;
const SIZE_SHIFT: u32 = 2;
/// A frame pointer is saved beside the other registers, close to the end.
const BELOW_BITS: u32 = 9;
const BELOW_SHIFT: u32 = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_the_same_when_it_was_packed() {
        let check = |base, size_bytes, saved_below_bytes| {
            let rule = Rule::Frame(Frame { base, size_bytes, saved_below_bytes });
            assert!(rule.pack() < 1 << Rule::BITS);
            assert_eq!(Rule::unpack(rule.pack()), rule);
        };
        check(Base::StackPointer, 8, 0);
        check(Base::StackPointer, (1 << 20) - 8, 4_088);
        check(Base::FramePointer, 16, 16);
        for rule in [Rule::End, Rule::Unknown] {
            assert_eq!(Rule::unpack(rule.pack()), rule);
        }
    }

    #[test]
    fn what_does_not_fit_is_unknown() {
        let check = |size_bytes, saved_below_bytes| {
            let base = Base::StackPointer;
            let rule = Rule::Frame(Frame { base, size_bytes, saved_below_bytes });
            assert_eq!(Rule::unpack(rule.pack()), Rule::Unknown);
        };
        check(1 << 20, 0);
        check(12, 0);
        check(64, 4_096);
        check(64, 4);
    }
}
