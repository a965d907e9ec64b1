//! The walk finds what the unwinder finds.
#![expect(unsafe_code, reason = "a callback of the C library is one way to get a frame of C")]

use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crate::memory::allocator::stack::{FRAMES_MAX, unwinder, walk};

/// Of the frames that are left out this is the first.
#[inline(never)]
fn compare() -> usize {
    walk::warm_up();
    let (mut expected, mut found) = ([0; FRAMES_MAX], [0; FRAMES_MAX]);
    let expected_len = unwinder::fill(&mut expected);
    // Twice: the rules of the second walk are those that were kept.
    for _ in 0..2 {
        let found_len = walk::fill(&mut found).expect("all frames have rules");
        assert_eq!(found[..found_len], expected[..expected_len]);
    }
    black_box(expected_len)
}

#[inline(never)]
fn compare_below_two() -> usize {
    black_box(compare_below_one())
}

#[inline(never)]
fn compare_below_one() -> usize {
    black_box(compare())
}

#[inline(never)]
fn deep(depth: usize) -> usize {
    let Some(rest) = depth.checked_sub(1) else { return compare_below_two() };
    // Another size and other registers at each depth.
    let room: [usize; 5] = black_box([depth; 5]);
    let len = if depth.is_multiple_of(2) { deep(rest) } else { aligned(rest) };
    black_box(room);
    len
}

/// Its frame has a size that depends on where the stack is.
#[inline(never)]
fn aligned(depth: usize) -> usize {
    #[repr(align(256))]
    struct Aligned([u8; 256]);
    let room = Aligned([u8::try_from(depth).unwrap(); 256]);
    black_box(&room);
    let len = deep(depth);
    black_box(room.0.len());
    len
}

#[test]
fn stacks_of_each_depth_are_those_of_the_unwinder() {
    for depth in 0..80 {
        let len = deep(depth);
        assert!(len > depth.min(FRAMES_MAX - 1), "{depth}: {len}");
    }
}

#[test]
fn a_thread_ends_where_the_unwinder_ends_it() {
    let len = thread::Builder::new().spawn(compare_below_two).unwrap().join().unwrap();
    assert!((3..FRAMES_MAX).contains(&len), "{len}");
}

#[test]
fn frames_of_the_c_library_are_walked() {
    extern "C" fn order(a: *const c_void, b: *const c_void) -> c_int {
        compare_below_two();
        // SAFETY: They are two of the numbers below.
        let a = unsafe { *a.cast::<c_int>() };
        // SAFETY: They are two of the numbers below.
        let b = unsafe { *b.cast::<c_int>() };
        a.wrapping_sub(b)
    }
    let mut numbers: [c_int; 5] = [3, 1, 5, 2, 4];
    // SAFETY: So many numbers of that size are there, and the callback does not unwind.
    unsafe {
        libc::qsort(numbers.as_mut_ptr().cast(), numbers.len(), size_of::<c_int>(), Some(order));
    };
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}

#[test]
fn destructors_of_a_panic_are_walked() {
    struct Compared;
    impl Drop for Compared {
        fn drop(&mut self) {
            compare_below_two();
        }
    }
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let _compared = Compared;
        std::panic::resume_unwind(Box::new(1));
    }));
    assert!(ended.is_err());
}

#[test]
fn the_frame_of_a_signal_is_left_to_the_unwinder() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static SEEN: AtomicUsize = AtomicUsize::new(0);

    extern "C" fn handle(_: c_int) {
        let mut frames = [0; FRAMES_MAX];
        let is_known = walk::fill(&mut frames).is_some();
        SEEN.store(1 + usize::from(is_known), Ordering::Relaxed);
    }
    let handler = handle as extern "C" fn(c_int) as libc::sighandler_t;
    // SAFETY: Nobody else in this process uses the signal.
    let before = unsafe { libc::signal(libc::SIGURG, handler) };
    // SAFETY: It has a handler, which only stores.
    unsafe { libc::raise(libc::SIGURG) };
    // SAFETY: As it was before.
    unsafe { libc::signal(libc::SIGURG, before) };
    assert_eq!(SEEN.load(Ordering::Relaxed), 1);
}
