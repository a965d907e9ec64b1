//! What limits the process: the smallest of all limits around it, and what is left of each. Pure.

use crate::memory::reading::{Reading, Readings, billionths};
use crate::memory::sources::LimitState;
use crate::memory::sources::cgroup::level::{Bound, Measured};

/// What all levels together come to.
#[derive(Debug)]
pub(super) struct Tightest {
    state: LimitState,
    limit_bytes: u64,
    /// The least that is left at any limit; `None`: it cannot be told.
    headroom_bytes: Option<u64>,
    /// The largest share of any limit that is in use; `None`: as above.
    utilization_billionths: Option<u64>,
}

impl Default for Tightest {
    fn default() -> Self {
        Self {
            state: LimitState::Unlimited,
            limit_bytes: u64::MAX,
            headroom_bytes: Some(u64::MAX),
            utilization_billionths: Some(0),
        }
    }
}

impl Tightest {
    /// Takes one more level into account. What is unknown at one level is unknown in all: the limit
    /// that cannot be read may be the smaller one.
    pub(super) fn look_at(&mut self, measured: &Measured) {
        if !self.state.is_known() {
            return;
        }
        let limit_bytes = match measured.bound {
            Err(state) => {
                self.state = state;
                return;
            }
            Ok(None | Some(Bound::Unlimited)) => return,
            Ok(Some(Bound::Bytes(bytes))) => bytes,
        };
        self.state = LimitState::Limited;
        self.limit_bytes = self.limit_bytes.min(limit_bytes);
        let used_bytes = measured.working_set_bytes();
        self.headroom_bytes = self
            .headroom_bytes
            .zip(used_bytes)
            .map(|(least, used)| least.min(limit_bytes.saturating_sub(used)));
        self.utilization_billionths = self
            .utilization_billionths
            .zip(used_bytes.and_then(|used| billionths(used, limit_bytes)))
            .map(|(most, here)| most.max(here));
    }

    /// Takes a limit into account that cannot be seen: who else counts against it is not known.
    pub(super) fn look_beyond(&mut self, limit_bytes: u64) {
        if self.state.is_known() && limit_bytes < self.limit_bytes {
            self.state = LimitState::Limited;
            self.limit_bytes = limit_bytes;
            self.headroom_bytes = None;
            self.utilization_billionths = None;
        }
    }

    pub(super) const fn state(&self) -> LimitState {
        self.state
    }

    pub(super) fn set(&self, readings: &mut Readings) {
        if self.state == LimitState::Limited {
            readings.set(Reading::CgroupLimitBytes, self.limit_bytes);
            readings.set(Reading::CgroupHeadroomBytes, self.headroom_bytes);
            readings.set(Reading::CgroupUtilizationBillionths, self.utilization_billionths);
        }
    }
}
