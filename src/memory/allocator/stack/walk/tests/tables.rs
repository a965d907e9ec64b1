//! Tables written by hand, by the numbers of DWARF 5, section 7.24.

use proptest::prelude::*;

use crate::memory::allocator::stack::walk::frame_info::rule;
use crate::memory::allocator::stack::walk::rule::{Base, Frame, Rule};

/// As GCC and LLVM write it for this processor: `zR`, factors 1 and -8, addresses of four bytes; at
/// first the frame is the return address.
fn common() -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, 0, 1];
    bytes.extend(b"zR\0");
    bytes.extend([1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1]);
    bytes
}

fn entry(instructions: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 8 + 4 + 4];
    bytes.push(0);
    bytes.extend(instructions);
    bytes
}

const fn stack_frame(size_bytes: usize, saved_below_bytes: usize) -> Rule {
    Rule::Frame(Frame { base: Base::StackPointer, size_bytes, saved_below_bytes })
}

#[track_caller]
fn check(instructions: &[u8], offset: usize, expected: Rule) {
    assert_eq!(rule(&common(), &entry(instructions), offset), expected);
}

#[test]
fn a_row_holds_from_its_address_on() {
    // push rbp; push rbx; sub rsp, 40; …; the same back.
    let code =
        [0x41, 0x0e, 16, 0x86, 2, 0x42, 0x0e, 24, 0x83, 3, 0x44, 0x0e, 64, 0x02, 200, 0x0e, 24];
    check(&code, 0, stack_frame(8, 0));
    check(&code, 1, stack_frame(16, 16));
    check(&code, 2, stack_frame(16, 16));
    check(&code, 3, stack_frame(24, 16));
    check(&code, 7, stack_frame(64, 16));
    check(&code, 206, stack_frame(64, 16));
    check(&code, 207, stack_frame(24, 16));
}

#[test]
fn a_frame_pointer_is_followed() {
    // push rbp; mov rbp, rsp.
    let code = [0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6];
    let base = Base::FramePointer;
    let expected = Rule::Frame(Frame { base, size_bytes: 16, saved_below_bytes: 16 });
    check(&code, 4, expected);
}

#[test]
fn rows_are_kept_and_taken_up_again() {
    // A return in the middle of a function.
    let code = [0x41, 0x0e, 16, 0x86, 2, 0x41, 0x0a, 0x41, 0x0e, 8, 0xc6, 0x41, 0x0b];
    check(&code, 2, stack_frame(16, 16));
    check(&code, 3, stack_frame(8, 0));
    check(&code, 4, stack_frame(16, 16));
    check(&[0x0b], 0, Rule::Unknown);
}

#[test]
fn a_stack_ends_where_nobody_called() {
    check(&[0x07, 16], 0, Rule::End);
}

#[test]
fn what_takes_an_expression_or_another_register_is_unknown() {
    check(&[0x0f, 2, 0x77, 8], 0, Rule::Unknown);
    check(&[0x10, 6, 2, 0x77, 8], 0, Rule::Unknown);
    check(&[0x10, 3, 2, 0x77, 8], 0, stack_frame(8, 0));
    check(&[0x16, 16, 2, 0x77, 8], 0, Rule::Unknown);
    check(&[0x0c, 10, 0], 0, Rule::Unknown);
    check(&[0x09, 6, 0], 0, Rule::Unknown);
    check(&[0x90, 2], 0, Rule::Unknown);
    check(&[0x3f], 0, Rule::Unknown);
}

#[test]
fn the_frame_of_a_signal_and_other_processors_are_unknown() {
    let with = |from: &[u8], to: &[u8]| {
        let bytes = common();
        let at = bytes.windows(from.len()).position(|part| part == from).unwrap();
        let changed = [&bytes[..at], to, &bytes[at + from.len()..]].concat();
        rule(&changed, &entry(&[]), 0)
    };
    assert_eq!(with(b"zR\0", b"zR\0"), stack_frame(8, 0));
    assert_eq!(with(b"zR\0", b"zRS\0"), Rule::Unknown);
    assert_eq!(with(b"zR\0", b"eh\0"), Rule::Unknown);
    assert_eq!(with(&[0x78, 16], &[0x78, 30]), Rule::Unknown);
    assert_eq!(with(&[1, 0x1b], &[1, 0x50]), Rule::Unknown);
    assert_eq!(with(&[0, 0, 1, b'z'], &[0, 0, 5, b'z']), Rule::Unknown);
}

proptest! {
    #[test]
    fn no_table_is_too_broken(
        common_tail in proptest::collection::vec(any::<u8>(), 0..40),
        code in proptest::collection::vec(any::<u8>(), 0..60),
        len in 0_usize..40,
        offset in any::<usize>(),
    ) {
        let good = common();
        let broken = [&good[..len.min(good.len())], &common_tail[..]].concat();
        let _ = rule(&broken, &entry(&code), offset);
        let _ = rule(&good, &code, offset);
        let _ = rule(&good, &entry(&code), offset);
    }
}
