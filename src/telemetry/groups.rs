//! Groups of tasks that end before the telemetry does, so that their last spans are delivered.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::clock::{Clock as _, SystemClock};
use crate::diagnostics::DiagnosticLevel;
use crate::task::{self, Drain};
use crate::telemetry::Telemetry;

/// Groups that asked to be drained. They live for as long as somebody else holds them.
#[derive(Default)]
pub(super) struct Groups {
    groups: Mutex<Vec<Weak<dyn Drain>>>,
}

impl Groups {
    fn alive(&self) -> Vec<Arc<dyn Drain>> {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.iter().filter_map(Weak::upgrade).collect()
    }
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Groups").finish_non_exhaustive()
    }
}

impl Telemetry {
    pub(crate) fn drain_first(&self, group: &Arc<dyn Drain>) {
        let mut groups = self.groups.groups.lock().unwrap_or_else(PoisonError::into_inner);
        // So it holds no more than there are.
        groups.retain(|known| known.strong_count() > 0);
        groups.push(Arc::downgrade(group));
    }

    /// Ends the groups within a part of the deadline. Returns how much of it that took.
    pub(super) async fn drain_groups(&self, deadline: Duration) -> Duration {
        let groups = self.groups.alive();
        if groups.is_empty() {
            return Duration::ZERO;
        }
        let clock = SystemClock::new();
        let begun = clock.now();
        let limit = deadline.checked_div(DEADLINE_PART).unwrap_or_default();
        for report in task::drain_all(groups, limit).await {
            if !report.still_running.is_empty() {
                self.pipeline.say(DiagnosticLevel::Warn, &report.to_string());
            }
        }
        clock.now().saturating_sub(begun)
    }
}

/// The part of the deadline that groups may take; the rest is for the delivery.
const DEADLINE_PART: u32 = 2;
