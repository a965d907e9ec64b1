//! One series of sizes under all six windows.

use crate::memory::leak::record::Record;
use crate::memory::leak::rules::{
    BUCKET_MINUTES, LeakRules, Passed, SCALE_COUNT, SCALE_RULES, ScaleRule, Situation,
};
use crate::memory::leak::scale::Scale;
use crate::memory::leak::verdict::{LeakEvidence, LeakLevel};
use crate::memory::leak::{CHECK_MINUTES, bucket_of, narrow};

/// Windows, record and holds of one signal.
#[derive(Clone, Debug)]
pub(super) struct Track {
    scales: [Scale; SCALE_COUNT],
    record: Record,
    holds: [Hold; SCALE_COUNT],
    rules: LeakRules,
}

/// Successive checks at which the conditions of a window passed.
#[derive(Clone, Copy, Debug, Default)]
struct Hold {
    confirmed: u8,
    suspected: u8,
}

/// What a check judges by, beside the series itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// When the check is due.
    pub(super) minute: u32,
    /// What ratios refer to.
    pub(super) base_bytes: f64,
    /// λ of each window.
    pub(super) load_growth: [Option<f64>; SCALE_COUNT],
    /// For a call-site: the smallest growth that its samples can show, in bytes.
    pub(super) site_floor_bytes: Option<f64>,
}

/// What a check found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finding {
    pub(super) level: LeakLevel,
    /// Of the longest window that holds.
    pub(super) evidence: Option<LeakEvidence>,
    /// Whether load was known in that window.
    pub(super) load_known: Option<bool>,
    pub(super) record_margin: Option<f64>,
}

impl Track {
    /// A series that has not begun.
    pub(super) const fn new(rules: LeakRules) -> Self {
        Self {
            scales: [const { Scale::new() }; SCALE_COUNT],
            record: Record::new(),
            holds: [Hold { confirmed: 0, suspected: 0 }; SCALE_COUNT],
            rules,
        }
    }

    /// A series that has been at `bytes` since age zero.
    pub(super) fn flat(bytes: f64, minute: f64, rules: LeakRules) -> Self {
        Self {
            scales: BUCKET_MINUTES.map(|minutes| Scale::flat(bytes, bucket_of(minute, minutes))),
            record: Record::flat(bytes, bucket_of(minute, CHECK_MINUTES)),
            ..Self::new(rules)
        }
    }

    /// Closes the buckets that end at or before `minute`.
    pub(super) fn roll(&mut self, minute: f64) {
        for (scale, minutes) in self.scales.iter_mut().zip(BUCKET_MINUTES) {
            scale.roll(bucket_of(minute, minutes));
        }
        self.record.roll(bucket_of(minute, CHECK_MINUTES));
    }

    /// Takes a sample of the open buckets.
    pub(super) fn add(&mut self, bytes: f64) {
        let bytes = narrow(bytes);
        for scale in &mut self.scales {
            scale.add(bytes, self.rules);
        }
        self.record.add(bytes, self.rules);
    }

    /// Judges every window. All buckets that end at the check are closed.
    pub(super) fn check(&mut self, scope: &Scope) -> Finding {
        let record_margin = self.record.margin_bytes().map(|bytes| bytes / scope.base_bytes);
        let situation = Situation {
            age_hours: f64::from(scope.minute) / 60.0,
            record_margin,
            site_floor: scope.site_floor_bytes.map(|bytes| bytes / scope.base_bytes),
        };
        let mut finding =
            Finding { level: LeakLevel::None, evidence: None, load_known: None, record_margin };
        let windows = self.scales.iter_mut().zip(&mut self.holds);
        let windows = windows.zip(BUCKET_MINUTES).zip(&SCALE_RULES).zip(scope.load_growth);
        for ((((scale, hold), minutes), rule), load_growth) in windows {
            if scope.minute.is_multiple_of(minutes) {
                scale.judge(scope.base_bytes, rule.growth_min(self.rules));
            }
            let lambda = load_growth.unwrap_or_default();
            let passed = scale.statistics().map_or_else(Passed::default, |statistics| {
                rule.passed(statistics, lambda, situation, self.rules)
            });
            hold.count(passed);
            let level = hold.level(rule, self.rules);
            // The longest window at the level: a later one is longer.
            if level > LeakLevel::None && level >= finding.level {
                finding.level = level;
                finding.load_known = Some(load_growth.is_some());
                finding.evidence = scale.statistics().map(|statistics| LeakEvidence {
                    scale_hours: rule.window_hours,
                    growth_bytes_per_hour: f64::from(statistics.slope) * scope.base_bytes * 60.0
                        / f64::from(minutes),
                    growth_bytes: statistics.growth() * scope.base_bytes,
                    growth_ratio: statistics.growth(),
                    bic_margin: f64::from(statistics.bic_margin),
                    load_growth_ratio: lambda,
                    trend_score: i32::from(statistics.trend_score),
                });
            }
        }
        finding
    }

    /// Forgets statistics and holds: nothing of them is true any more after a long gap.
    pub(super) fn clear(&mut self) {
        self.holds = [Hold::default(); SCALE_COUNT];
        for scale in &mut self.scales {
            scale.clear();
        }
    }

    /// Growth of the longest window that has statistics; 0 before there is any.
    pub(super) fn growth_bytes_per_hour(&self, scope: &Scope) -> f64 {
        let windows = self.scales.iter().zip(BUCKET_MINUTES).rev();
        let mut known = windows.filter_map(|(scale, minutes)| {
            let per_bucket = f64::from(scale.statistics()?.slope);
            Some(per_bucket * scope.base_bytes * 60.0 / f64::from(minutes))
        });
        known.next().unwrap_or_default()
    }

    pub(super) fn current_bytes(&self) -> Option<f64> {
        self.record.newest_bytes()
    }

    pub(super) fn rules(&self) -> LeakRules {
        self.rules
    }
}

impl Hold {
    fn count(&mut self, passed: Passed) {
        let count = |held: u8, passed| if passed { held.saturating_add(1) } else { 0 };
        self.confirmed = count(self.confirmed, passed.confirmed);
        self.suspected = count(self.suspected, passed.suspected);
    }

    fn level(self, rule: &ScaleRule, rules: LeakRules) -> LeakLevel {
        if self.confirmed >= rule.hold_confirmed(rules) {
            return LeakLevel::Confirmed;
        }
        let is_suspected =
            rule.hold_suspected(rules).is_some_and(|checks| self.suspected >= checks);
        if is_suspected { LeakLevel::Suspected } else { LeakLevel::None }
    }
}
