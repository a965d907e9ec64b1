//! Whole lives of processes, minute by minute.

mod decisions;
mod probes;
mod series;
mod sites;

use std::time::Duration;

use crate::memory::alert::{LeakAlert, LeakCause, LeakSource};
use crate::memory::leak::{LeakState, SiteBytes};
use crate::memory::reclaim::{ReclaimReport, ReclaimStatus};
use crate::memory::watch::judge::{AlertDraft, Finding, Judge, JudgeSettings};
use crate::memory::watch::sample::WatchSample;

pub(super) const SUSPECTED: &str = "beacon.memory.leak_suspected";
pub(super) const CONFIRMED: &str = "beacon.memory.leak_confirmed";
pub(super) const CLEARED: &str = "beacon.memory.leak_cleared";
pub(super) const EXHAUSTION: &str = "beacon.memory.exhaustion";
pub(super) const RETAINED: &str = "beacon.memory.retained";

pub(super) const MB: f64 = 1e6;
pub(super) const DAY: f64 = 24.0 * 60.0;

/// A process, and what was found out about it.
pub(super) struct Life {
    pub(super) judge: Judge,
    pub(super) alerts: Vec<AlertDraft>,
    /// Minutes at which the allocator was asked.
    pub(super) asked: Vec<f64>,
    findings: Vec<Finding>,
    minute: u32,
}

impl Life {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut JudgeSettings)) -> Self {
        let mut settings = JudgeSettings {
            id_prefix: "5e0be100".to_owned(),
            confirm_without_load: false,
            can_probe: true,
        };
        change(&mut settings);
        let judge = Judge::new(settings);
        Self { judge, alerts: Vec::new(), asked: Vec::new(), findings: Vec::new(), minute: 0 }
    }

    /// Lives until `minute`, without call-sites, with an allocator that gives nothing back.
    pub(super) fn run(&mut self, minute: f64, series: impl Fn(f64) -> WatchSample) {
        self.run_with(minute, series, |_| None, keeps);
    }

    pub(super) fn run_with(
        &mut self,
        minute: f64,
        series: impl Fn(f64) -> WatchSample,
        sites: impl Fn(f64) -> Option<Vec<SiteBytes>>,
        allocator: impl Fn(f64) -> Option<f64>,
    ) {
        while f64::from(self.minute) < minute {
            let now = f64::from(self.minute);
            let sample = series(now);
            let sites = self.minute.is_multiple_of(5).then(|| sites(now)).flatten();
            self.judge.observe(&sample, sites.as_deref(), 512.0 * 1024.0, &mut self.findings);
            let rss_bytes = sample.rss_bytes.unwrap_or_default();
            self.take(now, rss_bytes, &allocator);
            self.minute = self.minute.saturating_add(1);
        }
    }

    fn take(&mut self, now: f64, rss_bytes: f64, allocator: &impl Fn(f64) -> Option<f64>) {
        for finding in std::mem::take(&mut self.findings) {
            match finding {
                Finding::Alert(draft) => self.alerts.push(*draft),
                Finding::Probe => {
                    self.asked.push(now);
                    let Some(returned_bytes) = allocator(now) else { continue };
                    let report = report(rss_bytes, returned_bytes);
                    self.judge.probed(Some(&report), &mut self.findings);
                }
            }
        }
        if !self.findings.is_empty() {
            self.take(now, rss_bytes, allocator);
        }
    }

    /// Each alert: what it is called, and why.
    pub(super) fn told(&self) -> Vec<(&'static str, LeakCause)> {
        self.alerts.iter().map(|draft| (draft.alert.event_name(), draft.alert.cause)).collect()
    }

    pub(super) fn last(&self) -> &LeakAlert {
        &self.alerts.last().expect("an alert").alert
    }

    pub(super) fn states(&self) -> Vec<LeakState> {
        self.alerts.iter().map(|draft| draft.alert.state).collect()
    }
}

/// An allocator that gives nothing back. Another one gives back some bytes, or never answers.
#[expect(clippy::unnecessary_wraps, reason = "as other allocators of these tests")]
pub(super) fn keeps(_minute: f64) -> Option<f64> {
    Some(0.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of a test")]
fn report(before_bytes: f64, returned_bytes: f64) -> ReclaimReport {
    ReclaimReport {
        status: ReclaimStatus::Done,
        before_bytes: Some(before_bytes as u64),
        after_bytes: Some((before_bytes - returned_bytes) as u64),
        returned_bytes: returned_bytes as u64,
        duration: Duration::from_millis(10),
        hooks_run: 0,
        hooks_failed: 0,
    }
}

/// 600 spans a minute, whatever happens.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "minutes of a test")]
pub(super) fn steady_work(minute: f64) -> u64 {
    (minute * 600.0) as u64
}

/// A process whose live heap and resident memory are known, in MB.
pub(super) fn both(minute: f64, live_mb: f64, rss_mb: f64) -> WatchSample {
    WatchSample {
        minute,
        live_bytes: Some(live_mb * MB),
        live_source: Some(LeakSource::Tracking),
        rss_bytes: Some(rss_mb * MB),
        work: Some(steady_work(minute)),
        ..WatchSample::default()
    }
}

/// A process of which only the resident memory is known, in MB.
pub(super) fn rss(minute: f64, rss_mb: f64) -> WatchSample {
    WatchSample {
        minute,
        rss_bytes: Some(rss_mb * MB),
        work: Some(steady_work(minute)),
        ..WatchSample::default()
    }
}
