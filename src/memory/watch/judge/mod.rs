//! From samples to alerts: pure. Time, memory and sites come in; what to tell and to ask comes out.

mod draft;
mod shown;
#[cfg(test)]
mod tests;

use crate::memory::leak::{
    ExhaustionChange, ExhaustionDetector, LeakDetector, LeakLevel, LeakState, LeakStateMachine,
    LeakTransition, LeakVerdict, LeakingSiteStatus, LeakingSites, SiteBytes, SiteLeakDetectors,
};
use crate::memory::reclaim::ReclaimReport;
use crate::memory::watch::decision::{CheckFacts, Decision, Growing, ProbeOutcome, decide};
use crate::memory::watch::growth::GrowthHistory;
use crate::memory::watch::load::LoadMeter;
use crate::memory::watch::probe::ProbeMemory;
use crate::memory::watch::sample::WatchSample;

pub(crate) use crate::memory::watch::judge::draft::AlertDraft;
pub(crate) use crate::memory::watch::judge::shown::Shown;

/// What is decided at start.
#[derive(Clone, Debug)]
pub(crate) struct JudgeSettings {
    /// In front of the number of an alert.
    pub(crate) id_prefix: String,
    pub(crate) confirm_without_load: bool,
    /// Whether the allocator may be asked.
    pub(crate) can_probe: bool,
}

/// What a sample led to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Finding {
    Alert(Box<AlertDraft>),
    /// The allocator shall be asked; [`Judge::probed`] takes the answer.
    Probe,
}

/// Holds all that is known of one process.
#[derive(Debug)]
pub(crate) struct Judge {
    settings: JudgeSettings,
    live: LeakDetector,
    rss: LeakDetector,
    sites: SiteLeakDetectors,
    exhaustion: ExhaustionDetector,
    machine: LeakStateMachine,
    load: LoadMeter,
    /// What the allocator holds beyond the live heap.
    held_growth: GrowthHistory,
    live_growth: GrowthHistory,
    declared_growth: GrowthHistory,
    probe: ProbeMemory,
    /// A check that waits for the answer of the allocator.
    pending: Option<Check>,
    /// What the present alert, or the last one, is about.
    speaking: Option<Speaking>,
    /// The call-site that was told of the present alert.
    told_site: Option<u64>,
    recurrence: u32,
    last: WatchSample,
    is_load_known: bool,
    live_minute: Option<f64>,
    sites_minute: Option<f64>,
    retained_minute: Option<f64>,
    /// How many alerts there were that are none of a leak.
    exhaustions: u64,
    retentions: u64,
    /// When the limit was said to be near, and how far away it was.
    warned: Option<(f64, f64)>,
    shown: Shown,
}

#[derive(Clone, Copy, Debug)]
struct Check {
    minute: f64,
    facts: CheckFacts,
}

#[derive(Clone, Copy, Debug)]
struct Speaking {
    growing: Growing,
    verdict: Option<LeakVerdict>,
}

impl Judge {
    pub(crate) fn new(settings: JudgeSettings) -> Self {
        Self {
            settings,
            live: LeakDetector::new(),
            rss: LeakDetector::new(),
            sites: SiteLeakDetectors::new(),
            exhaustion: ExhaustionDetector::new(),
            machine: LeakStateMachine::new(),
            load: LoadMeter::default(),
            held_growth: GrowthHistory::new(),
            live_growth: GrowthHistory::new(),
            declared_growth: GrowthHistory::new(),
            probe: ProbeMemory::default(),
            pending: None,
            speaking: None,
            told_site: None,
            recurrence: 0,
            last: WatchSample::default(),
            is_load_known: false,
            live_minute: None,
            sites_minute: None,
            retained_minute: None,
            exhaustions: 0,
            retentions: 0,
            warned: None,
            shown: Shown::default(),
        }
    }

    /// Takes one sample, after the checks that were due before it. `sites` are the old bytes of
    /// call-sites, when it is time for them; `interval_bytes` is the distance between their samples.
    pub(crate) fn observe(
        &mut self,
        sample: &WatchSample,
        sites: Option<&[SiteBytes]>,
        interval_bytes: f64,
        findings: &mut Vec<Finding>,
    ) {
        let minute = sample.minute;
        loop {
            let (live, rss) = (self.live.advance(minute), self.rss.advance(minute));
            let Some(due) = live.or(rss).map(|verdict| verdict.minute) else { break };
            self.check(due, live, rss, interval_bytes, findings);
        }
        let load = self.load.observe(minute, sample.work);
        self.is_load_known = load.is_some();
        let (live, rss) = (sample.live_signal(), sample.rss_signal());
        self.live.observe(minute, live.unwrap_or_default(), load);
        self.rss.observe(minute, rss.unwrap_or_default(), load);
        if let Some(load) = load {
            self.sites.observe_load(minute, load);
        }
        if let Some(sites) = sites {
            self.sites.observe_sites(minute, sites);
            self.sites_minute = Some(minute);
        }
        if let (Some(held), Some(live)) = (sample.held_bytes, sample.live_bytes) {
            self.held_growth.add(held - live);
        }
        if let Some(live) = live {
            self.live_growth.add(live);
            self.live_minute = Some(minute);
        }
        self.declared_growth.add(sample.bounded_bytes);
        self.last = *sample;
        let used_bytes = sample.used_bytes.unwrap_or_default();
        let change = self.exhaustion.observe(minute, used_bytes, sample.limit_bytes);
        match change {
            Some(ExhaustionChange::Warned { minute, time_to_limit_hours }) => {
                self.warned = Some((minute, time_to_limit_hours));
                findings.push(self.exhaustion_alert(time_to_limit_hours));
            }
            Some(ExhaustionChange::Cleared { .. }) => self.warned = None,
            None => {}
        }
    }

    /// Takes what the allocator gave back when it was asked; `None`: it could not be asked.
    pub(crate) fn probed(&mut self, report: Option<&ReclaimReport>, findings: &mut Vec<Finding>) {
        let Some(mut check) = self.pending.take() else { return };
        let rss = check.facts.rss.and_then(|rss| rss.evidence);
        let growth_bytes = rss.map_or(0.0, |evidence| evidence.growth_bytes);
        check.facts.probe = self.probe.answer(self.last.minute, growth_bytes, report);
        self.conclude(&check, decide(&check.facts), findings);
    }

    fn check(
        &mut self,
        minute: f64,
        live: Option<LeakVerdict>,
        rss: Option<LeakVerdict>,
        interval_bytes: f64,
        findings: &mut Vec<Finding>,
    ) {
        // The allocator has not answered for half an hour: it hangs.
        self.probed(None, findings);
        self.held_growth.close();
        self.live_growth.close();
        self.declared_growth.close();
        let is_live_known = self.live_minute.is_some_and(|last| minute - last < KNOWN_MINUTES);
        let live = live.filter(|_| is_live_known);
        if let Some(base_bytes) = live.and_then(|live| live.base_bytes) {
            self.sites.check(minute, base_bytes, interval_bytes);
        }
        let probe = self.probe.outcome(minute, rss.as_ref());
        let probe = if self.settings.can_probe { probe } else { ProbeOutcome::Unavailable };
        let scale_hours = rss.and_then(|rss| rss.evidence).map(|evidence| evidence.scale_hours);
        let facts = CheckFacts {
            live,
            rss,
            is_site_confirmed: self.has_leaking_site(),
            probe,
            held_growth_bytes: scale_hours.and_then(|it| self.held_growth.growth_bytes(it)),
            live_growth_bytes: scale_hours.and_then(|it| self.live_growth.growth_bytes(it)),
            confirm_without_load: self.settings.confirm_without_load,
        };
        let check = Check { minute, facts };
        self.conclude(&check, decide(&facts), findings);
    }

    fn conclude(&mut self, check: &Check, decision: Decision, findings: &mut Vec<Finding>) {
        let level = match decision {
            Decision::Ask { .. } => {
                self.pending = Some(*check);
                findings.push(Finding::Probe);
                return;
            }
            Decision::Growing(growing) => {
                let verdict = draft::verdict_of(growing.signal, &check.facts);
                self.speaking = Some(Speaking { growing, verdict });
                growing.level
            }
            Decision::Quiet => LeakLevel::None,
            Decision::Retained { returned_bytes } => {
                findings.extend(self.retained_alert(check, returned_bytes));
                LeakLevel::None
            }
        };
        match self.machine.step(check.minute, level) {
            Some(transition) => {
                self.recurrence = transition.recurrence;
                self.told_site = None;
                if transition.is_event() {
                    findings.push(self.leak_alert(check, transition));
                }
            }
            None => findings.extend(self.update(check)),
        }
        self.show(check);
    }

    /// Whether a call-site has a verdict of its own. What declared consumers hold is some site's, too:
    /// where they grew by at least [`DECLARED_SHARE`] of what the sites did, it is theirs.
    fn has_leaking_site(&self) -> bool {
        let rates = || self.sites.confirmed().map(|site| site.growth_bytes_per_hour.max(0.0));
        let declared = DECLARED_HOURS
            .into_iter()
            .filter_map(|hours| Some(self.declared_growth.growth_bytes(hours)? / f64::from(hours)));
        let declared = declared.fold(0.0, f64::max);
        let is_declared = declared > 0.0 && declared >= DECLARED_SHARE * rates().sum::<f64>();
        rates().next().is_some() && !is_declared
    }

    /// A culprit that was found after its alert was told.
    fn update(&mut self, check: &Check) -> Option<Finding> {
        let state = self.machine.state();
        if !matches!(state, LeakState::Suspected | LeakState::Confirmed) {
            return None;
        }
        let found = confirmed_site(&self.sites.leaking())?;
        if self.told_site == Some(found) {
            return None;
        }
        let (alert, recurrence) = (self.machine.alert(), self.recurrence);
        let same = LeakTransition { from: state, to: state, alert, recurrence };
        Some(self.leak_alert(check, same))
    }
}

/// The site to name, when it has a verdict of its own.
fn confirmed_site(leaking: &LeakingSites) -> Option<u64> {
    let is_confirmed = leaking.status == LeakingSiteStatus::Confirmed;
    leaking.sites.first().filter(|_| is_confirmed).map(|site| site.site)
}

/// The windows of the detector: growth of a site may be that of any of them.
const DECLARED_HOURS: [u32; 5] = [2, 6, 12, 24, 48];

/// Scored on the generator of the development corpus, 400 healthy services and 400 that leak, ordinary and hard,
/// each with a declared cache that fills. At 0.5 there are 0.17 false suspicions in a process-month, and 0.990
/// of the leaking sites are found, in 60 h in the median; from 0.2 to 0.6 they are 0.15 to 0.22 and 0.983 to
/// 0.990, at 0.8 0.31 and 0.993. Without the rule they are 1.25 and 0.993, and a rule that drops every site
/// while a declared consumer grows at all has 0.14 and 0.910. What the process's own verdict finds, in 25 h in
/// the median, does not depend on it.
const DECLARED_SHARE: f64 = 0.5;

/// How long the live heap counts as known after its last sample.
const KNOWN_MINUTES: f64 = 60.0;
