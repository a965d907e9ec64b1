//! A task that does not let its worker go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Blocks the thread as long as `lasts`; at most one at a time.
pub(super) fn stall(lasts: impl Fn() -> bool) {
    if IS_BLOCKED.swap(true, Ordering::Relaxed) {
        return;
    }
    while lasts() {
        thread::sleep(STEP);
    }
    IS_BLOCKED.store(false, Ordering::Relaxed);
}

static IS_BLOCKED: AtomicBool = AtomicBool::new(false);
const STEP: Duration = Duration::from_millis(50);
