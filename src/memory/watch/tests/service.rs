//! A service with telemetry, whose memory is made up.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::clock::{Clock as _, SystemClock};
use crate::collector::ReceivedLog;
use crate::memory::alert::LeakSource;
use crate::memory::pressure::PressureThresholds;
use crate::memory::reclaim::{Reclaimer, ReclaimerParts};
use crate::memory::watch::heap_sites::{SiteNow, SiteReader};
use crate::memory::watch::leak_watch::{LeakWatch, WatchParts};
use crate::memory::watch::sample::WatchSample;
use crate::testing::{ManualClock, TestTelemetry};

pub(super) const MB: f64 = 1e6;
pub(super) const DAY: f64 = 24.0 * 60.0;

pub(super) struct Service {
    pub(super) test: TestTelemetry,
    pub(super) watch: LeakWatch,
    pub(super) reclaimer: Arc<Reclaimer>,
    /// What the allocator gives back when it is asked, in bytes.
    pub(super) free: Arc<AtomicU64>,
    pub(super) trims: Arc<AtomicU64>,
    /// Old bytes of the call-sites that are sampled.
    pub(super) sites: Arc<Mutex<Vec<SiteNow>>>,
    minute: u32,
}

impl Service {
    pub(super) fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub(super) fn start_with(change: impl FnOnce(&mut WatchParts)) -> Self {
        let test = TestTelemetry::start().expect("telemetry");
        let (free, trims) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let reclaimer = reclaimer(&free, &trims);
        let sites = Arc::<Mutex<Vec<SiteNow>>>::default();
        let read = Arc::clone(&sites);
        let pipeline = test.telemetry().pipeline();
        let mut parts = WatchParts {
            id_prefix: "5e0be100".to_owned(),
            confirm_without_load: false,
            pressure: Some(PressureThresholds { warn_ratio: 0.8, shed_ratio: 0.9 }),
            events: pipeline.own_events(),
            voice: Arc::clone(pipeline.voice()),
            meter: pipeline.own_meter(),
            callback: None,
            reclaimer: Arc::clone(&reclaimer),
            sites: SiteReader {
                read: Arc::new(move || read.lock().expect("sites").clone()),
                name: Arc::new(|site| format!("app::place_{}", site.id)),
                interval_bytes: Arc::new(|| 524_288.0),
            },
            profiles: None,
        };
        change(&mut parts);
        let watch = LeakWatch::new(parts);
        Self { test, watch, reclaimer, free, trims, sites, minute: 0 }
    }

    /// Lives until `minute`, a sample each minute. What the allocator is asked, it has answered
    /// before the next one.
    pub(super) fn run(&mut self, minute: f64, series: impl Fn(f64) -> WatchSample) {
        while f64::from(self.minute) < minute {
            self.watch.observe(series(f64::from(self.minute)));
            self.minute = self.minute.saturating_add(1);
            while self.watch.is_asking() {
                thread::yield_now();
            }
        }
    }

    /// The records of alerts.
    pub(super) fn alerts(&self) -> Vec<ReceivedLog> {
        self.test.logs().expect("logs")
    }

    pub(super) fn events(&self) -> Vec<(String, String)> {
        let name = |log: ReceivedLog| (log.event_name, log.severity_text);
        self.alerts().into_iter().map(name).collect()
    }
}

/// Waits for what another thread does.
pub(super) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let clock = SystemClock::new();
    while !condition() {
        assert!(clock.now() < Duration::from_mins(1), "waited in vain until {what}");
        thread::yield_now();
    }
}

fn reclaimer(free: &Arc<AtomicU64>, trims: &Arc<AtomicU64>) -> Arc<Reclaimer> {
    let resident = Arc::new(AtomicU64::new(1 << 40));
    let (shown, free, trims) = (Arc::clone(&resident), Arc::clone(free), Arc::clone(trims));
    Reclaimer::new(ReclaimerParts {
        clock: Arc::new(ManualClock::new()),
        trim: Arc::new(move || {
            trims.fetch_add(1, SeqCst);
            resident.fetch_sub(free.load(SeqCst), SeqCst);
        }),
        resident_bytes: Arc::new(move || Some(shown.load(SeqCst))),
        hooks: Arc::new(Vec::new),
        hook_timeout: Duration::from_mins(1),
    })
}

/// A process that does 600 things a minute, in MB.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "minutes of a test")]
pub(super) fn both(minute: f64, live_mb: f64, rss_mb: f64) -> WatchSample {
    WatchSample {
        minute,
        live_bytes: Some(live_mb * MB),
        live_source: Some(LeakSource::Tracking),
        rss_bytes: Some(rss_mb * MB),
        used_bytes: Some(rss_mb * MB),
        limit_bytes: Some(1000.0 * MB),
        work: Some((minute * 600.0) as u64),
        ..WatchSample::default()
    }
}

/// Half of the base a day.
pub(super) fn leaking(minute: f64) -> WatchSample {
    let live_mb = 100.0 * (1.0 + 0.5 * minute / DAY);
    both(minute, live_mb, live_mb * 1.1)
}
