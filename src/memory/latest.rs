//! The last sample, for those who ask for it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::clock::SharedClock;
use crate::memory::board::Board;
use crate::memory::reading::Readings;
use crate::memory::snapshot::MemorySnapshot;

static INSTALLED: OnceLock<Arc<Latest>> = OnceLock::new();

/// Makes these the samples that [`snapshot`](super::snapshot()) shows. Once per process, as
/// installation is.
pub(crate) fn set_installed(latest: &Arc<Latest>) {
    // The caller holds the lock of installation, so a second one never comes here.
    INSTALLED.get_or_init(|| Arc::clone(latest));
}

pub(super) fn installed() -> Option<&'static Arc<Latest>> {
    INSTALLED.get()
}

/// The last sample of one telemetry.
#[derive(Debug)]
pub(crate) struct Latest {
    sample: Mutex<Option<(Duration, Readings)>>,
    clock: SharedClock,
    board: Arc<Board>,
}

impl Latest {
    pub(super) const fn new(clock: SharedClock, board: Arc<Board>) -> Self {
        Self { sample: Mutex::new(None), clock, board }
    }

    pub(super) fn set(&self, at: Duration, readings: &Readings) {
        *self.sample.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, *readings));
    }

    pub(crate) fn snapshot(&self) -> MemorySnapshot {
        let sample = *self.sample.lock().unwrap_or_else(PoisonError::into_inner);
        sample.map_or_else(MemorySnapshot::default, |(at, readings)| {
            MemorySnapshot::new(self.clock.now().saturating_sub(at), &readings)
        })
    }

    pub(super) const fn board(&self) -> &Arc<Board> {
        &self.board
    }

    pub(super) const fn clock(&self) -> &SharedClock {
        &self.clock
    }
}
