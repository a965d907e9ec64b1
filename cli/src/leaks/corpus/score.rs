//! How good a detector is, by its raw verdicts at checks.

use beacon::memory::LeakLevel;

use crate::leaks::corpus::detect::Passing;
use crate::leaks::corpus::random::whole;
use crate::leaks::corpus::trace::Trace;

/// What a detector made of many traces.
#[derive(Clone, Debug, Default)]
pub(super) struct Score {
    outcomes: Vec<Outcome>,
}

/// What it made of one trace.
#[derive(Clone, Debug)]
struct Outcome {
    /// Whether a check passed while nothing had leaked.
    has_false_alarm: bool,
    /// How many of these, when all of a day are one.
    false_alarms: f64,
    healthy_hours: f64,
    leak: Option<LeakOutcome>,
}

#[derive(Clone, Copy, Debug)]
struct LeakOutcome {
    rate: f64,
    onset_hours: f64,
    /// From the onset to the alarm, if there was one.
    delay_hours: Option<f64>,
    /// Whether the first call-site to fire was the leak's.
    is_culprit: bool,
}

/// Leaks of one range of rates.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByRate {
    pub(super) recall: f64,
    /// Median, of those that were found.
    pub(super) delay_hours: f64,
    /// Of those in a process over 12 h old.
    pub(super) settled_delay_hours: f64,
}

impl Score {
    /// Adds one trace, of whose checks these pass. `level` is what counts.
    pub(super) fn add(&mut self, trace: &Trace, passing: &[Passing], level: LeakLevel) {
        let onset = trace.leak.map_or(f64::INFINITY, |leak| leak.onset_minute);
        let passing = || passing.iter().filter(|check| check.level >= level);
        let outside = || passing().filter(|check| check.minute <= onset);
        let mut false_alarms = 0.0;
        let mut last_alarm = f64::NEG_INFINITY;
        for check in outside() {
            if check.minute - last_alarm >= DAY_MINUTES {
                false_alarms += 1.0;
                last_alarm = check.minute;
            }
        }
        let first = passing().find(|check| check.minute > onset);
        let leak = trace.leak.map(|leak| LeakOutcome {
            rate: leak.rate,
            onset_hours: onset / 60.0,
            delay_hours: first.map(|check| (check.minute - onset) / 60.0),
            is_culprit: first.is_some_and(|check| check.is_culprit),
        });
        self.outcomes.push(Outcome {
            has_false_alarm: outside().next().is_some(),
            false_alarms,
            healthy_hours: healthy_hours(trace.end, onset),
            leak,
        });
    }

    /// Adds the traces of another score.
    pub(super) fn join(&mut self, other: &Self) {
        self.outcomes.extend_from_slice(&other.outcomes);
    }

    pub(super) fn precision(&self) -> f64 {
        let found = count(self.found());
        let false_positives = count(self.outcomes.iter().filter(|it| it.has_false_alarm));
        found / (found + false_positives)
    }

    pub(super) fn recall(&self) -> f64 {
        count(self.found()) / count(self.leaks())
    }

    /// The harmonic mean of precision and recall.
    pub(super) fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        2.0 * precision * recall / (precision + recall)
    }

    /// False alarms per process-month of 730 healthy hours.
    pub(super) fn false_alarms_per_month(&self) -> f64 {
        self.outcomes.iter().map(|it| it.false_alarms).sum::<f64>() / self.healthy_months()
    }

    pub(super) fn healthy_months(&self) -> f64 {
        self.outcomes.iter().map(|it| it.healthy_hours).sum::<f64>() / MONTH_HOURS
    }

    /// Share of the found leaks whose call-site is the first to fire.
    pub(super) fn culprit(&self) -> f64 {
        count(self.found().filter(|leak| leak.is_culprit)) / count(self.found())
    }

    /// Median hours from the onset to the alarm, of the leaks that were found.
    pub(super) fn delay_hours(&self) -> f64 {
        quantile(self.leaks().filter_map(|leak| leak.delay_hours), 0.5)
    }

    /// Leaks of `low` to `high` of the size per day.
    pub(super) fn by_rate(&self, low: f64, high: f64) -> ByRate {
        let leaks = || self.leaks().filter(|leak| (low..high).contains(&leak.rate));
        let found = leaks().filter(|leak| leak.delay_hours.is_some());
        let settled = leaks().filter(|leak| leak.onset_hours >= SETTLED_HOURS);
        ByRate {
            recall: count(found) / count(leaks()),
            delay_hours: quantile(leaks().filter_map(|leak| leak.delay_hours), 0.5),
            settled_delay_hours: quantile(settled.filter_map(|leak| leak.delay_hours), 0.5),
        }
    }

    fn leaks(&self) -> impl Iterator<Item = &LeakOutcome> {
        self.outcomes.iter().filter_map(|outcome| outcome.leak.as_ref())
    }

    fn found(&self) -> impl Iterator<Item = &LeakOutcome> {
        self.leaks().filter(|leak| leak.delay_hours.is_some())
    }
}

/// Half an hour for each check up to the onset, or the end.
fn healthy_hours(end: usize, onset: f64) -> f64 {
    let end = u32::try_from(end).map_or(f64::MAX, f64::from);
    (end.min(onset) / 30.0).floor() * 0.5
}

pub(super) fn count<T>(of: impl Iterator<Item = T>) -> f64 {
    of.fold(0.0, |count, _| count + 1.0)
}

/// The value that a share of all values does not reach; NaN of none.
pub(super) fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let at = whole(share * (count(values.iter()) - 1.0).max(0.0));
    usize::try_from(at).ok().and_then(|at| values.get(at)).copied().unwrap_or(f64::NAN)
}

const DAY_MINUTES: f64 = 1440.0;
pub(super) const MONTH_HOURS: f64 = 730.0;
const SETTLED_HOURS: f64 = 12.0;
