//! Collects metrics when it is time, with the self-metrics fresh.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::SharedClock;
use crate::config::MetricSettings;
use crate::export::metrics::collector::{CollectOutcome, MetricCollector};
use crate::export::metrics::periodic::{collect_within, run_periodically};
use crate::export::metrics::self_metrics::SelfMetrics;

/// The collector, its interval, and what happens around each collection.
pub(crate) struct MetricPump {
    pub(crate) collector: MetricCollector,
    pub(crate) clock: SharedClock,
    pub(crate) settings: MetricSettings,
    pub(crate) self_metrics: Option<Arc<SelfMetrics>>,
    pub(crate) rounds: CollectionRounds,
}

/// Numbers the collections that callers ask for, so that those who ask at the same time share one.
#[derive(Debug, Default)]
pub(crate) struct CollectionRounds {
    begun: AtomicU64,
    /// The last that was not given up. Held by whoever collects.
    last: tokio::sync::Mutex<EndedRound>,
}

#[derive(Clone, Copy, Debug, Default)]
struct EndedRound {
    number: u64,
    is_success: bool,
}

impl fmt::Debug for MetricPump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricPump").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl MetricPump {
    /// Collects at each interval; `hand_over` sends what was collected.
    pub(crate) async fn run(&self, hand_over: impl Fn()) {
        let MetricSettings { interval, timeout, .. } = self.settings;
        run_periodically(&self.collector, &self.clock, interval, timeout, |outcome, duration| {
            self.record(outcome, duration);
            hand_over();
        })
        .await;
    }

    /// Returns when a collection has ended that began after this call, and whether it succeeded.
    /// Callers at the same time share it.
    pub(crate) async fn collect_once(&self) -> bool {
        let next = self.rounds.begun.load(Ordering::Relaxed).saturating_add(1);
        let mut last = self.rounds.last.lock().await;
        if last.number < next {
            let number = self.rounds.begun.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            let is_success = self.collect_now().await;
            *last = EndedRound { number, is_success };
        }
        last.is_success
    }

    /// Collects once, within the timeout of a collection.
    async fn collect_now(&self) -> bool {
        let began = self.clock.now();
        let timeout = self.settings.timeout.unwrap_or(Duration::MAX);
        let deadline = began.saturating_add(timeout);
        let outcome = collect_within(&self.collector, &self.clock, deadline).await;
        self.record(outcome, self.clock.now().saturating_sub(began));
        matches!(outcome, CollectOutcome::Collected { .. })
    }

    fn record(&self, outcome: CollectOutcome, duration: Duration) {
        if let Some(self_metrics) = &self.self_metrics {
            self_metrics.record_collection(duration, outcome.error_type());
        }
    }

    /// Ends the collecting thread, waiting at most until `deadline` for a callback to return.
    pub(crate) async fn stop(&self, deadline: Duration) {
        self.collector.stop();
        self.collector.join(&self.clock, deadline).await;
    }
}
