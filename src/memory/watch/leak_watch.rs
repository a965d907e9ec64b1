//! What is done about the findings: alerts told, gauges shown, memory asked back.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::metrics::Meter;

use crate::catalog::event;
use crate::diagnostics::Diagnostics;
use crate::logging::OwnEvents;
use crate::memory::alert::{self, LeakAlert, LeakCallback, LeakCallbacks, LeakCause};
use crate::memory::bounded;
use crate::memory::hooks::HookCounts;
use crate::memory::leak::LeakState;
use crate::memory::pressure::{PressureMeter, PressureThresholds};
use crate::memory::reclaim::{ReclaimObserver, ReclaimReport, Reclaimer};
use crate::memory::watch::board::WatchBoard;
use crate::memory::watch::heap_sites::{HeapSites, SiteReader};
use crate::memory::watch::instruments::{self, ReclaimMetrics};
use crate::memory::watch::judge::{AlertDraft, Finding, Judge, JudgeSettings};
use crate::memory::watch::load;
use crate::memory::watch::profiles::ProfileWriter;
use crate::memory::watch::sample::WatchSample;

/// What the watch needs of the rest.
pub(crate) struct WatchParts {
    /// In front of the number of an alert: tells processes apart.
    pub(crate) id_prefix: String,
    pub(crate) confirm_without_load: bool,
    /// `None`: memory is never asked back by itself.
    pub(crate) pressure: Option<PressureThresholds>,
    pub(crate) events: OwnEvents,
    pub(crate) voice: Arc<Diagnostics>,
    pub(crate) meter: Option<Meter>,
    pub(crate) callback: Option<LeakCallback>,
    pub(crate) reclaimer: Arc<Reclaimer>,
    pub(crate) sites: SiteReader,
    pub(crate) profiles: Option<ProfileWriter>,
}

/// Holds what is known of the process, and whom to tell.
#[derive(Debug)]
pub(crate) struct LeakWatch {
    judge: Judge,
    sites: HeapSites,
    pressure: Option<PressureMeter>,
    events: OwnEvents,
    voice: Arc<Diagnostics>,
    callbacks: Option<Arc<LeakCallbacks>>,
    counts: Arc<HookCounts>,
    board: Arc<WatchBoard>,
    reclaimer: Arc<Reclaimer>,
    /// Lives as long as the watch, so that the reclaimer tells it of each run.
    _metrics: Option<Arc<dyn ReclaimObserver>>,
    probe: ProbeWish,
    /// What the allocator gave back, once it has.
    answer: Arc<Mutex<Option<ReclaimReport>>>,
    profiles: Option<ProfileWriter>,
    findings: Vec<Finding>,
}

/// Whether the allocator shall be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum ProbeWish {
    None,
    /// As soon as nothing else is given back.
    Wanted,
    UnderWay,
}

impl LeakWatch {
    pub(crate) fn new(parts: WatchParts) -> Self {
        let (board, counts) = (Arc::new(WatchBoard::new()), Arc::<HookCounts>::default());
        let metrics = parts.meter.map(|meter| {
            instruments::register(&meter, &board, [&counts, &parts.reclaimer.counts]);
            let metrics: Arc<dyn ReclaimObserver> = Arc::new(ReclaimMetrics::new(&meter, &board));
            parts.reclaimer.observe(&metrics);
            metrics
        });
        Self {
            judge: Judge::new(JudgeSettings {
                id_prefix: parts.id_prefix,
                confirm_without_load: parts.confirm_without_load,
                can_probe: parts.pressure.is_some(),
            }),
            sites: HeapSites::new(parts.sites),
            pressure: parts.pressure.map(PressureMeter::new),
            events: parts.events,
            voice: parts.voice,
            callbacks: parts.callback.map(|callback| LeakCallbacks::new(callback, &counts)),
            counts,
            board,
            reclaimer: parts.reclaimer,
            _metrics: metrics,
            probe: ProbeWish::None,
            answer: Arc::default(),
            profiles: parts.profiles,
            findings: Vec::new(),
        }
    }

    /// Takes one sample, but for what declared consumers use.
    pub(crate) fn observe(&mut self, mut sample: WatchSample) {
        sample.bounded_bytes = load::to_f64(bounded::measure(&self.counts, &self.voice));
        let mut findings = std::mem::take(&mut self.findings);
        self.take_answer(&mut findings);
        let sites = self.sites.read(sample.minute);
        if sites.is_some() {
            self.board.show_old(self.sites.oldest());
        }
        let interval_bytes = self.sites.interval_bytes();
        self.judge.observe(&sample, sites.as_deref(), interval_bytes, &mut findings);
        for finding in findings.drain(..) {
            match finding {
                Finding::Alert(draft) => self.tell(sample.minute, *draft),
                Finding::Probe => self.probe = ProbeWish::Wanted,
            }
        }
        self.findings = findings;
        self.relieve(&sample);
        self.ask();
        self.board.show(&self.judge.shown(), sample.retained_bytes());
    }

    /// Whether the allocator was asked and has not answered yet.
    #[cfg(test)]
    pub(super) fn is_asking(&self) -> bool {
        let has_answered = self.answer.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        self.probe == ProbeWish::UnderWay && !has_answered
    }

    fn tell(&mut self, minute: f64, draft: AlertDraft) {
        let AlertDraft { alert: mut told, sites } = draft;
        if told.state != LeakState::Cleared && is_of_call_sites(told.cause) {
            told.culprit = self.sites.culprit(&sites);
        }
        told.profile_id = self.profile(minute, &told);
        told.message = alert::sentence(&told);
        alert::tell(&told, &self.events);
        if !told.is_update() {
            self.board.count_alert(&told);
        }
        if let Some(callbacks) = &self.callbacks {
            callbacks.call(&told);
        }
    }

    /// A confirmed leak comes with a profile, where there is a place for it.
    fn profile(&mut self, minute: f64, told: &LeakAlert) -> Option<String> {
        let is_confirmed = told.event_name() == event::MEMORY_LEAK_CONFIRMED;
        let profiles = self.profiles.as_mut().filter(|_| is_confirmed && !told.is_update())?;
        profiles.write(minute, &told.id)
    }

    fn relieve(&mut self, sample: &WatchSample) {
        let Some(meter) = &mut self.pressure else { return };
        let (Some(used), Some(limit)) = (sample.used_bytes, sample.limit_bytes) else { return };
        if let Some(level) = meter.observe(sample.minute, used, limit) {
            // While memory is given back already, nothing more is to be had.
            let _has_begun = self.reclaimer.relieve(level);
        }
    }

    fn ask(&mut self) {
        if self.probe != ProbeWish::Wanted {
            return;
        }
        let answer = Arc::clone(&self.answer);
        let has_begun = self.reclaimer.probe(move |report| {
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
        });
        if has_begun {
            self.probe = ProbeWish::UnderWay;
        }
    }

    fn take_answer(&mut self, findings: &mut Vec<Finding>) {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(report) = answer {
            self.probe = ProbeWish::None;
            self.judge.probed(Some(&report), findings);
        }
    }
}

impl fmt::Debug for WatchParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchParts").field("id_prefix", &self.id_prefix).finish_non_exhaustive()
    }
}

/// Whether call-sites can hold what grows: not what the allocator keeps, and not what it never had.
const fn is_of_call_sites(cause: LeakCause) -> bool {
    matches!(cause, LeakCause::Exhaustion | LeakCause::Leak)
}
