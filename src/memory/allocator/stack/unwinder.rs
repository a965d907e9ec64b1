//! The unwinder of the platform.
#![cfg_attr(all(unix, not(miri)), expect(unsafe_code, reason = "the unwinder is a C interface"))]

use crate::memory::allocator::stack::FRAMES_MAX;
#[cfg(all(unix, not(miri)))]
use crate::memory::allocator::stack::OWN_FRAMES;

/// Fills `frames` from the innermost one that is not ours. Returns how many there are.
///
/// The unwinder neither allocates nor unwinds into the caller.
#[cfg(all(unix, not(miri)))]
#[inline(never)]
pub(super) fn fill(frames: &mut [usize; FRAMES_MAX]) -> usize {
    use std::ffi::{c_int, c_void};
    use std::ptr;

    /// What the callback fills.
    struct Progress<'a> {
        frames: &'a mut [usize; FRAMES_MAX],
        seen: usize,
    }

    #[repr(C)]
    struct UnwindContext {
        _private: [u8; 0],
    }

    type Callback = extern "C" fn(*mut UnwindContext, *mut c_void) -> c_int;

    // The standard library links the unwinder, for panics. Source: the C++ ABI for Itanium,
    // section 1, and <unwind.h>.
    unsafe extern "C" {
        fn _Unwind_Backtrace(callback: Callback, argument: *mut c_void) -> c_int;
        fn _Unwind_GetIP(context: *mut UnwindContext) -> usize;
    }

    /// `_URC_NO_REASON`: go on. Anything else ends the walk.
    const GO_ON: c_int = 0;
    const STOP: c_int = 5;

    /// The first address is in this function itself.
    const SKIPPED: usize = OWN_FRAMES.saturating_add(1);

    extern "C" fn seen(context: *mut UnwindContext, argument: *mut c_void) -> c_int {
        // SAFETY: The argument is the progress below, which outlives the walk and which nobody
        // else uses meanwhile.
        let progress = unsafe { &mut *argument.cast::<Progress<'_>>() };
        // SAFETY: The unwinder made the context for this call.
        let address = unsafe { _Unwind_GetIP(context) };
        let index = progress.seen;
        progress.seen = index.saturating_add(1);
        let Some(index) = index.checked_sub(SKIPPED) else { return GO_ON };
        match progress.frames.get_mut(index) {
            Some(frame) if address != 0 => {
                *frame = address;
                GO_ON
            }
            _ => {
                progress.seen = index.saturating_add(SKIPPED);
                STOP
            }
        }
    }

    let mut progress = Progress { frames, seen: 0 };
    let argument = ptr::from_mut(&mut progress).cast();
    // SAFETY: The callback fits the interface, does not unwind, and gets the progress that it
    // expects.
    unsafe { _Unwind_Backtrace(seen, argument) };
    progress.seen.saturating_sub(SKIPPED).min(FRAMES_MAX)
}

/// Elsewhere, and under Miri, a site is the call-site of its span alone.
#[cfg(not(all(unix, not(miri))))]
pub(super) const fn fill(_: &mut [usize; FRAMES_MAX]) -> usize {
    0
}
