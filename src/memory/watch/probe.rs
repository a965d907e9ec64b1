//! When the allocator is asked whether what it holds is free, and what its answer is worth: pure.

use crate::memory::leak::LeakVerdict;
use crate::memory::reclaim::{ReclaimReport, ReclaimStatus};
use crate::memory::watch::decision::{ProbeOutcome, has_fallen};
use crate::memory::watch::load::to_f64;

/// The last answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProbeMemory {
    last: Option<Answer>,
}

#[derive(Clone, Copy, Debug)]
struct Answer {
    minute: f64,
    outcome: ProbeOutcome,
    growth_bytes: f64,
    /// Resident memory after it.
    after_bytes: f64,
}

impl ProbeMemory {
    /// Returns what is known at a check of resident memory.
    pub(super) fn outcome(&mut self, minute: f64, rss: Option<&LeakVerdict>) -> ProbeOutcome {
        let Some(answer) = self.last else { return ProbeOutcome::Unasked };
        let age_minutes = minute - answer.minute;
        if age_minutes < PAUSE_MINUTES {
            return answer.outcome;
        }
        let Some(rss) = rss.filter(|rss| rss.evidence.is_some()) else {
            // That growth is over; the next one is another question.
            self.last = None;
            return ProbeOutcome::Unasked;
        };
        let is_old = match answer.outcome {
            // Growth that was given back still shows in the window; it counts when it is there again.
            ProbeOutcome::Fell { .. } => rss
                .current_bytes
                .is_some_and(|bytes| has_fallen(bytes - answer.after_bytes, answer.growth_bytes)),
            ProbeOutcome::Kept { .. } => age_minutes >= KEPT_MINUTES,
            ProbeOutcome::Unasked | ProbeOutcome::Unavailable => true,
        };
        if is_old { ProbeOutcome::Unasked } else { answer.outcome }
    }

    /// Takes an answer; `None` is that there was none.
    pub(super) fn answer(
        &mut self,
        minute: f64,
        growth_bytes: f64,
        report: Option<&ReclaimReport>,
    ) -> ProbeOutcome {
        let report = report.filter(|report| report.status == ReclaimStatus::Done);
        let after_bytes = report.and_then(|report| report.after_bytes);
        let outcome = match (report, after_bytes) {
            (Some(report), Some(_)) => {
                let returned_bytes = to_f64(report.returned_bytes);
                if has_fallen(returned_bytes, growth_bytes) {
                    ProbeOutcome::Fell { returned_bytes }
                } else {
                    ProbeOutcome::Kept { returned_bytes }
                }
            }
            _ => ProbeOutcome::Unavailable,
        };
        let after_bytes = after_bytes.map_or(0.0, to_f64);
        self.last = Some(Answer { minute, outcome, growth_bytes, after_bytes });
        outcome
    }
}

/// The allocator is asked at most once an hour.
const PAUSE_MINUTES: f64 = 60.0;

/// Memory that was in use is asked about again a day later: chosen, not scored.
const KEPT_MINUTES: f64 = 24.0 * 60.0;
