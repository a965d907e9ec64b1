//! Which call-site leaks: the same rules for the old bytes of each.

mod tracked;

use std::cmp::Ordering;
use std::fmt;

use crate::memory::leak::load::LoadHistory;
use crate::memory::leak::rules::LeakRules;
use crate::memory::leak::sites::tracked::TrackedSite;
use crate::memory::leak::track::Scope;
use crate::memory::leak::{BYTES_MAX, MINUTE_MAX};

/// How many bytes older than an hour a call-site holds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "complete by nature: a name and a number")]
pub struct SiteBytes {
    /// A name for the call-site that stays the same: any number.
    pub site: u64,
    /// Weight of its samples that are older than one hour, in bytes.
    pub old_bytes: f64,
}

/// A call-site that leaks, or may.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeakingSite {
    /// Its name in [`SiteBytes`].
    pub site: u64,
    /// Bytes older than one hour, now.
    pub old_bytes: f64,
    /// Growth of the longest window that is known; 0 before there is any.
    pub growth_bytes_per_hour: f64,
    /// How far its low water stands above all earlier ones, as a share of the process's base.
    pub record_margin_ratio: Option<f64>,
    /// When its own verdict came; `None` for a mere candidate.
    pub confirmed_minute: Option<f64>,
}

/// Whether the first of the named call-sites has a verdict of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum LeakingSiteStatus {
    /// None has: the order is that of their records. The first is right in 95 to 98 %.
    Candidates,
    /// The first has: right in 99 %.
    Confirmed,
}

/// The call-sites to name in an alert.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeakingSites {
    /// What the first of them is.
    pub status: LeakingSiteStatus,
    /// At most five, best first.
    pub sites: Vec<LeakingSite>,
}

/// Decides for the call-sites of one process which of them leak.
///
/// It looks at bytes older than one hour, which are blind to load, to work in flight and to short
/// sawteeth. The 128 call-sites with the most old bytes are tracked, in less than 300 KB.
///
/// # Examples
///
/// ```
/// use beacon::memory::{LeakDetector, LeakingSiteStatus, SiteBytes, SiteLeakDetectors};
///
/// let mut process = LeakDetector::new();
/// let mut sites = SiteLeakDetectors::new();
/// for minute in (0..3 * 24 * 60).step_by(5).map(f64::from) {
///     let leaked = 100e6 * minute / 1440.0;
///     // The checks that are due, then the samples.
///     while let Some(verdict) = process.advance(minute) {
///         if let Some(base_bytes) = verdict.base_bytes {
///             sites.check(verdict.minute, base_bytes, 512.0 * 1024.0);
///         }
///     }
///     process.observe(minute, 100e6 + leaked, Some(1.0));
///     sites.observe_load(minute, 1.0);
///     let cache = SiteBytes { site: 1, old_bytes: 20e6 };
///     let import = SiteBytes { site: 2, old_bytes: leaked };
///     sites.observe_sites(minute, &[cache, import]);
/// }
/// let leaking = sites.leaking();
/// assert_eq!(leaking.status, LeakingSiteStatus::Confirmed);
/// assert_eq!(leaking.sites.first().map(|site| site.site), Some(2));
/// ```
#[derive(Clone)]
pub struct SiteLeakDetectors {
    sites: Vec<TrackedSite>,
    load: LoadHistory,
    rules: LeakRules,
    last_minute: f64,
    /// Whether a site was ever left out: from then on an unknown site need not be new.
    is_crowded: bool,
}

impl SiteLeakDetectors {
    /// Returns detectors that know of no call-site, with room for all that will be tracked.
    pub fn new() -> Self {
        Self::with_rules(LeakRules::ALL)
    }

    /// Detectors without some of the conditions, to measure what they are worth.
    #[doc(hidden)]
    pub fn with_rules(rules: LeakRules) -> Self {
        Self {
            sites: Vec::with_capacity(SITES_MAX),
            load: LoadHistory::new(),
            rules,
            last_minute: 0.0,
            is_crowded: false,
        }
    }

    /// Takes the load of the process, as [`LeakDetector::observe`] does, with each sample.
    ///
    /// [`LeakDetector::observe`]: crate::memory::LeakDetector::observe
    pub fn observe_load(&mut self, minute: f64, load: f64) {
        if (0.0..=MINUTE_MAX).contains(&minute) {
            self.load.roll(minute);
            self.load.add(load);
        }
    }

    /// Takes the old bytes of all call-sites that have any, every five minutes.
    ///
    /// A tracked site that is not among them has none. Checks that are due before `minute` come first.
    pub fn observe_sites(&mut self, minute: f64, all: &[SiteBytes]) {
        if !(self.last_minute..=MINUTE_MAX).contains(&minute) {
            return;
        }
        self.last_minute = minute;
        for tracked in &mut self.sites {
            tracked.begin(minute);
        }
        let is_sane = |site: &&SiteBytes| (0.0..BYTES_MAX).contains(&site.old_bytes);
        let of = |site| move |tracked: &&mut TrackedSite| tracked.site() == site;
        for sample in all.iter().filter(is_sane) {
            if let Some(tracked) = self.sites.iter_mut().find(of(sample.site)) {
                tracked.set(sample.old_bytes);
            }
        }
        // Only now is it known which is the smallest.
        for sample in all.iter().filter(is_sane) {
            if !self.sites.iter().any(|tracked| tracked.site() == sample.site) {
                self.track(minute, sample);
            }
        }
        for tracked in &mut self.sites {
            tracked.end();
        }
    }

    /// Makes the check at `minute`, that of a verdict of the process's live heap.
    ///
    /// `base_bytes` is the base of the live heap. `interval_bytes` is the distance between two
    /// samples of the allocator: growth of less than four of them is noise.
    pub fn check(&mut self, minute: f64, base_bytes: f64, interval_bytes: f64) {
        if !(self.last_minute..=MINUTE_MAX).contains(&minute) {
            return;
        }
        self.last_minute = minute;
        let due = super::bucket_of(minute, 1);
        self.load.roll(minute);
        self.load.judge(due);
        let scope = Scope {
            minute: due,
            base_bytes,
            load_growth: self.load.growth(),
            site_floor_bytes: Some(SAMPLES_MIN * interval_bytes),
        };
        for tracked in &mut self.sites {
            tracked.check(&scope);
        }
    }

    /// Returns the sites whose own verdict held at the last check, in no order.
    pub fn confirmed(&self) -> impl Iterator<Item = LeakingSite> + '_ {
        self.sites.iter().filter(|tracked| tracked.is_confirmed()).map(TrackedSite::leaking)
    }

    /// Returns the sites to name: those with a verdict of the last 24 h, first come first, then
    /// those with a record, highest first.
    pub fn leaking(&self) -> LeakingSites {
        let is_named = |site: &LeakingSite| {
            let has_record = site.record_margin_ratio.is_some_and(|margin| margin > 0.0);
            site.confirmed_minute.is_some() || has_record
        };
        let mut sites: Vec<_> =
            self.sites.iter().map(TrackedSite::leaking).filter(is_named).collect();
        sites.sort_unstable_by(best_first);
        sites.truncate(NAMED_MAX);
        let has_verdict = sites.first().is_some_and(|site| site.confirmed_minute.is_some());
        let status =
            if has_verdict { LeakingSiteStatus::Confirmed } else { LeakingSiteStatus::Candidates };
        LeakingSites { status, sites }
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.sites.capacity().saturating_mul(size_of::<TrackedSite>())
    }

    /// Begins to track a site, in place of a smaller one when there is no room.
    fn track(&mut self, minute: f64, sample: &SiteBytes) {
        if self.sites.len() < SITES_MAX {
            // One that was there before is flat until now; a new one comes from nothing.
            let before = if self.is_crowded { sample.old_bytes } else { 0.0 };
            let tracked = TrackedSite::new(sample, before, minute, self.rules);
            self.sites.push(tracked);
            return;
        }
        self.is_crowded = true;
        let by_bytes =
            |a: &&mut TrackedSite, b: &&mut TrackedSite| a.old_bytes().total_cmp(&b.old_bytes());
        let smallest =
            self.sites.iter_mut().filter(|tracked| !tracked.is_leaking()).min_by(by_bytes);
        if let Some(smallest) = smallest.filter(|it| it.old_bytes() < sample.old_bytes) {
            *smallest = TrackedSite::new(sample, sample.old_bytes, minute, self.rules);
        }
    }
}

impl Default for SiteLeakDetectors {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SiteLeakDetectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteLeakDetectors")
            .field("sites", &self.sites.len())
            .field("is_crowded", &self.is_crowded)
            .finish_non_exhaustive()
    }
}

fn best_first(a: &LeakingSite, b: &LeakingSite) -> Ordering {
    let confirmed = |site: &LeakingSite| site.confirmed_minute.unwrap_or(f64::INFINITY);
    let margin = |site: &LeakingSite| site.record_margin_ratio.unwrap_or(f64::NEG_INFINITY);
    let by_verdict = confirmed(a).total_cmp(&confirmed(b));
    by_verdict.then_with(|| margin(b).total_cmp(&margin(a))).then_with(|| a.site.cmp(&b.site))
}

/// Sites that are tracked.
const SITES_MAX: usize = 128;

/// Sites that an alert names.
const NAMED_MAX: usize = 5;

/// Growth of fewer samples is noise.
const SAMPLES_MIN: f64 = 4.0;
