//! What an alert says, but for names.

use crate::memory::alert::{LeakAlert, LeakCause, LeakSignal, LeakSource};
use crate::memory::leak::{LeakEvidence, LeakState, LeakTransition, LeakVerdict, LeakingSites};
use crate::memory::watch::decision::CheckFacts;
use crate::memory::watch::judge::{Check, Finding, Judge, confirmed_site};

/// An alert without the names of call-sites and without its sentence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AlertDraft {
    pub(crate) alert: LeakAlert,
    pub(crate) sites: LeakingSites,
}

impl Judge {
    pub(super) fn leak_alert(&mut self, check: &Check, transition: LeakTransition) -> Finding {
        let growing = self.speaking.map(|speaking| speaking.growing);
        let signal = growing.map(|growing| growing.signal);
        let now = signal.and_then(|signal| verdict_of(signal, &check.facts));
        let is_over = transition.to == LeakState::Cleared;
        let sites = self.sites.leaking();
        self.told_site = confirmed_site(&sites);
        // Where the last check found nothing, the alert still is about what an earlier one found.
        let earlier = self.speaking.and_then(|speaking| speaking.verdict).filter(|_| !is_over);
        let evidence = now.and_then(|verdict| verdict.evidence);
        let evidence = evidence.or(earlier.and_then(|verdict| verdict.evidence));
        let mut alert = self.blank(check.minute, growing.map_or(LeakCause::Leak, |it| it.cause));
        alert.id = format!("{}-{}", self.settings.id_prefix, transition.alert);
        alert.recurrence = transition.recurrence;
        alert.state = transition.to;
        alert.previous_state = transition.from;
        alert.returned_bytes = growing.and_then(|growing| growing.returned_bytes);
        alert.signal = signal;
        alert.source = self.source_of(signal);
        alert.evidence = evidence.filter(|_| !is_over);
        alert.time_to_limit_hours = alert.evidence.and_then(|evidence| self.hours_left(&evidence));
        fill(&mut alert, now.or(earlier));
        Finding::Alert(Box::new(AlertDraft { alert, sites }))
    }

    /// The allocator gave back what had grown: said once a day.
    pub(super) fn retained_alert(&mut self, check: &Check, returned_bytes: f64) -> Option<Finding> {
        if self.retained_minute.is_some_and(|last| check.minute - last < RETAINED_PAUSE_MINUTES) {
            return None;
        }
        self.retained_minute = Some(check.minute);
        self.retentions = self.retentions.saturating_add(1);
        let rss = check.facts.rss;
        let mut alert = self.blank(check.minute, LeakCause::Retained);
        alert.id = format!("{}-r{}", self.settings.id_prefix, self.retentions);
        alert.signal = Some(LeakSignal::Rss);
        alert.evidence = rss.and_then(|rss| rss.evidence);
        alert.returned_bytes = Some(returned_bytes);
        fill(&mut alert, rss);
        let sites = self.sites.leaking();
        Some(Finding::Alert(Box::new(AlertDraft { alert, sites })))
    }

    pub(super) fn exhaustion_alert(&mut self, time_to_limit_hours: f64) -> Finding {
        self.exhaustions = self.exhaustions.saturating_add(1);
        let mut alert = self.blank(self.last.minute, LeakCause::Exhaustion);
        alert.id = format!("{}-x{}", self.settings.id_prefix, self.exhaustions);
        alert.current_bytes = self.last.used_bytes;
        alert.time_to_limit_hours = Some(time_to_limit_hours);
        let sites = self.sites.leaking();
        Finding::Alert(Box::new(AlertDraft { alert, sites }))
    }

    /// What every alert has.
    fn blank(&self, minute: f64, cause: LeakCause) -> LeakAlert {
        let state = self.machine.state();
        LeakAlert {
            id: String::new(),
            recurrence: 0,
            state,
            previous_state: state,
            cause,
            signal: None,
            source: LeakSource::Proc,
            load_known: self.is_load_known,
            age_hours: minute / 60.0,
            evidence: None,
            record_margin_ratio: None,
            base_bytes: None,
            current_bytes: None,
            time_to_limit_hours: None,
            limit_bytes: self.last.limit_bytes,
            retained_bytes: self.last.retained_bytes(),
            returned_bytes: None,
            culprit: None,
            profile_id: None,
            message: String::new(),
        }
    }

    fn source_of(&self, signal: Option<LeakSignal>) -> LeakSource {
        match signal {
            Some(LeakSignal::Live) => self.last.live_source.unwrap_or(LeakSource::Proc),
            Some(LeakSignal::Site) => LeakSource::Tracking,
            Some(LeakSignal::Rss) | None => LeakSource::Proc,
        }
    }

    /// When what is used now, growing like this, reaches the limit.
    pub(super) fn hours_left(&self, evidence: &LeakEvidence) -> Option<f64> {
        evidence.time_to_limit_hours(self.last.used_bytes?, self.last.limit_bytes?)
    }
}

/// The verdict of the signal; a call-site has none of the process's, so the live heap's numbers
/// stand for it.
pub(super) fn verdict_of(signal: LeakSignal, facts: &CheckFacts) -> Option<LeakVerdict> {
    match signal {
        LeakSignal::Live | LeakSignal::Site => facts.live,
        LeakSignal::Rss => facts.rss,
    }
}

fn fill(alert: &mut LeakAlert, verdict: Option<LeakVerdict>) {
    let Some(verdict) = verdict else { return };
    alert.load_known = verdict.load_known;
    alert.record_margin_ratio = verdict.record_margin_ratio;
    alert.base_bytes = verdict.base_bytes;
    alert.current_bytes = verdict.current_bytes;
}

/// Memory that is retained again and again is no news; the counters have it.
const RETAINED_PAUSE_MINUTES: f64 = 24.0 * 60.0;
