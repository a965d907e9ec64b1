//! One call-site.

use crate::memory::leak::rules::LeakRules;
use crate::memory::leak::sites::{LeakingSite, SiteBytes};
use crate::memory::leak::track::{Scope, Track};
use crate::memory::leak::verdict::LeakLevel;

/// The windows of a call-site, and when its own verdict came.
#[derive(Clone, Debug)]
pub(super) struct TrackedSite {
    site: u64,
    track: Track,
    old_bytes: f64,
    growth_bytes_per_hour: f64,
    record_margin: Option<f64>,
    /// First and last check of a verdict that is not older than a day.
    confirmed: Option<(u32, u32)>,
    /// Whether the verdict held at the last check.
    is_confirmed: bool,
}

impl TrackedSite {
    /// A site that had `before` bytes from age zero until now.
    pub(super) fn new(sample: &SiteBytes, before: f64, minute: f64, rules: LeakRules) -> Self {
        Self {
            site: sample.site,
            track: Track::flat(before, minute, rules),
            old_bytes: sample.old_bytes,
            growth_bytes_per_hour: 0.0,
            record_margin: None,
            confirmed: None,
            is_confirmed: false,
        }
    }

    /// Begins a round of samples: a site that is not named in it has nothing.
    pub(super) fn begin(&mut self, minute: f64) {
        self.track.roll(minute);
        self.old_bytes = 0.0;
    }

    pub(super) fn set(&mut self, old_bytes: f64) {
        self.old_bytes = old_bytes;
    }

    /// Ends the round.
    pub(super) fn end(&mut self) {
        self.track.add(self.old_bytes);
    }

    pub(super) fn check(&mut self, scope: &Scope) {
        self.track.roll(f64::from(scope.minute));
        let finding = self.track.check(scope);
        self.is_confirmed = finding.level == LeakLevel::Confirmed;
        self.record_margin = finding.record_margin;
        self.growth_bytes_per_hour = finding
            .evidence
            .map_or_else(|| self.track.growth_bytes_per_hour(scope), |e| e.growth_bytes_per_hour);
        if self.is_confirmed {
            let first = self.confirmed.map_or(scope.minute, |(first, _)| first);
            self.confirmed = Some((first, scope.minute));
        } else {
            let is_recent =
                |(_, last): &(u32, u32)| scope.minute.saturating_sub(*last) < FORGET_MINUTES;
            self.confirmed = self.confirmed.filter(is_recent);
        }
    }

    pub(super) fn leaking(&self) -> LeakingSite {
        LeakingSite {
            site: self.site,
            old_bytes: self.old_bytes,
            growth_bytes_per_hour: self.growth_bytes_per_hour,
            record_margin_ratio: self.record_margin,
            confirmed_minute: self.confirmed.map(|(first, _)| f64::from(first)),
        }
    }

    pub(super) fn site(&self) -> u64 {
        self.site
    }

    pub(super) fn old_bytes(&self) -> f64 {
        self.old_bytes
    }

    /// Whether its own verdict held at the last check.
    pub(super) fn is_confirmed(&self) -> bool {
        self.is_confirmed
    }

    /// Whether it had a verdict of its own within a day.
    pub(super) fn is_leaking(&self) -> bool {
        self.confirmed.is_some()
    }
}

/// As long as a process's alert stays up without a verdict.
const FORGET_MINUTES: u32 = 24 * 60;
