//! The guard: what a service holds while telemetry runs.

mod end;
mod filters;
mod groups;
mod runtime;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::logs::{Logger, LoggerProvider};
use opentelemetry::trace::{Tracer, TracerProvider};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::builder::TelemetryBuilder;
use crate::config::EffectiveConfig;
use crate::error::InitError;
use crate::health::{Health, HealthState};
use crate::logging::{self, LiveFilters};
use crate::memory::MemorySnapshot;
use crate::pipeline::Pipeline;
pub(crate) use crate::pipeline::Start;
use crate::propagation::CompositePropagator;
use crate::report::TelemetryReport;
use crate::telemetry::groups::Groups;

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
    /// What is the process's own ends with it.
    is_installed: AtomicBool,
    groups: Groups,
}

impl Telemetry {
    /// Returns a builder for everything that should differ from the defaults.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder::new()
    }

    pub(crate) fn start(start: Start) -> Result<Self, InitError> {
        let pipeline = Arc::new(Pipeline::start(start)?);
        Ok(Self {
            pipeline,
            is_shut_down: AtomicBool::new(false),
            is_installed: AtomicBool::new(false),
            groups: Groups::default(),
        })
    }

    /// Returns a layer that records spans and events, for a subscriber of your own.
    ///
    /// It filters spans and events by itself (`BEACON_TRACE`, `BEACON_LOG`); no other layer is
    /// touched. Put a filter of yours on the layer that it is meant for (`.with_filter(…)`): one on
    /// the whole subscriber (`.with(EnvFilter…)`) takes spans and events from this layer too, and
    /// with them traces. One layer for one subscriber is enough; two record everything twice.
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
    /// other metric. When metrics are off the meter does nothing. After
    /// [`install`](TelemetryBuilder::install), `opentelemetry::global::meter` is the same.
    ///
    /// # Examples
    ///
    /// ```
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// let meter = telemetry.meter("shop");
    /// let orders = meter.u64_counter("shop.orders").with_unit("{order}").build();
    /// orders.add(1, &[]);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn meter(&self, name: &'static str) -> opentelemetry::metrics::Meter {
        self.pipeline.meter(name)
    }

    /// Returns a provider for users of the OpenTelemetry tracing API, for those who do not install
    /// telemetry globally. When disabled its spans are not recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::opentelemetry::trace::{Tracer as _, TracerProvider as _};
    ///
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// telemetry.tracer_provider().tracer("shop").in_span("order", |_context| {});
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn tracer_provider(
        &self,
    ) -> impl TracerProvider<Tracer: Tracer<Span: Send + Sync> + Send + Sync> + Clone + Send + Sync + use<>
    {
        self.pipeline.tracer_provider()
    }

    /// Returns the propagator that the settings ask for, for those who do not install telemetry
    /// globally: hand it to `opentelemetry::global::set_text_map_propagator`, or use it where you
    /// are. What it ignores is counted in the metrics of this telemetry. Works when disabled, and
    /// after a shutdown.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::opentelemetry::propagation::TextMapPropagator as _;
    ///
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// let propagator = telemetry.propagator();
    /// let fields: Vec<_> = propagator.fields().collect();
    /// assert_eq!(fields, ["traceparent", "tracestate", "baggage"]);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn propagator(&self) -> CompositePropagator {
        self.pipeline.propagator()
    }

    /// Returns a provider for users of the OpenTelemetry logs API, and for bridges from other
    /// logging crates. There is no global one in OpenTelemetry for Rust.
    ///
    /// `tracing` events need no bridge: the layer records them.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::opentelemetry::logs::{LogRecord as _, Logger as _, LoggerProvider as _};
    ///
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// let logger = telemetry.logger_provider().logger("shop");
    /// let mut record = logger.create_log_record();
    /// record.set_body("sold out".into());
    /// logger.emit(record);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn logger_provider(
        &self,
    ) -> impl LoggerProvider<Logger: Logger<LogRecord: Send> + Send + Sync> + Clone + Send + Sync + use<>
    {
        self.pipeline.logger_provider()
    }

    #[cfg(test)]
    pub(crate) fn own_meter(&self) -> Option<opentelemetry::metrics::Meter> {
        self.pipeline.own_meter()
    }

    pub(crate) fn filters(&self) -> &Arc<LiveFilters> {
        self.pipeline.filters()
    }

    #[cfg(test)]
    pub(crate) const fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    pub(crate) fn set_installed(&self) {
        self.is_installed.store(true, Ordering::Release);
        logging::set_installed(Arc::clone(self.pipeline.filters()));
        self.pipeline.set_installed_metrics();
        self.pipeline.set_installed_runtime();
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

    /// Returns every setting with its value, origin and warning, without secrets.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::Telemetry;
    /// use beacon::config::{Environment, Origin};
    ///
    /// let environment = Environment::from_iter([("OTEL_SDK_DISABLED", "true")]);
    /// let telemetry = Telemetry::builder().environment(environment).build()?;
    /// let config = telemetry.effective_config();
    /// let disabled = config.settings.iter().find(|setting| setting.key == "disabled");
    /// let origin = disabled.map(|setting| setting.origin);
    /// assert_eq!(origin, Some(Origin::Variable("OTEL_SDK_DISABLED")));
    /// println!("{config}"); // a table; `serde` makes JSON of it
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn effective_config(&self) -> &EffectiveConfig {
        self.pipeline.effective_config()
    }

    /// Returns what became of every item so far. All counts of a signal are read at one moment.
    /// Cheap enough for every scrape of a status page, but it waits for recording threads: not for
    /// a hot path.
    ///
    /// # Examples
    ///
    /// ```
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// let stats = telemetry.stats();
    /// assert!(stats.is_conserved());
    /// assert_eq!(stats.traces.dropped_total(), 0);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn stats(&self) -> TelemetryReport {
        self.pipeline.report()
    }

    /// Returns whether telemetry does its work: healthy, degraded or dark, and why. Also the metric
    /// `beacon.telemetry.health`.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::HealthState;
    ///
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// let health = telemetry.health();
    /// assert_eq!(health.state, HealthState::Dark);
    /// assert_eq!(health.reasons, ["disabled"]);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn health(&self) -> Health {
        if self.is_shut_down.load(Ordering::Acquire) {
            return Health::dark("shut down");
        }
        self.pipeline.health()
    }

    /// Returns the last sample of memory; empty when memory is not watched, and before the first
    /// sample. As [`memory::snapshot`](crate::memory::snapshot()), for telemetry that is not
    /// installed.
    ///
    /// ```
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// assert_eq!(telemetry.memory_snapshot().age, None);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn memory_snapshot(&self) -> MemorySnapshot {
        self.pipeline.memory_snapshot()
    }

    /// Tells whether telemetry is anything but dark. For a readiness probe, though a service is
    /// ready to serve without telemetry.
    ///
    /// ```
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// assert!(!telemetry.is_delivering());
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn is_delivering(&self) -> bool {
        self.health().state != HealthState::Dark
    }
}
