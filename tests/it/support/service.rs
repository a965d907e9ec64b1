//! A service with telemetry of its own.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::testing::ManualClock;
use beacon::tracing::{self, Dispatch};
use beacon::{Diagnostic, SignalReport, Telemetry};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::wait::eventually;

/// The longest schedule delay of the signals, which is that of spans.
const SCHEDULE_DELAY: Duration = Duration::from_secs(5);

/// A running service that records only when it is told to.
pub(crate) struct Service {
    pub(crate) telemetry: Telemetry,
    dispatch: Dispatch,
    said: Arc<Mutex<Vec<(Duration, Diagnostic)>>>,
}

/// Settings of a service, as variables.
pub(crate) struct ServiceBuilder {
    variables: Vec<(String, String)>,
    clock: Option<ManualClock>,
}

impl ServiceBuilder {
    pub(crate) fn set(mut self, variable: &str, value: impl fmt::Display) -> Self {
        self.variables.push((variable.to_owned(), value.to_string()));
        self
    }

    /// Takes time from the clock. An attempt has no limit then, so that moving on to the next
    /// awaited moment never cuts one off; a test of that limit sets it again.
    pub(crate) fn clock(self, clock: &ManualClock) -> Self {
        let without_limit = self.set("OTEL_EXPORTER_OTLP_TIMEOUT", 0);
        Self { clock: Some(clock.clone()), ..without_limit }
    }

    pub(crate) fn with_metrics(self) -> Self {
        self.set("OTEL_METRICS_EXPORTER", "otlp")
    }

    pub(crate) fn start(self) -> Service {
        let said = Arc::new(Mutex::new(Vec::new()));
        let (hook_said, hook_clock) = (Arc::clone(&said), self.clock.clone());
        // A later value of a variable replaces an earlier one.
        let variables: std::collections::BTreeMap<_, _> = self.variables.into_iter().collect();
        let mut builder = Telemetry::builder()
            .environment(Environment::from_iter(variables))
            .diagnostics_off_stderr()
            .diagnostic_hook(move |diagnostic| {
                let at = hook_clock.as_ref().map(ManualClock::elapsed).unwrap_or_default();
                let mut said = hook_said.lock().unwrap_or_else(PoisonError::into_inner);
                said.push((at, diagnostic.clone()));
            });
        if let Some(clock) = self.clock {
            builder = builder.manual_clock(clock);
        }
        let telemetry = builder.build().expect("the settings are right");
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        Service { dispatch: Dispatch::new(subscriber), telemetry, said }
    }
}

impl Service {
    /// A service that sends spans and log records to the collector, and no metrics; memory is not
    /// watched.
    pub(crate) fn builder(collector: &Collector) -> ServiceBuilder {
        ServiceBuilder { variables: Vec::new(), clock: None }
            .set("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())
            .set("OTEL_METRICS_EXPORTER", "none")
            .set("BEACON_MEMORY_ENABLED", "false")
            .set("BEACON_RUNTIME_METRICS", "false")
            .set("BEACON_RUNTIME_STALL_DETECTION", "false")
            .set("BEACON_RUNTIME_LIVE_SPANS", "false")
    }

    /// A service that sends nothing.
    pub(crate) fn builder_without_collector() -> ServiceBuilder {
        ServiceBuilder { variables: Vec::new(), clock: None }
            .set("OTEL_TRACES_EXPORTER", "none")
            .set("OTEL_LOGS_EXPORTER", "none")
            .set("OTEL_METRICS_EXPORTER", "none")
    }

    /// Runs code whose spans and events this service records.
    pub(crate) fn run<T>(&self, code: impl FnOnce() -> T) -> T {
        tracing::dispatcher::with_default(&self.dispatch, code)
    }

    pub(crate) fn record_spans(&self, count: u64) {
        self.run(|| {
            for n in 0..count.cast_signed() {
                drop(tracing::info_span!("work", n));
            }
        });
    }

    pub(crate) fn record_logs(&self, count: u64) {
        self.run(|| {
            for n in 0..count {
                tracing::info!(n, "done");
            }
        });
    }

    /// Lets the schedule delay of what was recorded pass. For one signal at a time, and a clock that
    /// nobody waits for but the metric interval.
    #[expect(clippy::unused_self, reason = "reads as what the service does")]
    pub(crate) fn hand_over(&self, clock: &ManualClock) {
        eventually("the schedule delay begins", || {
            clock.next_wake_up().is_some_and(|next| next <= SCHEDULE_DELAY)
        });
        clock.advance(SCHEDULE_DELAY);
    }

    pub(crate) fn traces(&self) -> SignalReport {
        self.telemetry.stats().traces
    }

    pub(crate) fn logs(&self) -> SignalReport {
        self.telemetry.stats().logs
    }

    /// What beacon has said that contains `words`, with the time of the clock.
    pub(crate) fn said(&self, words: &str) -> Vec<(Duration, String)> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let matching = said.iter().filter(|(_, diagnostic)| diagnostic.message.contains(words));
        matching.map(|(at, diagnostic)| (*at, diagnostic.message.clone())).collect()
    }
}
