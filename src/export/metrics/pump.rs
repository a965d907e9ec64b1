//! Collects metrics when it is time, with the self-metrics fresh.

use std::fmt;
use std::sync::Arc;
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

    /// Collects once, within the timeout of a collection. Returns whether that succeeded.
    pub(crate) async fn collect_once(&self) -> bool {
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
