//! Where metric callbacks read: atomics that the watch writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwap;

use crate::memory::alert::{LeakAlert, LeakCause, LeakSignal};
use crate::memory::leak::LeakState;
use crate::memory::reclaim::ReclaimTrigger;
use crate::memory::watch::judge::Shown;

/// What is shown of one process.
#[derive(Debug)]
pub(crate) struct WatchBoard {
    states: [AtomicU64; LeakSignal::ALL.len()],
    growth: [AtomicU64; LeakSignal::ALL.len()],
    time_to_limit: AtomicU64,
    retained: AtomicU64,
    alerts: [[AtomicU64; LeakCause::ALL.len()]; STATES.len()],
    returned: [AtomicU64; ReclaimTrigger::ALL.len()],
    old: ArcSwap<OldSites>,
}

/// The call-sites with most old bytes.
#[derive(Debug, Default)]
pub(crate) struct OldSites(pub(crate) Vec<OldSite>);

/// Old bytes of one call-site.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OldSite {
    pub(crate) site: String,
    pub(crate) span: String,
    pub(crate) bytes: f64,
}

/// The states that an alert can be in.
pub(crate) const STATES: [LeakState; 4] =
    [LeakState::Healthy, LeakState::Cleared, LeakState::Suspected, LeakState::Confirmed];

impl WatchBoard {
    pub(crate) fn new() -> Self {
        Self {
            states: [const { AtomicU64::new(UNKNOWN) }; 3],
            growth: [const { AtomicU64::new(UNKNOWN) }; 3],
            time_to_limit: AtomicU64::new(UNKNOWN),
            retained: AtomicU64::new(UNKNOWN),
            alerts: Default::default(),
            returned: Default::default(),
            old: ArcSwap::default(),
        }
    }

    pub(crate) fn show(&self, shown: &Shown, retained_bytes: Option<f64>) {
        for (slot, state) in self.states.iter().zip(shown.states) {
            slot.store(state.map_or(UNKNOWN, number), Relaxed);
        }
        for (slot, growth) in self.growth.iter().zip(shown.growth_bytes_per_hour) {
            store(slot, growth);
        }
        store(&self.time_to_limit, shown.time_to_limit_hours.map(|hours| hours * 3600.0));
        store(&self.retained, retained_bytes);
    }

    pub(crate) fn show_old(&self, sites: Vec<OldSite>) {
        self.old.store(Arc::new(OldSites(sites)));
    }

    pub(crate) fn count_alert(&self, alert: &LeakAlert) {
        if let Some(count) = self.alert_cell(alert.state, alert.cause) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn count_returned(&self, trigger: ReclaimTrigger, bytes: u64) {
        if let Some(count) = self.returned.get(trigger as usize) {
            count.fetch_add(bytes, Relaxed);
        }
    }

    pub(crate) fn state(&self, signal: LeakSignal) -> Option<u64> {
        let state = self.states.get(signal as usize)?.load(Relaxed);
        (state != UNKNOWN).then_some(state)
    }

    pub(crate) fn growth(&self, signal: LeakSignal) -> Option<f64> {
        self.growth.get(signal as usize).and_then(load)
    }

    /// In seconds.
    pub(crate) fn time_to_limit(&self) -> Option<f64> {
        load(&self.time_to_limit)
    }

    pub(crate) fn retained_bytes(&self) -> Option<f64> {
        load(&self.retained)
    }

    pub(crate) fn alerts(&self, state: LeakState, cause: LeakCause) -> u64 {
        self.alert_cell(state, cause).map_or(0, |count| count.load(Relaxed))
    }

    pub(crate) fn returned(&self, trigger: ReclaimTrigger) -> u64 {
        self.returned.get(trigger as usize).map_or(0, |count| count.load(Relaxed))
    }

    pub(crate) fn old(&self) -> Arc<OldSites> {
        self.old.load_full()
    }

    fn alert_cell(&self, state: LeakState, cause: LeakCause) -> Option<&AtomicU64> {
        let place = STATES.iter().position(|other| *other == state)?;
        self.alerts.get(place)?.get(cause as usize)
    }
}

/// What `beacon.memory.leak.state` shows.
const fn number(state: LeakState) -> u64 {
    match state {
        LeakState::Healthy | LeakState::Cleared => 0,
        LeakState::Suspected => 1,
        LeakState::Confirmed => 2,
    }
}

fn store(slot: &AtomicU64, value: Option<f64>) {
    slot.store(value.map_or(UNKNOWN, f64::to_bits), Relaxed);
}

fn load(slot: &AtomicU64) -> Option<f64> {
    let bits = slot.load(Relaxed);
    (bits != UNKNOWN).then_some(f64::from_bits(bits))
}

/// No number that is shown: as bits it is a NaN.
const UNKNOWN: u64 = u64::MAX;
