//! What gauges show of the last check.

use crate::memory::alert::LeakSignal;
use crate::memory::leak::LeakState;
use crate::memory::watch::judge::{Check, Judge};

/// One place for each signal, as [`LeakSignal::ALL`] orders them. `None`: not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) states: [Option<LeakState>; 3],
    pub(crate) growth_bytes_per_hour: [Option<f64>; 3],
    pub(crate) time_to_limit_hours: Option<f64>,
}

impl Judge {
    /// Returns what gauges show now.
    pub(crate) fn shown(&self) -> Shown {
        let warned_hours = self.warned.map(|(minute, hours)| {
            let passed_hours = (self.last.minute - minute) / 60.0;
            (hours - passed_hours).max(0.0)
        });
        let time_to_limit_hours = match (self.shown.time_to_limit_hours, warned_hours) {
            (Some(leak), Some(warned)) => Some(leak.min(warned)),
            (leak, warned) => leak.or(warned),
        };
        Shown { time_to_limit_hours, ..self.shown }
    }

    pub(super) fn show(&mut self, check: &Check) {
        let Check { minute, facts } = check;
        let is_site_known = self.sites_minute.is_some_and(|last| minute - last < 60.0);
        let live = facts.live.and_then(|verdict| verdict.evidence);
        let rss = facts.rss.and_then(|verdict| verdict.evidence);
        let of_sites = self.sites.confirmed().map(|site| site.growth_bytes_per_hour);
        let decided = self.speaking.map(|speaking| speaking.growing.signal);
        // One state for the process: shown where it was decided.
        let state = |signal, is_known: bool| {
            let is_decided = decided == Some(signal);
            let state = if is_decided { self.machine.state() } else { LeakState::Healthy };
            (is_known || is_decided).then_some(state)
        };
        self.shown = Shown {
            states: [
                state(LeakSignal::Live, facts.live.is_some()),
                state(LeakSignal::Rss, facts.rss.is_some()),
                state(LeakSignal::Site, is_site_known),
            ],
            growth_bytes_per_hour: [
                live.map(|evidence| evidence.growth_bytes_per_hour),
                rss.map(|evidence| evidence.growth_bytes_per_hour),
                of_sites.reduce(f64::max),
            ],
            time_to_limit_hours: live.or(rss).and_then(|evidence| self.hours_left(&evidence)),
        };
    }
}
