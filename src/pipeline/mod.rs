//! Everything that runs behind a guard, put together from settings.

mod filters;
mod global;
mod memory;
mod runtime;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::clock::{Clock as _, SharedClock, SystemClock};
use crate::config::{self, EffectiveConfig, Environment, Overrides, Settings};
use crate::diagnostics::{DiagnosticHook, DiagnosticLevel, Diagnostics};
use crate::error::InitError;
use crate::export::Export;
use crate::export::courier::Spawner;
use crate::export::processors::RecordingCounters;
use crate::export::providers::{self, LoggerProvider, TracerProvider};
use crate::health::Health;
use crate::logging::{
    self, FilterFile, LineParts, Lines, LiveFilters, LiveSpans, LogConsole, OwnEvents,
    RecordingParts, Redactor, Sinks, Timer,
};
use crate::memory::{LeakCallback, MemorySampler};
use crate::pipeline::memory::WatchPeers;
use crate::propagation::CompositePropagator;
use crate::report::TelemetryReport;
use crate::signal::Signal;
use crate::task::RuntimeWatch;
use crate::timer_thread::TimerThread;
use crate::wait::wait_for;

/// What is said of telemetry without an [`Export`].
const DISABLED: &str = "disabled";

/// What a builder has gathered.
pub(crate) struct Start {
    pub(crate) environment: Environment,
    pub(crate) overrides: Overrides,
    pub(crate) hook: Option<DiagnosticHook>,
    pub(crate) leak_callback: Option<LeakCallback>,
    pub(crate) is_on_stderr: bool,
    /// Where lines are shown when nobody says.
    pub(crate) console: LogConsole,
    pub(crate) clock: SharedClock,
    /// By which memory is sampled and judged.
    pub(crate) memory_clock: SharedClock,
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
    counters: Arc<RecordingCounters>,
    redactor: Arc<Redactor>,
    filters: Arc<LiveFilters>,
    filter_file: Option<FilterFile>,
    export: Option<Export>,
    /// `None`: nobody reads lines.
    lines: Option<Arc<Lines>>,
    /// Where there are lines and no export. Gone with the end.
    timer_thread: Mutex<Option<TimerThread>>,
    /// `None`: memory is not watched.
    memory: Option<Arc<MemorySampler>>,
    live_spans: Arc<LiveSpans>,
    /// `None`: neither runtimes nor unfinished spans are watched.
    runtime: Option<Arc<RuntimeWatch>>,
}

impl Pipeline {
    #[expect(clippy::too_many_lines, reason = "everything is put together in one place")]
    pub(crate) fn start(start: Start) -> Result<Self, InitError> {
        let config::Resolved { mut settings, effective } =
            config::resolve(&start.environment, &start.overrides)?;
        let voice = Diagnostics::new(Arc::clone(&start.clock), start.hook, start.is_on_stderr);
        let voice = Arc::new(voice);
        let filter_file = filters::read_at_start(&mut settings, &effective)?;
        let counters = Arc::new(RecordingCounters::default());
        let redactor = Arc::new(Redactor::new(&settings.redaction));
        let console = console(&settings, start.console);
        let parts = LineParts {
            clock: Arc::clone(&start.clock),
            redactor: Arc::clone(&redactor),
            counters: Arc::clone(&counters),
            voice: Arc::clone(&voice),
        };
        let lines = Lines::start(&settings.lines, console, &parts)?;
        let export = if settings.is_disabled {
            None
        } else {
            Some(Export::start(&settings, &start.clock, &voice, &redactor, &counters)?)
        };
        let needs_thread = export.is_none() && lines.is_some();
        let timer_thread = needs_thread.then(TimerThread::start).transpose()?;
        let spawner = export.as_ref().map(Export::spawner);
        let spawner = spawner.or_else(|| timer_thread.as_ref().map(TimerThread::spawner));
        let timer = spawner
            .map(|spawner| Timer { clock: Arc::clone(&start.clock), spawner: spawner.clone() });
        let filters = LiveFilters::new(&settings.recording, timer).map_err(filters::bad_filter)?;
        let live_spans = settings.runtime.span_age_limit.is_some() && export.is_some();
        let live_spans = Arc::new(LiveSpans::new(&start.clock, live_spans));
        let memory = match &export {
            Some(export) => {
                let peers = WatchPeers {
                    export,
                    lines: &lines,
                    counters: &counters,
                    clock: &start.clock,
                    memory_clock: &start.memory_clock,
                    voice: &voice,
                    callback: start.leak_callback,
                };
                memory::start(&settings, peers)?
            }
            // Telemetry is disabled: nothing is watched.
            None => None,
        };
        // The last thread to start: nothing may fail behind it.
        let runtime = export.as_ref().map(|export| {
            let events = OwnEvents::new(
                export.log_recorder(&settings),
                lines.clone(),
                Arc::clone(&counters),
                Arc::clone(&start.clock),
            );
            runtime::start(settings.runtime, export, &live_spans, events, &start.clock)
        });
        let runtime = runtime.transpose()?.flatten();
        let started_at = start.clock.now();
        let clock = start.clock;
        Ok(Self {
            settings,
            effective,
            voice,
            clock,
            started_at,
            counters,
            redactor,
            filters,
            filter_file,
            export,
            lines,
            timer_thread: Mutex::new(timer_thread),
            memory,
            live_spans,
            runtime,
        })
    }

    /// Says what is odd about the settings, and what they came to.
    pub(crate) fn say_started(&self) {
        for warning in &self.effective.warnings {
            self.voice.say_now(DiagnosticLevel::Warn, &warning.to_string());
        }
        let choices = self.effective.choices();
        let signals = match &self.export {
            Some(export) => format!("started; {}; {choices}", export.destinations()),
            None => format!("{DISABLED}; {choices}"),
        };
        let message = match &self.lines {
            Some(lines) => format!("{signals}; lines go to {lines}"),
            None => signals,
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
        let recorder = export.and_then(|export| export.log_recorder(&self.settings));
        let settings = self.settings.recording.clone();
        let lines = self.lines.clone();
        RecordingParts {
            tracer: export.map(Export::span_tracer),
            sinks: Sinks::new(recorder, lines, &settings, &self.counters, &self.clock),
            redactor: Arc::clone(&self.redactor),
            settings,
            filters: Arc::clone(&self.filters),
            live_spans: self.runtime.is_some().then(|| Arc::clone(&self.live_spans)),
        }
    }

    pub(crate) const fn filters(&self) -> &Arc<LiveFilters> {
        &self.filters
    }

    pub(crate) fn meter(&self, name: &'static str) -> opentelemetry::metrics::Meter {
        let meter = self.export.as_ref().and_then(|export| export.meter(name));
        meter.unwrap_or_else(|| {
            use opentelemetry::metrics::MeterProvider as _;
            opentelemetry::metrics::noop::NoopMeterProvider::new().meter(name)
        })
    }

    #[cfg(test)]
    pub(crate) fn own_meter(&self) -> Option<opentelemetry::metrics::Meter> {
        self.export.as_ref().and_then(Export::own_meter)
    }

    pub(crate) fn propagator(&self) -> CompositePropagator {
        let counters = Arc::clone(&self.counters.propagation);
        CompositePropagator::new(&self.settings.propagators, counters)
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

    /// Why attempts to deliver a signal fail, if they do.
    pub(crate) fn failure(&self, signal: Signal) -> Option<String> {
        self.export.as_ref().and_then(|export| export.failure(signal))
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

    /// Where something can be done later; `None`: nobody would see it.
    fn spawner(&self) -> Option<Spawner> {
        let export = self.export.as_ref().map(|export| export.spawner().clone());
        export.or_else(|| self.timer_thread().as_ref().map(|thread| thread.spawner().clone()))
    }

    fn timer_thread(&self) -> MutexGuard<'_, Option<TimerThread>> {
        self.timer_thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends everything within one deadline, of which `spent` is over. Begins at once; the future
    /// waits for it, and must be polled where blocking is allowed.
    pub(crate) fn stop(&self, spent: Duration) -> impl Future<Output = ()> + Send + use<> {
        if let Some(memory) = &self.memory {
            memory.stop();
        }
        if let Some(runtime) = &self.runtime {
            runtime.stop();
        }
        let answer = match &self.export {
            Some(export) => export.stop(self.deadline().saturating_sub(spent)),
            None => answered(()),
        };
        drop(self.timer_thread().take());
        let lines = self.lines.clone();
        let memory = self.memory.clone();
        let runtime = self.runtime.clone();
        let voice = Arc::clone(&self.voice);
        let limit = self.shutdown_timeout().saturating_sub(spent);
        let clock = SystemClock::new();
        async move {
            // An answer that never comes because the thread has ended is an answer as well.
            drop(answer.await);
            if let Some(lines) = lines {
                // What it leaves is written if the process lives long enough.
                if !lines.end(limit.saturating_sub(clock.now())) {
                    let message = "log lines still wait for a sink that takes none";
                    voice.say_now(DiagnosticLevel::Warn, message);
                }
            }
            if let Some(memory) = memory {
                // It was told before all this; a user's code on its thread may hang.
                memory.end(limit.saturating_sub(clock.now()));
            }
            if let Some(runtime) = runtime {
                runtime.end(limit.saturating_sub(clock.now()));
            }
        }
    }

    /// Takes no more lines.
    pub(crate) fn close_lines(&self) {
        if let Some(lines) = &self.lines {
            lines.close();
        }
    }

    /// Lines that are not written yet; `None`: all are.
    pub(crate) fn unsettled_lines(&self) -> Option<Arc<Lines>> {
        self.lines.clone().filter(|lines| !lines.is_settled())
    }

    /// Ends everything at once, without a word: nothing was recorded yet. Waits for the threads to
    /// end, at most for `limit`.
    pub(crate) fn discard(&self, limit: Duration) {
        if let Some(memory) = &self.memory {
            memory.end(limit);
        }
        if let Some(runtime) = &self.runtime {
            runtime.end(limit);
        }
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
        if self.export.is_some() || self.lines.is_some() {
            self.voice.say_now(level, message);
        }
    }
}

/// Where lines are shown. Log records that are shown on standard output are not shown twice.
fn console(settings: &Settings, default: LogConsole) -> LogConsole {
    let shows_records = settings.exporters.logs.console;
    settings.lines.console.unwrap_or(if shows_records { LogConsole::Off } else { default })
}

fn answered<T>(answer: T) -> oneshot::Receiver<T> {
    let (sender, receiver) = oneshot::channel();
    // The receiver is here.
    drop(sender.send(answer));
    receiver
}
