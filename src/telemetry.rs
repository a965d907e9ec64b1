//! The guard: what a service holds while telemetry runs, and how it ends.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::builder::TelemetryBuilder;
use crate::config::EffectiveConfig;
use crate::diagnostics::DiagnosticLevel;
use crate::error::InitError;
use crate::health::{Health, HealthState};
use crate::logging::{self, LiveFilters};
use crate::pipeline::Pipeline;
pub(crate) use crate::pipeline::Start;
use crate::report::{DropReason, TelemetryReport};
use crate::signal::Signal;
use crate::wait::{wait_aside, wait_for};

/// How much longer than its deadline a blocking call may take, when the export thread itself does
/// not get to run.
const GRACE: Duration = Duration::from_millis(200);
/// A guard that lives no longer and has seen nothing was most likely never bound to a name.
const SUSPICIOUSLY_SHORT: Duration = Duration::from_secs(1);

/// Keeps telemetry running; ends it when dropped.
///
/// Bind it to a name for the whole life of the service. `let _ = …` drops it at once.
///
/// Dropping does the same work as [`shutdown_blocking`](Self::shutdown_blocking), within the same
/// deadline, and says what was lost. Nothing of it needs a runtime or can hang: beacon has threads
/// of its own.
///
/// # Examples
///
/// ```
/// use beacon::Telemetry;
/// use beacon::config::Environment;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let environment = Environment::from_iter([("OTEL_SDK_DISABLED", "true")]);
/// let telemetry = Telemetry::builder().environment(environment).build()?;
/// // … serve …
/// let report = telemetry.shutdown().await?;
/// assert!(report.is_conserved());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "telemetry ends when this is dropped: bind it to a name, not to `_`"]
#[derive(Debug)]
pub struct Telemetry {
    pipeline: Arc<Pipeline>,
    is_shut_down: AtomicBool,
}

impl Telemetry {
    /// Returns a builder for everything that should differ from the defaults.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder::new()
    }

    pub(crate) fn start(start: Start) -> Result<Self, InitError> {
        let pipeline = Arc::new(Pipeline::start(start)?);
        Ok(Self { pipeline, is_shut_down: AtomicBool::new(false) })
    }

    /// Returns a layer that records spans and events, for a subscriber of your own.
    ///
    /// It filters spans and events by itself; no other layer is touched.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::Telemetry;
    /// use beacon::config::Environment;
    /// use tracing_subscriber::layer::SubscriberExt as _;
    ///
    /// let environment = Environment::from_iter([("OTEL_SDK_DISABLED", "true")]);
    /// let telemetry = Telemetry::builder().environment(environment).build()?;
    /// let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    /// tracing::subscriber::with_default(subscriber, || tracing::info!("seen"));
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        self.pipeline.layer()
    }

    /// Returns a meter of this telemetry, for those who do not install it globally.
    ///
    /// Its observable callbacks run on a thread of beacon's; one that panics or hangs harms no
    /// other metric. When metrics are off the meter does nothing.
    pub fn meter(&self, name: &'static str) -> opentelemetry::metrics::Meter {
        self.pipeline.meter(name)
    }

    /// Returns a provider for users of the OpenTelemetry tracing API, for those who do not install
    /// telemetry globally. When disabled its spans are not recorded.
    pub fn tracer_provider(&self) -> impl opentelemetry::trace::TracerProvider + Clone + use<> {
        self.pipeline.tracer_provider()
    }

    /// Returns a provider for users of the OpenTelemetry logs API, and for bridges from other
    /// logging crates. There is no global one in OpenTelemetry for Rust.
    ///
    /// `tracing` events need no bridge: the layer records them.
    pub fn logger_provider(&self) -> impl opentelemetry::logs::LoggerProvider + Clone + use<> {
        self.pipeline.logger_provider()
    }

    pub(crate) fn filters(&self) -> &Arc<LiveFilters> {
        self.pipeline.filters()
    }

    pub(crate) fn set_installed(&self) {
        logging::set_installed(Arc::clone(self.pipeline.filters()));
    }

    pub(crate) fn set_global_subscriber(&self) -> bool {
        self.pipeline.set_global_subscriber()
    }

    pub(crate) fn set_global_providers(&self) {
        self.pipeline.set_global_providers();
    }

    pub(crate) fn say_started(&self) {
        self.pipeline.say_started();
    }

    /// Ends what nobody has used, at once and without a word.
    pub(crate) fn discard(self) {
        self.pipeline.discard(GRACE);
        self.is_shut_down.store(true, Ordering::Release);
    }

    /// Returns every setting with its value, origin and warning, without secrets.
    pub fn effective_config(&self) -> &EffectiveConfig {
        self.pipeline.effective_config()
    }

    /// Returns what became of every item so far. All counts of a signal are read at one moment.
    pub fn stats(&self) -> TelemetryReport {
        self.pipeline.report()
    }

    /// Returns whether telemetry does its work.
    pub fn health(&self) -> Health {
        if self.is_shut_down.load(Ordering::Acquire) {
            return Health::dark("shut down");
        }
        self.pipeline.health()
    }

    /// Tells whether telemetry is anything but dark. For a readiness probe, though a service is
    /// ready to serve without telemetry.
    pub fn is_delivering(&self) -> bool {
        self.health().state != HealthState::Dark
    }

    /// Delivers everything that is held now and collects metrics once, all signals at the same
    /// time. Concurrent calls share the work.
    ///
    /// # Errors
    ///
    /// When not all of it was settled within the shutdown timeout. Nothing is lost by that: it
    /// stays held.
    pub async fn flush(&self) -> Result<TelemetryReport, FlushError> {
        if self.pipeline.is_on_export_thread() {
            return self.judge_flush(Some(false));
        }
        self.judge_flush(self.pipeline.flush().await.ok())
    }

    /// Like [`flush`](Self::flush), from a thread that may block. Works in every runtime and none.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn flush_blocking(&self) -> Result<TelemetryReport, FlushError> {
        if self.pipeline.is_on_export_thread() {
            return self.judge_flush(Some(false));
        }
        let answer = wait_for(self.pipeline.flush(), self.wait_limit());
        self.judge_flush(answer.map_or(Some(false), Result::ok))
    }

    /// Without an answer the export thread has ended: what it left, if anything, stays.
    fn judge_flush(&self, answer: Option<bool>) -> Result<TelemetryReport, FlushError> {
        let report = self.stats();
        let holds_nothing = || Signal::ALL.iter().all(|signal| report.signal(*signal).held == 0);
        if answer.unwrap_or_else(holds_nothing) {
            Ok(report)
        } else {
            Err(FlushError { report: Box::new(report) })
        }
    }

    fn wait_limit(&self) -> Duration {
        self.pipeline.shutdown_timeout().saturating_add(GRACE)
    }

    /// Ends telemetry: takes nothing more, delivers what is held, all signals at once, within the
    /// shutdown timeout, and reports what became of everything.
    ///
    /// A second call, also a concurrent one, waits for the first and returns the same report.
    ///
    /// # Errors
    ///
    /// When something could not be delivered before the end. The error has the report.
    pub async fn shutdown(&self) -> Result<TelemetryReport, ShutdownError> {
        let answer = self.pipeline.stop();
        if self.pipeline.is_on_export_thread() {
            return self.conclude();
        }
        match wait_aside(answer, self.wait_limit()).await {
            Ok(Some(_)) => self.pipeline.join(),
            Ok(None) => {}
            // Without a thread to wait on, this one must.
            Err(_) => return self.shutdown_blocking(),
        }
        self.conclude()
    }

    /// Like [`shutdown`](Self::shutdown), from a thread that may block. Works in every runtime and
    /// none.
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Self::shutdown).
    pub fn shutdown_blocking(&self) -> Result<TelemetryReport, ShutdownError> {
        let answer = self.pipeline.stop();
        if self.pipeline.is_on_export_thread() {
            return self.conclude();
        }
        // An answer that never comes because the thread has ended is an answer as well.
        if wait_for(answer, self.wait_limit()).is_some() {
            self.pipeline.join();
        }
        self.conclude()
    }

    fn conclude(&self) -> Result<TelemetryReport, ShutdownError> {
        let report = self.stats();
        if !self.is_shut_down.swap(true, Ordering::AcqRel) {
            self.pipeline.say(DiagnosticLevel::Info, &format!("stopped; {report}"));
        }
        let lost = Signal::ALL.into_iter().filter_map(|signal| lost_at_end(&report, signal));
        let lost: Vec<_> = lost.collect();
        if lost.is_empty() {
            Ok(report)
        } else {
            Err(ShutdownError { lost, report: Box::new(report) })
        }
    }
}

fn lost_at_end(report: &TelemetryReport, signal: Signal) -> Option<(Signal, u64)> {
    let own = report.signal(signal);
    let at_end = own.dropped.get(&DropReason::Shutdown).copied().unwrap_or_default();
    let items = own.held.saturating_add(at_end);
    (items > 0).then_some((signal, items))
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if self.is_shut_down.load(Ordering::Acquire) {
            return;
        }
        let uptime = self.pipeline.uptime();
        let stats = self.stats();
        let saw_nothing = stats.traces.emitted == 0 && stats.logs.emitted == 0;
        let is_suspicious = saw_nothing && uptime < SUSPICIOUSLY_SHORT && !thread::panicking();
        if self.pipeline.is_running() && is_suspicious {
            let message = "telemetry stopped right after its start: bind the guard to a name \
                           (`let telemetry = …`); `let _ = …` drops it at once";
            self.pipeline.say(DiagnosticLevel::Warn, message);
        }
        if let Err(error) = self.shutdown_blocking() {
            self.pipeline.say(DiagnosticLevel::Error, &error.to_string());
        }
    }
}

/// Not everything that was held at the time of a flush was settled in time.
#[derive(Debug)]
pub struct FlushError {
    /// Boxed, so that a `Result` stays small.
    report: Box<TelemetryReport>,
}

impl FlushError {
    /// Returns the counts at the end of the flush.
    pub fn report(&self) -> &TelemetryReport {
        &self.report
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flush did not complete in time; {}", self.report)
    }
}

impl Error for FlushError {}

/// Something was not delivered before the end.
#[derive(Debug)]
pub struct ShutdownError {
    lost: Vec<(Signal, u64)>,
    /// Boxed, so that a `Result` stays small.
    report: Box<TelemetryReport>,
}

impl ShutdownError {
    /// Returns what became of everything.
    pub fn report(&self) -> &TelemetryReport {
        &self.report
    }

    /// Returns the items that shutdown gave up, by signal; signals that lost nothing are absent.
    pub fn lost(&self) -> &[(Signal, u64)] {
        &self.lost
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shutdown could not deliver")?;
        for (index, (signal, items)) in self.lost.iter().enumerate() {
            let separator = if index == 0 { " " } else { ", " };
            write!(f, "{separator}{items} items of {signal}")?;
        }
        Ok(())
    }
}

impl Error for ShutdownError {}
