//! Everything that runs behind a guard, put together from settings.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::clock::SharedClock;
use crate::config::{self, EffectiveConfig, Environment, Origin, Overrides, Settings, key};
use crate::diagnostics::{DiagnosticHook, DiagnosticLevel, Diagnostics};
use crate::error::InitError;
use crate::export::providers::{self, LoggerProvider, TracerProvider};
use crate::export::{Export, set_global_propagator};
use crate::health::Health;
use crate::logging::{
    self, DirectiveError, FilterFile, LiveFilters, PanicHook, RecordingParts, Timer,
};
use crate::report::TelemetryReport;
use crate::signal::Signal;
use crate::wait::wait_for;

/// What is said of telemetry without an [`Export`].
const DISABLED: &str = "disabled by `OTEL_SDK_DISABLED`";

/// How long a thread that panics waits for delivery.
const PANIC_FLUSH_MAX: Duration = Duration::from_secs(1);

/// What a builder has gathered.
pub(crate) struct Start {
    pub(crate) environment: Environment,
    pub(crate) overrides: Overrides,
    pub(crate) hook: Option<DiagnosticHook>,
    pub(crate) is_on_stderr: bool,
    pub(crate) clock: SharedClock,
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").field("overrides", &self.overrides).finish_non_exhaustive()
    }
}

/// The running whole. Without an [`Export`] telemetry is disabled: no thread, no recording.
#[derive(Debug)]
pub(crate) struct Pipeline {
    settings: Settings,
    effective: EffectiveConfig,
    voice: Arc<Diagnostics>,
    clock: SharedClock,
    started_at: Duration,
    filters: Arc<LiveFilters>,
    filter_file: Option<FilterFile>,
    export: Option<Export>,
}

impl Pipeline {
    pub(crate) fn start(start: Start) -> Result<Self, InitError> {
        let config::Resolved { mut settings, effective } =
            config::resolve(&start.environment, &start.overrides)?;
        let voice = Diagnostics::new(Arc::clone(&start.clock), start.hook, start.is_on_stderr);
        let voice = Arc::new(voice);
        for warning in &effective.warnings {
            voice.say_now(DiagnosticLevel::Warn, &warning.to_string());
        }
        let filter_file = settings.log_filter_file.clone().map(FilterFile::new);
        if let Some(file) = &filter_file
            && let Some(directives) = read_at_start(file, &effective)?
        {
            settings.recording.log_filter = directives;
        }
        let export = if settings.is_disabled {
            None
        } else {
            Some(Export::start(&settings, &start.clock, &voice)?)
        };
        let timer = export.as_ref().map(|export| Timer {
            clock: Arc::clone(&start.clock),
            spawner: export.spawner().clone(),
        });
        let filters = LiveFilters::new(&settings.recording, timer).map_err(bad_filter)?;
        let started_at = start.clock.now();
        Ok(Self {
            settings,
            effective,
            voice,
            clock: start.clock,
            started_at,
            filters,
            filter_file,
            export,
        })
    }

    pub(crate) fn say_started(&self) {
        let message = match &self.export {
            Some(export) => format!("started; {}", export.destinations()),
            None => DISABLED.to_owned(),
        };
        self.voice.say_now(DiagnosticLevel::Info, &message);
    }

    pub(crate) fn layer<S>(&self) -> Box<dyn Layer<S> + Send + Sync>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        match logging::layer(self.recording_parts()) {
            Ok(layer) => layer,
            Err(error) => {
                // The settings were checked with the same parser, so this is a bug of beacon's.
                self.say(DiagnosticLevel::Error, &error.to_string());
                Box::new(None::<tracing_subscriber::layer::Identity>)
            }
        }
    }

    fn recording_parts(&self) -> RecordingParts {
        let export = self.export.as_ref();
        RecordingParts {
            tracer: export.map(Export::span_tracer),
            recorder: export.and_then(|export| export.log_recorder(&self.settings)),
            settings: self.settings.recording.clone(),
            filters: Arc::clone(&self.filters),
        }
    }

    pub(crate) const fn filters(&self) -> &Arc<LiveFilters> {
        &self.filters
    }

    /// Returns whether this became the process's subscriber. Disabled telemetry sets none, so that
    /// `tracing` costs what it costs without a subscriber.
    pub(crate) fn set_global_subscriber(self: &Arc<Self>) -> bool {
        let Some(export) = &self.export else { return true };
        let dispatch = match logging::registry(self.recording_parts()) {
            Ok(subscriber) => Dispatch::new(subscriber),
            Err(error) => {
                // As in `layer`.
                self.say(DiagnosticLevel::Error, &error.to_string());
                return true;
            }
        };
        if tracing::dispatcher::set_global_default(dispatch.clone()).is_err() {
            return false;
        }
        self.set_global_logger();
        self.watch_filter_file(export);
        if self.settings.panic_hook {
            self.set_panic_hook(export, dispatch);
        }
        true
    }

    fn set_global_logger(&self) {
        if logging::set_logger() {
            self.filters.lead_log();
        } else {
            let message = "records of the crate `log` go to another logger, which is already set";
            self.say(DiagnosticLevel::Warn, message);
        }
    }

    fn watch_filter_file(&self, export: &Export) {
        let Some(file) = self.filter_file.clone() else { return };
        if let Err(error) = file.watch(&self.filters, &self.voice, export.spawner()) {
            let message = format!("the filter file is not read again on `SIGHUP`: {error}");
            self.say(DiagnosticLevel::Warn, &message);
        }
    }

    fn set_panic_hook(self: &Arc<Self>, export: &Export, dispatch: Dispatch) {
        let pipeline = Arc::downgrade(self);
        let hook = PanicHook {
            dispatch,
            counters: Arc::clone(export.counters()),
            clock: Arc::clone(&self.clock),
            flush: Box::new(move || {
                pipeline.upgrade().is_none_or(|pipeline| pipeline.flush_held(PANIC_FLUSH_MAX))
            }),
        };
        if !logging::set_panic_hook(hook) {
            let message = "panics are not recorded: telemetry was installed during one";
            self.say(DiagnosticLevel::Warn, message);
        }
    }

    /// Waits until what is held was settled, at most for `limit`. Returns whether it was.
    fn flush_held(&self, limit: Duration) -> bool {
        let Some(export) = self.export.as_ref().filter(|export| !export.is_on_own_thread()) else {
            return true;
        };
        let answer = export.flush_held(self.clock.now().saturating_add(limit));
        // No answer: delivery has ended.
        wait_for(answer, limit).is_some_and(|answer| answer.unwrap_or(true))
    }

    pub(crate) fn set_global_providers(&self) {
        set_global_propagator(&self.settings);
        if let Some(export) = &self.export {
            export.set_global_providers();
        }
    }

    pub(crate) fn meter(&self, name: &'static str) -> opentelemetry::metrics::Meter {
        let meter = self.export.as_ref().and_then(|export| export.meter(name));
        meter.unwrap_or_else(|| {
            use opentelemetry::metrics::MeterProvider as _;
            opentelemetry::metrics::noop::NoopMeterProvider::new().meter(name)
        })
    }

    pub(crate) fn tracer_provider(&self) -> TracerProvider {
        self.export.as_ref().map_or_else(providers::idle_tracer, Export::tracer_provider)
    }

    pub(crate) fn logger_provider(&self) -> LoggerProvider {
        self.export.as_ref().map_or_else(providers::idle_logger, Export::logger_provider)
    }

    pub(crate) const fn effective_config(&self) -> &EffectiveConfig {
        &self.effective
    }

    pub(crate) const fn shutdown_timeout(&self) -> Duration {
        self.settings.shutdown_timeout
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.clock.now().saturating_sub(self.started_at)
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.export.is_some()
    }

    pub(crate) fn report(&self) -> TelemetryReport {
        let mut report = TelemetryReport::default();
        if let Some(export) = &self.export {
            for signal in Signal::ALL {
                *report.signal_mut(signal) = export.snapshot(signal).report();
            }
        }
        report
    }

    pub(crate) fn health(&self) -> Health {
        match &self.export {
            Some(export) => export.health(),
            None => Health::dark(DISABLED),
        }
    }

    fn deadline(&self) -> Duration {
        self.clock.now().saturating_add(self.shutdown_timeout())
    }

    pub(crate) fn flush(&self) -> oneshot::Receiver<bool> {
        match &self.export {
            Some(export) => export.flush(self.deadline()),
            None => answered(true),
        }
    }

    pub(crate) fn stop(&self) -> oneshot::Receiver<()> {
        match &self.export {
            Some(export) => export.stop(self.deadline()),
            None => answered(()),
        }
    }

    /// Ends everything at once, without a word: nothing was recorded yet. Waits for the threads to
    /// end, at most for `limit`.
    pub(crate) fn discard(&self, limit: Duration) {
        let Some(export) = &self.export else { return };
        if wait_for(export.stop(self.clock.now()), limit).is_some() {
            export.join();
        }
    }

    /// Waits for the threads to end. To be called after the answer to [`stop`](Self::stop).
    pub(crate) fn join(&self) {
        if let Some(export) = &self.export {
            export.join();
        }
    }

    /// Tells whether the calling thread is the one that delivers, which must not wait for itself.
    pub(crate) fn is_on_export_thread(&self) -> bool {
        self.export.as_ref().is_some_and(Export::is_on_own_thread)
    }

    pub(crate) fn say(&self, level: DiagnosticLevel, message: &str) {
        if self.export.is_some() {
            self.voice.say_now(level, message);
        }
    }
}

fn read_at_start(
    file: &FilterFile,
    effective: &EffectiveConfig,
) -> Result<Option<String>, InitError> {
    file.read().map_err(|error| {
        let report = effective.settings.iter().find(|report| report.key == key::LOG_FILTER_FILE);
        let setting = match report.map(|report| report.origin) {
            Some(Origin::Variable(name)) => name,
            _ => "TelemetryBuilder::log_filter_file",
        };
        InitError::InvalidSetting {
            setting: setting.to_owned(),
            value: file.path().display().to_string(),
            expected: format!("a file with filter directives ({error})"),
        }
    })
}

/// The directives were checked with the same parser, so this is a bug of beacon's.
fn bad_filter(error: DirectiveError) -> InitError {
    InitError::InvalidSetting {
        setting: "BEACON_LOG".to_owned(),
        value: error.directive,
        expected: "filter directives".to_owned(),
    }
}

fn answered<T>(answer: T) -> oneshot::Receiver<T> {
    let (sender, receiver) = oneshot::channel();
    // The receiver is here.
    drop(sender.send(answer));
    receiver
}
