//! When a window speaks for a leak: every threshold of the detector.
//!
//! The constants were frozen on one set of traces and scored on others (`beacon leaks --corpus`);
//! `docs/adr/0009-leak-algorithm.md` tells what each is worth.

use crate::memory::leak::statistics::Statistics;

/// Which conditions are in force: all of them, but to measure what one is worth.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LeakRules {
    removed: u16,
}

/// A part of the rules that can be left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LeakCondition {
    /// The allowance of the fast rule for warm-up.
    AgeTerm = 0,
    /// The line against the bounded models.
    BoundedModels,
    /// The windows of 2, 6 and 12 h.
    FastScales,
    /// The smallest growth, apart from what load adds to it.
    GrowthFloor,
    /// Several checks in a row.
    Hold,
    /// Growth beyond that of the load.
    LoadGuard,
    /// Minima of buckets; without it, means.
    Minima,
    /// The current low water is a record.
    RecordGate,
    /// The windows of 24 and 48 h.
    SlowScales,
    /// The significance of the trend.
    Trend,
}

impl LeakRules {
    /// Every rule.
    pub const ALL: Self = Self { removed: 0 };

    /// Returns these rules without one condition.
    #[must_use]
    pub const fn without(self, condition: LeakCondition) -> Self {
        Self { removed: self.removed | (1 << condition as u16) }
    }

    pub(super) const fn has(self, condition: LeakCondition) -> bool {
        self.removed & (1 << condition as u16) == 0
    }
}

/// The thresholds of one window.
#[derive(Debug)]
pub(super) struct ScaleRule {
    pub(super) window_hours: u32,
    is_fast: bool,
    /// Smallest growth over the window, as a share of the base: 0.04 (W/24)^0.3 for slow windows,
    /// 0.30 (W/24)^0.6 for fast ones.
    growth_floor: f64,
    /// How much of the load's own growth has to be exceeded.
    load_factor: f64,
    /// Smallest BIC margin. 2 is positive evidence (Kass and Raftery, 1995).
    bic_margin: f64,
    /// Smallest S: 112 is z > 2.75, 203 is z > 5.
    trend_score: i16,
    /// Smallest record margin, as a share of the base, for confirmed; not asked when `None`.
    record_margin: Option<f64>,
    /// Smallest age, in windows.
    age_windows: f64,
    /// Successive checks that must pass for confirmed.
    hold_confirmed: u8,
    /// Successive checks for suspected; 0: the window never says suspected.
    hold_suspected: u8,
}

/// What the age of the process, its record and a call-site add to the thresholds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    /// Age of the process at this check.
    pub(super) age_hours: f64,
    /// Record margin as a share of the base.
    pub(super) record_margin: Option<f64>,
    /// For a call-site: the smallest growth that its samples can show, as a share of the base.
    pub(super) site_floor: Option<f64>,
}

/// Whether the conditions of one window passed at one check.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    pub(super) confirmed: bool,
    pub(super) suspected: bool,
}

impl ScaleRule {
    pub(super) fn passed(
        &self,
        statistics: &Statistics,
        load_growth: f64,
        situation: Situation,
        rules: LeakRules,
    ) -> Passed {
        if self.condition().is_some_and(|condition| !rules.has(condition)) {
            return Passed::default();
        }
        let window_hours = f64::from(self.window_hours);
        let is_old_enough = situation.age_hours > self.age_windows * window_hours;
        let is_growing =
            statistics.growth() > self.growth_needed(statistics, load_growth, situation, rules);
        let is_line = !rules.has(LeakCondition::BoundedModels)
            || f64::from(statistics.bic_margin) > self.bic_margin;
        let is_trend =
            !rules.has(LeakCondition::Trend) || statistics.trend_score >= self.trend_score;
        let is_common = is_old_enough && is_growing && is_line && is_trend;
        let is_record = |margin: Option<f64>| {
            let Some(margin) = margin.filter(|_| rules.has(LeakCondition::RecordGate)) else {
                return true;
            };
            situation.record_margin.is_some_and(|record| record > margin)
        };
        let suspected_margin = self.record_margin.map(|margin| margin.min(RECORD_SUSPECTED));
        Passed {
            confirmed: is_common && is_record(self.record_margin),
            suspected: is_common && self.hold_suspected > 0 && is_record(suspected_margin),
        }
    }

    /// Growth that is never enough, whatever the age and the load.
    pub(super) fn growth_min(&self, rules: LeakRules) -> f64 {
        if rules.has(LeakCondition::GrowthFloor) { self.growth_floor } else { f64::NEG_INFINITY }
    }

    /// Growth that must be exceeded, as a share of the base.
    fn growth_needed(
        &self,
        statistics: &Statistics,
        load_growth: f64,
        situation: Situation,
        rules: LeakRules,
    ) -> f64 {
        let mut floor = self.growth_min(rules).max(0.0);
        if self.is_fast && rules.has(LeakCondition::AgeTerm) {
            floor += age_allowance(situation.age_hours, f64::from(self.window_hours));
        }
        let mut load_term = self.load_factor * load_growth;
        if !rules.has(LeakCondition::LoadGuard) {
            load_term = 0.0;
        }
        match situation.site_floor {
            // Load explains at most the site's own share.
            Some(site_floor) => floor.max(site_floor) + load_term * f64::from(statistics.recent),
            None => floor + load_term,
        }
    }

    pub(super) fn hold_confirmed(&self, rules: LeakRules) -> u8 {
        if rules.has(LeakCondition::Hold) { self.hold_confirmed } else { 1 }
    }

    /// `None`: this window never says suspected.
    pub(super) fn hold_suspected(&self, rules: LeakRules) -> Option<u8> {
        let hold = if rules.has(LeakCondition::Hold) { self.hold_suspected } else { 1 };
        (self.hold_suspected > 0).then_some(hold)
    }

    /// The switch of this window; that of 96 h has none.
    fn condition(&self) -> Option<LeakCondition> {
        match self.window_hours {
            2 | 6 | 12 => Some(LeakCondition::FastScales),
            24 | 48 => Some(LeakCondition::SlowScales),
            _ => None,
        }
    }
}

/// What warm-up may grow in a window of a process of this age: it goes with the logarithm of age.
fn age_allowance(age_hours: f64, window_hours: f64) -> f64 {
    let before_hours = age_hours - window_hours;
    // A window as long as the life of the process shows nothing but warm-up.
    if before_hours > 0.0 { 0.3 * (age_hours / before_hours).ln() } else { f64::INFINITY }
}

/// The record margin of suspected, where one is asked.
const RECORD_SUSPECTED: f64 = 0.03;

/// Windows that run side by side.
pub(super) const SCALE_COUNT: usize = 6;

/// Minutes of one bucket of each window.
pub(super) const BUCKET_MINUTES: [u32; SCALE_COUNT] = [5, 15, 30, 60, 120, 240];

/// The thresholds, shortest window first.
pub(super) const SCALE_RULES: [ScaleRule; SCALE_COUNT] = [
    ScaleRule {
        window_hours: 2,
        growth_floor: 0.067_548_001_926_030_67,
        hold_confirmed: 1,
        ..FAST
    },
    ScaleRule {
        window_hours: 6,
        growth_floor: 0.130_582_584_494_418_62,
        hold_confirmed: 2,
        ..FAST
    },
    ScaleRule {
        window_hours: 12,
        growth_floor: 0.197_926_186_615_934_1,
        hold_confirmed: 4,
        ..FAST
    },
    ScaleRule {
        window_hours: 24,
        growth_floor: 0.04,
        hold_confirmed: 2,
        hold_suspected: 1,
        ..SLOW
    },
    ScaleRule {
        window_hours: 48,
        growth_floor: 0.049_245_776_533_796_65,
        hold_confirmed: 4,
        hold_suspected: 2,
        ..SLOW
    },
    ScaleRule {
        window_hours: 96,
        growth_floor: 0.060_628_662_660_415_92,
        record_margin: None,
        hold_confirmed: 9,
        hold_suspected: 5,
        ..SLOW
    },
];

const FAST: ScaleRule = ScaleRule {
    window_hours: 0,
    is_fast: true,
    growth_floor: 0.0,
    load_factor: 1.0,
    bic_margin: 3.0,
    trend_score: 203,
    record_margin: Some(0.05),
    age_windows: 2.0,
    hold_confirmed: 0,
    hold_suspected: 0,
};

const SLOW: ScaleRule = ScaleRule {
    window_hours: 0,
    is_fast: false,
    growth_floor: 0.0,
    load_factor: 0.9,
    bic_margin: 2.0,
    trend_score: 112,
    record_margin: Some(0.09),
    age_windows: 1.05,
    hold_confirmed: 0,
    hold_suspected: 0,
};

#[cfg(test)]
mod tests;
