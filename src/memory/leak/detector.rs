//! One signal, sample by sample.

use std::fmt;

use crate::memory::leak::base::Base;
use crate::memory::leak::load::LoadHistory;
use crate::memory::leak::rules::LeakRules;
use crate::memory::leak::track::{Scope, Track};
use crate::memory::leak::verdict::{LeakLevel, LeakVerdict};
use crate::memory::leak::{BYTES_MAX, CHECK_MINUTES, MINUTE_MAX};

/// Decides from samples of one memory size whether a process leaks: the low-water ratchet.
///
/// Feed it every 15 to 60 seconds; at 15 s it needs about 0.3 µs each. It holds 2.5 KiB and allocates
/// nothing once the base is known, 90 minutes after the start. A check is due every half hour; the
/// first verdict is possible at age 7 h. A process that has restarted needs a new detector.
///
/// What a verdict means, and what it cannot see: [`manual::leaks`](crate::manual::leaks).
///
/// # Examples
///
/// ```
/// use beacon::memory::{LeakDetector, LeakLevel};
///
/// let mut detector = LeakDetector::new();
/// let mut confirmed = None;
/// for minute in (0..4 * 24 * 60).map(f64::from) {
///     // 100 MB, and half of that again each day.
///     let bytes = 100e6 * (1.0 + 0.5 * minute / 1440.0);
///     let load = Some(1.0);
///     if let Some(verdict) = detector.observe(minute, bytes, load) {
///         confirmed = confirmed.or((verdict.level == LeakLevel::Confirmed).then_some(verdict));
///     }
/// }
/// let verdict = confirmed.ok_or("no leak found")?;
/// let evidence = verdict.evidence.ok_or("no evidence")?;
/// assert!(verdict.minute <= 26.0 * 60.0);
/// assert!((evidence.growth_bytes_per_hour / (50e6 / 24.0) - 1.0).abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LeakDetector {
    track: Track,
    load: LoadHistory,
    base: Base,
    next_check: u32,
    last_minute: f64,
    last_sample_minute: f64,
}

impl LeakDetector {
    /// Returns a detector of a process of age zero.
    pub fn new() -> Self {
        Self::with_rules(LeakRules::ALL)
    }

    /// A detector without some of the conditions, to measure what they are worth.
    #[doc(hidden)]
    pub fn with_rules(rules: LeakRules) -> Self {
        Self {
            track: Track::new(rules),
            load: LoadHistory::new(),
            base: Base::new(),
            next_check: CHECK_MINUTES,
            last_minute: 0.0,
            last_sample_minute: 0.0,
        }
    }

    /// Takes one sample, after making the checks that were due before it.
    ///
    /// `minute` is the age of the process, or the time since the first observation. `bytes` is the
    /// size; what is NaN, zero or negative is a missing sample. `load` is any number that goes with the work
    /// done in that minute, with 0 for none; `None` means that it is unknown.
    ///
    /// Returns the verdict of the newest check that was due, if any. After a gap several may be due:
    /// call [`advance`](Self::advance) first for each of them. A minute that is no number, or lies
    /// before an earlier one, changes nothing.
    pub fn observe(&mut self, minute: f64, bytes: f64, load: Option<f64>) -> Option<LeakVerdict> {
        let mut newest = None;
        while let Some(verdict) = self.advance(minute) {
            newest = Some(verdict);
        }
        if !self.is_next(minute) {
            return newest;
        }
        self.last_minute = minute;
        self.load.roll(minute);
        if let Some(load) = load {
            self.load.add(load);
        }
        if bytes > 0.0 && bytes < BYTES_MAX {
            self.last_sample_minute = minute;
            self.track.roll(minute);
            self.track.add(bytes);
            self.base.add(minute, bytes);
        }
        newest
    }

    /// Makes the next check that is due at or before `minute`; `None` when there is none.
    ///
    /// Call it until it returns `None`, also when no sample has come: a source that hangs must not
    /// keep an alert up for ever. After five days without a sample only the newest check is made.
    pub fn advance(&mut self, minute: f64) -> Option<LeakVerdict> {
        if !self.is_next(minute) || minute < f64::from(self.next_check) {
            return None;
        }
        let silent_minutes = f64::from(self.next_check) - self.last_sample_minute;
        if silent_minutes > FORGET_MINUTES {
            self.next_check = super::bucket_of(minute, CHECK_MINUTES).saturating_mul(CHECK_MINUTES);
            self.track.clear();
        }
        let due = self.next_check;
        self.next_check = due.saturating_add(CHECK_MINUTES);
        Some(self.check(due))
    }

    /// Returns the normal size of the process in bytes, once it is known.
    pub fn base_bytes(&self) -> Option<f64> {
        self.base.bytes()
    }

    fn check(&mut self, minute: u32) -> LeakVerdict {
        let due = f64::from(minute);
        self.last_minute = self.last_minute.max(due);
        self.track.roll(due);
        self.load.roll(due);
        self.load.judge(minute);
        self.base.settle(due);
        let mut verdict = LeakVerdict {
            minute: due,
            level: LeakLevel::None,
            base_bytes: self.base.bytes(),
            record_margin_ratio: None,
            current_bytes: self.track.current_bytes(),
            load_known: self.load.is_known(),
            evidence: None,
        };
        let Some(base_bytes) = verdict.base_bytes else { return verdict };
        let finding = self.track.check(&Scope {
            minute,
            base_bytes,
            load_growth: self.load.growth(),
            site_floor_bytes: None,
        });
        verdict.level = finding.level;
        verdict.record_margin_ratio = finding.record_margin;
        verdict.load_known = finding.load_known.unwrap_or(verdict.load_known);
        verdict.evidence = finding.evidence;
        verdict
    }

    fn is_next(&self, minute: f64) -> bool {
        (self.last_minute..=MINUTE_MAX).contains(&minute)
    }
}

impl Default for LeakDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LeakDetector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeakDetector")
            .field("base_bytes", &self.base.bytes())
            .field("next_check", &self.next_check)
            .field("rules", &self.track.rules())
            .finish_non_exhaustive()
    }
}

/// After this silence every bucket of every window is empty: 96 h, two buckets, and a few checks.
const FORGET_MINUTES: f64 = 105.0 * 60.0;
