//! Return addresses of the calling thread, without names and without memory.
#![cfg_attr(all(unix, not(miri)), expect(unsafe_code, reason = "the unwinder is a C interface"))]

/// The innermost frames of a stack say who allocates; more would not fit a cache.
pub(super) const FRAMES_MAX: usize = 32;

/// Fills `frames` from the innermost one that is not ours, and returns those that are there.
///
/// The unwinder neither allocates nor unwinds into the caller. It is called inside of an
/// allocation, so what it does once has to be done before, by a call outside of one.
#[inline(never)]
pub(super) fn capture(frames: &mut [usize; FRAMES_MAX]) -> &[usize] {
    let len = fill(frames);
    frames.get(..len).unwrap_or_default()
}

/// `fill`, `capture`, `take` and `reached`, none of which is inlined.
#[cfg(all(unix, not(miri)))]
const OWN_FRAMES: usize = 4;

#[cfg(all(unix, not(miri)))]
#[inline(never)]
fn fill(frames: &mut [usize; FRAMES_MAX]) -> usize {
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

    extern "C" fn seen(context: *mut UnwindContext, argument: *mut c_void) -> c_int {
        // SAFETY: The argument is the progress below, which outlives the walk and which nobody
        // else uses meanwhile.
        let progress = unsafe { &mut *argument.cast::<Progress<'_>>() };
        // SAFETY: The unwinder made the context for this call.
        let address = unsafe { _Unwind_GetIP(context) };
        let index = progress.seen;
        progress.seen = index.saturating_add(1);
        let Some(index) = index.checked_sub(OWN_FRAMES) else { return GO_ON };
        match progress.frames.get_mut(index) {
            Some(frame) if address != 0 => {
                *frame = address;
                GO_ON
            }
            _ => {
                progress.seen = index.saturating_add(OWN_FRAMES);
                STOP
            }
        }
    }

    let mut progress = Progress { frames, seen: 0 };
    let argument = ptr::from_mut(&mut progress).cast();
    // SAFETY: The callback fits the interface, does not unwind, and gets the progress that it
    // expects.
    unsafe { _Unwind_Backtrace(seen, argument) };
    progress.seen.saturating_sub(OWN_FRAMES).min(FRAMES_MAX)
}

/// Elsewhere, and under Miri, a site is the call-site of its span alone.
#[cfg(not(all(unix, not(miri))))]
fn fill(_: &mut [usize; FRAMES_MAX]) -> usize {
    0
}
