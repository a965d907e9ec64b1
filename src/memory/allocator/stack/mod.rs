//! Return addresses of the calling thread, without names and without memory.

#[cfg(all(
    target_arch = "x86_64",
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    not(miri)
))]
mod walk;
/// Elsewhere the unwinder of the platform does it all.
#[cfg(not(all(
    target_arch = "x86_64",
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    not(miri)
)))]
mod walk {
    use crate::memory::allocator::stack::FRAMES_MAX;

    pub(super) const fn warm_up() {}

    pub(super) const fn fill(_: &mut [usize; FRAMES_MAX]) -> Option<usize> {
        None
    }
}

mod unwinder;

/// The innermost frames of a stack say who allocates; more would not fit a cache.
pub(super) const FRAMES_MAX: usize = 32;

/// Fills `frames` from the innermost one that is not ours, and returns those that are there.
///
/// It is called inside of an allocation, so what is done once has to be done before, by
/// [`warm_up`].
#[inline(never)]
pub(super) fn capture(frames: &mut [usize; FRAMES_MAX]) -> &[usize] {
    let len = match walk::fill(frames) {
        Some(len) => len,
        None => unwinder::fill(frames),
    };
    frames.get(..len).unwrap_or_default()
}

/// Does what is done once, outside of an allocation.
pub(super) fn warm_up() {
    walk::warm_up();
    let mut frames = [0; FRAMES_MAX];
    unwinder::fill(&mut frames);
    capture(&mut frames);
}

/// `capture`, `take` and `reached`, none of which is inlined.
#[cfg(all(unix, not(miri)))]
const OWN_FRAMES: usize = 3;
