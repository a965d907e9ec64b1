//! Telemetry for one test.

use std::future::Future;

use opentelemetry::metrics::Meter;
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

use super::capture::{Capture, sorted};
use super::interest::keep_asking;
use super::scope::{EnteredTest, InTest};
use super::span_tree::only_log;
use super::{CapturedMetric, CapturedTraces, SpanTree, TestError};
use crate::builder::TelemetryBuilder;
use crate::catalog;
use crate::collector::{Collector, CollectorStore, ReceivedLog};
use crate::config::Environment;
use crate::telemetry::Telemetry;

/// Captures what the code under test records. Start one in each test.
///
/// It is a whole [`Telemetry`] that delivers to a [`Collector`] inside the process, so a test sees
/// what a backend would see. It touches no globals and reads no environment: tests with telemetry
/// of their own run in parallel, with different filters too.
///
/// What runs inside of [`enter`](Self::enter), [`with`](Self::with) and
/// [`capture`](Self::capture) is captured. Everything that reads first delivers what has been
/// recorded, by blocking for a few milliseconds; this works in every runtime and none.
///
/// A span is captured when it ends: when its last handle is dropped. Messages about something
/// missing tell how many spans had not ended.
///
/// Dropping it ends its threads within the shutdown timeout, normally at once, and prints nothing.
///
/// # Examples
///
/// ```
/// use beacon::testing::{TestError, TestTelemetry};
/// use tracing::{info, info_span};
///
/// fn greet(name: &str) {
///     info_span!("greet", name).in_scope(|| info!("hello"));
/// }
///
/// fn greeting_is_traced() -> Result<(), TestError> {
///     let test = TestTelemetry::start()?;
///     test.with(|| greet("Ada"));
///
///     let span = test.span("greet")?;
///     assert_eq!(span.attribute("name")?, "Ada");
///     span.log("hello")?;
///     Ok(())
/// }
/// # greeting_is_traced().unwrap();
/// ```
#[derive(Debug)]
pub struct TestTelemetry {
    // In the order in which they end: the recording, the delivery, the receiver.
    dispatch: Dispatch,
    telemetry: Telemetry,
    collector: Collector,
}

impl TestTelemetry {
    /// Starts telemetry that captures spans and events of every level.
    ///
    /// # Errors
    ///
    /// When the system refuses a port or a thread.
    #[track_caller]
    pub fn start() -> Result<Self, TestError> {
        Self::start_with(|builder| builder)
    }

    /// Starts telemetry with settings of the test's own: filters, a sampler, variables as a map, a
    /// [`ManualClock`](super::ManualClock).
    ///
    /// The endpoint is replaced, and nothing goes to standard error. Everything else holds as in a
    /// service, so a signal that is switched off, or has an endpoint of its own, is not captured.
    ///
    /// # Errors
    ///
    /// When a setting is wrong, or the system refuses a port or a thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start_with(|builder| builder.log_filter("warn"))?;
    /// test.with(|| {
    ///     tracing::info!("quiet");
    ///     tracing::warn!("loud");
    /// });
    /// assert_eq!(test.logs()?.len(), 1);
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    #[track_caller]
    pub fn start_with(
        configure: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder,
    ) -> Result<Self, TestError> {
        keep_asking();
        let collector = match Collector::start() {
            Ok(collector) => collector,
            Err(error) => return Err(TestError::caused("cannot start the collector", error)),
        };
        let builder = Telemetry::builder()
            .environment(Environment::empty())
            .trace_filter("trace")
            .log_filter("trace")
            // What happened at the same time arrives in the same order in every run.
            .requests_in_flight(1);
        let builder = configure(builder).endpoint(collector.endpoint()).diagnostics_off_stderr();
        let telemetry = match builder.build() {
            Ok(telemetry) => telemetry,
            Err(error) => return Err(TestError::caused("cannot start telemetry", error)),
        };
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        Ok(Self { dispatch: Dispatch::new(subscriber), telemetry, collector })
    }

    /// Captures what this thread records until the guard is dropped.
    ///
    /// In a test on a current-thread runtime, the default of `#[tokio::test]`, this includes
    /// every spawned task. For other threads see [`capture`](Self::capture) and
    /// [`with`](Self::with).
    ///
    /// Spans that surround the scope are not parents of what is captured.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// let _entered = test.enter();
    /// tracing::info!("seen");
    /// test.log("seen")?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub fn enter(&self) -> EnteredTest<'_> {
        EnteredTest::new(&self.dispatch)
    }

    /// Captures what this thread records during the call. Call it on each thread that the test
    /// starts by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| test.with(|| tracing::info!("from a thread")));
    /// });
    /// test.log("from a thread")?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub fn with<T>(&self, run: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        run()
    }

    /// Captures what the future records, on whatever threads it is polled.
    ///
    /// A task that it spawns on a runtime of several threads is captured when it is spawned with
    /// [`with_current_subscriber`](tracing::instrument::WithSubscriber::with_current_subscriber).
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let test = TestTelemetry::start()?;
    /// test.capture(async { tracing::info!("seen") }).await;
    /// test.log("seen")?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// # })?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub fn capture<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        InTest::new(self.dispatch.clone(), future)
    }

    /// Returns the telemetry behind it: its health, its counts, its layer for a subscriber of the
    /// test's own.
    pub const fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Returns a meter whose metrics are captured. Give it to the code under test.
    pub fn meter(&self, name: &'static str) -> Meter {
        self.telemetry.meter(name)
    }

    /// Returns everything about traces so far: span trees and their log records.
    ///
    /// # Errors
    ///
    /// When not everything that was recorded has been captured. It tells what was lost.
    #[track_caller]
    pub fn traces(&self) -> Result<CapturedTraces, TestError> {
        self.settle()?;
        let (spans, logs, open_spans) = self.collector.read(|store| {
            let spans = store.spans().cloned().collect();
            (spans, store.logs().cloned().collect(), open_spans(store))
        });
        Ok(CapturedTraces::new(Capture::new(spans, logs, open_spans)))
    }

    /// Returns the one span of this name that has been captured so far, as a tree.
    ///
    /// # Errors
    ///
    /// As [`CapturedTraces::span`].
    #[track_caller]
    pub fn span(&self, name: &str) -> Result<SpanTree, TestError> {
        self.traces()?.span(name)
    }

    /// Returns the spans without a captured parent, by start, as trees.
    ///
    /// # Errors
    ///
    /// As [`traces`](Self::traces).
    #[track_caller]
    pub fn roots(&self) -> Result<Vec<SpanTree>, TestError> {
        Ok(self.traces()?.roots())
    }

    /// Compares spans and log records with a text. The [manual](crate::manual::testing) explains
    /// its format.
    ///
    /// # Errors
    ///
    /// As [`CapturedTraces::check`].
    #[track_caller]
    pub fn check(&self, expected: &str) -> Result<(), TestError> {
        self.traces()?.check(expected)
    }

    /// Returns all log records so far, those of all spans included, by time.
    ///
    /// # Errors
    ///
    /// When not everything that was recorded has been captured. It tells what was lost.
    #[track_caller]
    pub fn logs(&self) -> Result<Vec<ReceivedLog>, TestError> {
        self.settle()?;
        Ok(sorted(self.collector.logs()))
    }

    /// Returns the one log record with this message.
    ///
    /// # Errors
    ///
    /// When none or more than one was captured. The error shows all log records.
    #[track_caller]
    pub fn log(&self, message: &str) -> Result<ReceivedLog, TestError> {
        only_log(&self.logs()?, message, "").cloned()
    }

    /// Collects metrics and returns the one of this name.
    ///
    /// # Errors
    ///
    /// When no data point of it has been captured. The error shows the names that have.
    #[track_caller]
    pub fn metric(&self, name: &str) -> Result<CapturedMetric, TestError> {
        let names = self.metric_names()?;
        let points = self.collector.metric_points(name);
        if points.is_empty() {
            let names = names.join(", ");
            return Err(TestError::new(format!(
                "no metric is named `{name}`; captured: [{names}]"
            )));
        }
        Ok(CapturedMetric::new(name, points))
    }

    /// Collects metrics and returns the names of all captured ones, sorted. Beacon's metrics about
    /// itself are left out; [`metric`](Self::metric) knows them too.
    ///
    /// # Errors
    ///
    /// When not everything that was recorded has been captured. It tells what was lost.
    #[track_caller]
    pub fn metric_names(&self) -> Result<Vec<String>, TestError> {
        self.settle()?;
        let own = [catalog::BEACON_SCOPE, catalog::SDK_SCOPE];
        let mut names: Vec<String> = self.collector.read(|store| {
            let points = store.metric_points();
            let points = points.filter(|point| !own.contains(&point.scope.name.as_str()));
            points.map(|point| point.metric.clone()).collect()
        });
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Forgets what was captured so far, so that a test can set the stage first. Sums of metrics
    /// go on counting.
    ///
    /// # Errors
    ///
    /// When not everything that was recorded has been captured. It tells what was lost.
    #[track_caller]
    pub fn clear(&self) -> Result<(), TestError> {
        self.settle()?;
        self.collector.clear();
        Ok(())
    }

    /// Delivers what has been recorded, and makes sure that the collector has all of it: a test
    /// must not succeed because half was lost.
    #[track_caller]
    fn settle(&self) -> Result<(), TestError> {
        let report = match self.telemetry.flush_blocking() {
            Ok(report) => report,
            Err(error) => return Err(TestError::caused("not everything was captured", error)),
        };
        let signals = [&report.traces, &report.logs, &report.metrics];
        if signals.iter().any(|own| own.rejected > 0 || own.dropped.values().any(|n| *n > 0)) {
            return Err(TestError::new(format!("not everything was captured: {report}")));
        }
        let is_evicted = self.collector.read(|store| {
            let is_short = |kept: usize, received| u64::try_from(kept) != Ok(received);
            is_short(store.spans().count(), store.totals().spans())
                || is_short(store.logs().count(), store.totals().log_records())
        });
        if is_evicted {
            return Err(TestError::new(
                "more was captured than fits: call `clear` now and then".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Reads from beacon's metrics about itself how many spans had not ended at the last collection.
fn open_spans(store: &CollectorStore) -> Option<u64> {
    let name = catalog::SDK_SPAN_LIVE.name;
    let points = store.metric_points().filter(|point| point.metric == name).cloned().collect();
    let metric = CapturedMetric::new(name, points);
    if metric.points().is_empty() {
        return None;
    }
    let values = metric.points().iter().map(|point| point.value.as_i64());
    values.map(|value| value.and_then(|value| u64::try_from(value).ok())).sum()
}
