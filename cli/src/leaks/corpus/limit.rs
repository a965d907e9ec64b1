//! How well the end of memory is told.

use beacon::memory::{ExhaustionChange, ExhaustionDetector};

use crate::leaks::corpus::score::{MONTH_HOURS, count, quantile};
use crate::leaks::corpus::trace::Trace;

/// What became of warnings.
#[derive(Clone, Debug, Default)]
pub(super) struct LimitScore {
    /// Of each process that hit its limit, how long before it was warned, if it was.
    leads_hours: Vec<Option<f64>>,
    false_warnings: f64,
    hours: f64,
}

impl LimitScore {
    pub(super) fn add(&mut self, trace: &Trace) {
        let hours = |minutes: usize| u32::try_from(minutes).map_or(0.0, f64::from) / 60.0;
        let end_hours = hours(trace.end);
        let is_hit = trace.end < trace.rss.len();
        let mut detector = ExhaustionDetector::new();
        let mut lead_hours = None;
        for (bytes, minute) in trace.rss.iter().zip(0_u32..).take(trace.end) {
            let change = detector.observe(minute.into(), *bytes, Some(trace.limit_bytes));
            let Some(ExhaustionChange::Warned { minute, .. }) = change else { continue };
            let left_hours = end_hours - minute / 60.0;
            if is_hit && left_hours <= SOON_HOURS {
                lead_hours.get_or_insert(left_hours);
            } else {
                self.false_warnings += 1.0;
            }
        }
        if is_hit {
            self.leads_hours.push(lead_hours);
        }
        self.hours += end_hours;
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.leads_hours.extend_from_slice(&other.leads_hours);
        self.false_warnings += other.false_warnings;
        self.hours += other.hours;
    }

    /// Processes that hit their limit.
    pub(super) fn hits(&self) -> usize {
        self.leads_hours.len()
    }

    /// Share of them that were warned.
    pub(super) fn warned(&self) -> f64 {
        count(self.leads_hours.iter().flatten()) / count(self.leads_hours.iter())
    }

    /// How long before, in hours: what one in ten does not reach, and the median.
    pub(super) fn lead_hours(&self) -> [f64; 2] {
        [0.1, 0.5].map(|share| quantile(self.leads_hours.iter().copied().flatten(), share))
    }

    /// Warnings in a process-month where the limit was not hit within 12 h.
    pub(super) fn false_warnings_per_month(&self) -> f64 {
        self.false_warnings / (self.hours / MONTH_HOURS)
    }
}

/// A warning is true when the limit is hit within this time.
const SOON_HOURS: f64 = 12.0;
