//! How a test reads what its telemetry has captured.

use super::capture::{Capture, sorted};
use super::span_tree::only_log;
use super::{CapturedMetric, CapturedTraces, SpanTree, TestError, TestTelemetry};
use crate::catalog;
use crate::collector::{CollectorStore, ReceivedLog};
use crate::diagnostics::Diagnostic;

/// Reading. What can fail first delivers what has been recorded.
impl TestTelemetry {
    /// Returns everything about traces so far: span trees and their log records.
    ///
    /// # Errors
    ///
    /// When not everything that was recorded has been captured. It tells what was lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.with(|| tracing::info_span!("poll").in_scope(|| tracing::info!("idle")));
    /// assert_eq!(test.traces()?.to_string(), "trace-1\n  poll\n    - INFO idle\n");
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.with(|| drop(tracing::info_span!("poll", shard = 3)));
    /// assert_eq!(test.span("poll")?.attribute("shard")?, &3_i64);
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    #[track_caller]
    pub fn span(&self, name: &str) -> Result<SpanTree, TestError> {
        self.traces()?.span(name)
    }

    /// Returns the spans without a captured parent, by start, as trees.
    ///
    /// # Errors
    ///
    /// As [`traces`](Self::traces).
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.with(|| tracing::info_span!("outer").in_scope(|| drop(tracing::info_span!("inner"))));
    /// let roots = test.roots()?;
    /// assert_eq!(roots.len(), 1);
    /// assert_eq!(roots[0].name(), "outer");
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.with(|| tracing::info_span!("poll").in_scope(|| tracing::info!("idle")));
    /// test.check(
    ///     "
    ///     trace-1
    ///       poll
    ///         - INFO idle
    ///     ",
    /// )?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    #[track_caller]
    pub fn check(&self, expected: &str) -> Result<(), TestError> {
        self.traces()?.check(expected)
    }

    /// Returns all log records so far, those of all spans included, by time.
    ///
    /// # Errors
    ///
    /// When not everything that was recorded has been captured. It tells what was lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.with(|| {
    ///     tracing::info!("one");
    ///     tracing::info_span!("poll").in_scope(|| tracing::info!("two"));
    /// });
    /// let messages: Vec<String> = test.logs()?.iter().map(|log| log.body.to_string()).collect();
    /// assert_eq!(messages, ["one", "two"]);
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.with(|| tracing::warn!(free_bytes = 12, "disk is full"));
    /// let log = test.log("disk is full")?;
    /// assert_eq!(log.severity_text, "WARN");
    /// assert!(log.attribute("free_bytes").is_some_and(|bytes| *bytes == 12_i64));
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    #[track_caller]
    pub fn log(&self, message: &str) -> Result<ReceivedLog, TestError> {
        only_log(&self.logs()?, message, "").cloned()
    }

    /// Collects metrics and returns the one of this name.
    ///
    /// # Errors
    ///
    /// When no data point of it has been captured. The error shows the names that have.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.meter("shop").u64_counter("shop.orders").build().add(1, &[]);
    /// assert_eq!(test.metric("shop.orders")?.points().len(), 1);
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.meter("shop").u64_counter("shop.orders").build().add(1, &[]);
    /// assert_eq!(test.metric_names()?, ["shop.orders"]);
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    #[track_caller]
    pub fn metric_names(&self) -> Result<Vec<String>, TestError> {
        self.collect()?;
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

    /// Returns what beacon has said about itself so far, such as warnings about settings. Nothing
    /// when the test has set a hook of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::config::Environment;
    /// use beacon::testing::TestTelemetry;
    ///
    /// let variables = Environment::from_iter([("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")]);
    /// let test = TestTelemetry::start_with(|builder| builder.environment(variables))?;
    /// let said = test.diagnostics();
    /// assert!(said.iter().any(|said| said.message.contains("OTEL_EXPORTER_OTLP_TIMEOUT")));
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.heard.diagnostics()
    }

    /// Forgets what was captured so far, so that a test can set the stage first. Sums of metrics
    /// go on counting.
    ///
    /// # Errors
    ///
    /// When not everything that was recorded has been captured. It tells what was lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.with(|| drop(tracing::info_span!("set the stage")));
    /// test.clear()?;
    /// assert!(test.roots()?.is_empty());
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    #[track_caller]
    pub fn clear(&self) -> Result<(), TestError> {
        self.settle()?;
        self.collector.clear();
        Ok(())
    }

    /// Settles, and makes sure that a collection that failed does not pass for one without news.
    #[track_caller]
    fn collect(&self) -> Result<(), TestError> {
        let before = self.collector.totals().data_points();
        self.settle()?;
        let is_news = self.collector.totals().data_points() > before;
        let problems = self.heard.problems();
        if is_news || problems.is_empty() {
            return Ok(());
        }
        Err(TestError::new(format!("no metrics were collected{problems}")))
    }

    /// Delivers what has been recorded, and makes sure that the collector has all of it: a test
    /// must not succeed because half was lost.
    #[track_caller]
    fn settle(&self) -> Result<(), TestError> {
        let report = match self.telemetry.flush_blocking() {
            Ok(report) => report,
            Err(error) => {
                let message = format!("not everything was captured{}", self.heard.problems());
                return Err(TestError::caused(&message, error));
            }
        };
        let signals = [&report.traces, &report.logs, &report.metrics];
        if signals.iter().any(|own| own.rejected > 0 || own.dropped.values().any(|n| *n > 0)) {
            let problems = self.heard.problems();
            return Err(TestError::new(format!("not everything was captured: {report}{problems}")));
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
