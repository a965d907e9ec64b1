//! Puts recording and delivery together, and starts their threads.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry::metrics::Meter;
use opentelemetry_sdk::Resource;
use tokio::sync::oneshot;

use crate::clock::SharedClock;
use crate::config::{ExporterSettings, Settings};
use crate::diagnostics::{DiagnosticLevel, Diagnostics, Topic};
use crate::error::InitError;
use crate::export::courier::{
    Announcer, Collects, Courier, CourierParts, Intake, Lane, LaneSnapshot, OperationObserver,
    SignalParts, Sink, Spawner,
};
use crate::export::encode::encode_resource;
use crate::export::metrics::{
    CollectionRounds, GuardedMeterProvider, MetricCollector, MetricProblems, MetricPump,
    MetricSource, Published, SelfMetrics,
};
use crate::export::processors::{RecordingCounters, SpanTracer};
use crate::export::providers::{LoggerProvider, Providers, TracerProvider};
use crate::export::publish::publish;
use crate::export::resource::{build_resource, is_in_container};
use crate::export::wire::{Console, PeerStatus, Wire, WireSetupError};
use crate::health::Health;
use crate::logging::{LogRecorder, Redactor};
use crate::signal::{PerSignal, Signal};

/// Recording and delivery of one telemetry.
#[derive(Debug)]
pub(crate) struct Export {
    providers: Providers,
    intake: Arc<Intake>,
    counters: Arc<RecordingCounters>,
    lanes: PerSignal<Arc<Lane>>,
    announcers: Arc<[(Signal, Arc<Announcer>)]>,
    targets: PerSignal<String>,
    clock: SharedClock,
    redactor: Arc<Redactor>,
    is_in_container: bool,
    courier: Courier,
}

impl Export {
    pub(crate) fn start(
        settings: &Settings,
        clock: &SharedClock,
        voice: &Arc<Diagnostics>,
        redactor: &Arc<Redactor>,
        counters: &Arc<RecordingCounters>,
    ) -> Result<Self, InitError> {
        let sinks = PerSignal {
            logs: sink(Signal::Logs, settings, clock)?,
            metrics: sink(Signal::Metrics, settings, clock)?,
            traces: sink(Signal::Traces, settings, clock)?,
        };
        let resource = build_resource(&settings.resource);
        let lanes = PerSignal::from_fn(|signal| {
            Arc::new(Lane::new(settings.queues.get(signal), shards(signal)))
        });
        let intake = Arc::new(Intake::new(lanes.clone()));
        let targets = PerSignal::from_fn(|signal| target(sinks.get(signal).as_deref()));
        let announcers = PerSignal::from_fn(|signal| {
            let target = targets.get(signal).clone();
            Arc::new(Announcer::new(signal, target, Arc::clone(voice)))
        });
        let with_sink = |signal: &Signal| sinks.get(*signal).is_some();
        let active: Arc<[(Signal, Arc<Announcer>)]> = Signal::ALL
            .into_iter()
            .filter(with_sink)
            .map(|signal| (signal, Arc::clone(announcers.get(signal))))
            .collect();

        let metrics = sinks.metrics.is_some().then(|| MetricParts::new(settings, &resource, voice));
        let (meter, metrics) = metrics.map(|parts| (parts.meter.clone(), parts)).unzip();
        let providers =
            Providers::new(settings, &resource, &intake, counters, clock, redactor, meter);
        let (pump, observer) = match metrics {
            Some(parts) => {
                let refresher = Refresher {
                    lanes: lanes.clone(),
                    announcers: Arc::clone(&active),
                    clock: Arc::clone(clock),
                };
                let (pump, observer) =
                    parts.start(settings, refresher, &sinks, counters, &intake)?;
                (Some(Arc::new(pump)), observer)
            }
            None => (None, Arc::new(NoObserver) as Arc<dyn OperationObserver>),
        };
        let signals = PerSignal::from_fn(|signal| SignalParts {
            lane: Arc::clone(lanes.get(signal)),
            sink: sinks.get(signal).clone(),
            settings: *settings.queues.get(signal),
            attempt_timeout: attempt_timeout(settings.exporters.get(signal)),
            announcer: Arc::clone(announcers.get(signal)),
        });
        let courier = Courier::start(CourierParts {
            signals,
            resource_fields: Bytes::from(encode_resource(&resource)),
            clock: Arc::clone(clock),
            observer,
            metrics: pump,
        })
        .map_err(|source| InitError::Thread { name: "beacon-export", source })?;
        Ok(Self {
            providers,
            intake,
            counters: Arc::clone(counters),
            lanes,
            announcers: active,
            targets,
            clock: Arc::clone(clock),
            redactor: Arc::clone(redactor),
            is_in_container: is_in_container(&resource),
            courier,
        })
    }

    pub(crate) fn span_tracer(&self) -> SpanTracer {
        self.providers.span_tracer()
    }

    /// `None` when log records go nowhere.
    pub(crate) fn log_recorder(&self, settings: &Settings) -> Option<LogRecorder> {
        settings.exporters.logs.is_on().then(|| {
            LogRecorder::new(
                Arc::clone(&self.intake),
                Arc::clone(&self.counters),
                settings.log_limits,
                &settings.recording,
                Arc::clone(&self.redactor),
            )
        })
    }

    pub(crate) fn meter(&self, name: &'static str) -> Option<Meter> {
        self.providers.meter(name)
    }

    /// The meter of beacon's own metrics, for callbacks that need no guard.
    pub(crate) fn own_meter(&self) -> Option<Meter> {
        self.providers.own_meter()
    }

    /// Whether the process was found to run in a container.
    pub(crate) const fn is_in_container(&self) -> bool {
        self.is_in_container
    }

    pub(crate) fn tracer_provider(&self) -> TracerProvider {
        self.providers.tracer.clone()
    }

    pub(crate) fn logger_provider(&self) -> LoggerProvider {
        self.providers.logger.clone()
    }

    pub(crate) fn set_global_providers(&self) {
        self.providers.set_global();
    }

    pub(crate) fn snapshot(&self, signal: Signal) -> LaneSnapshot {
        self.lanes.get(signal).snapshot()
    }

    pub(crate) fn health(&self) -> Health {
        health(&self.announcers, &self.clock)
    }

    /// Why attempts to deliver a signal fail, if they do.
    pub(crate) fn failure(&self, signal: Signal) -> Option<String> {
        let (_, announcer) = self.announcers.iter().find(|(own, _)| *own == signal)?;
        let state = announcer.state();
        state.failing_since.and(state.last_failure)
    }

    /// Where each signal goes, in plain words.
    pub(crate) fn destinations(&self) -> String {
        let sentence = |signal: Signal| match self.targets.get(signal).as_str() {
            "" => format!("{signal} go nowhere"),
            target => format!("{signal} go to {target}"),
        };
        Signal::ALL.map(sentence).join("; ")
    }

    pub(crate) fn flush(&self, deadline: Duration) -> oneshot::Receiver<bool> {
        self.courier.flush(deadline, Collects::Metrics)
    }

    /// Like [`flush`](Self::flush), for what is held already: no callback of the user runs.
    pub(crate) fn flush_held(&self, deadline: Duration) -> oneshot::Receiver<bool> {
        self.courier.flush(deadline, Collects::Nothing)
    }

    pub(crate) const fn spawner(&self) -> &Spawner {
        self.courier.spawner()
    }

    pub(crate) fn stop(&self, deadline: Duration) -> oneshot::Receiver<()> {
        self.courier.stop(deadline)
    }

    pub(crate) fn join(&self) {
        self.courier.join();
    }

    pub(crate) fn is_on_own_thread(&self) -> bool {
        self.courier.is_on_own_thread()
    }
}

fn health(announcers: &[(Signal, Arc<Announcer>)], clock: &SharedClock) -> Health {
    let states: Vec<_> =
        announcers.iter().map(|(signal, announcer)| (*signal, announcer.state())).collect();
    Health::of(&states, clock.now())
}

/// Threads that record meet in as few places as there are processors to run them; metrics come from
/// one thread.
fn shards(signal: Signal) -> usize {
    match signal {
        Signal::Metrics => 1,
        Signal::Logs | Signal::Traces => {
            let processors = std::thread::available_parallelism().map_or(1, usize::from);
            processors.saturating_mul(2).clamp(4, 64)
        }
    }
}

fn sink(
    signal: Signal,
    settings: &Settings,
    clock: &SharedClock,
) -> Result<Option<Arc<Sink>>, InitError> {
    let exporters = settings.exporters.get(signal);
    if !exporters.is_on() {
        return Ok(None);
    }
    let wire = exporters.otlp.as_ref().map(|otlp| Wire::new(signal, otlp, Arc::clone(clock)));
    let wire = wire.transpose().map_err(|error| setup_error(signal, error))?;
    let console = exporters.console.then(Console::stdout);
    Ok(Some(Arc::new(Sink::new(wire, console))))
}

/// The settings were checked before; what is left is what only the wire can know.
fn setup_error(signal: Signal, error: WireSetupError) -> InitError {
    match error {
        WireSetupError::TlsUnusable { .. } => InitError::Tls { source: Box::new(error) },
        other => InitError::InvalidSetting {
            setting: format!("{signal}.endpoint"),
            value: "an OTLP destination".to_owned(),
            expected: other.to_string(),
        },
    }
}

/// Empty: nowhere.
fn target(sink: Option<&Sink>) -> String {
    match sink {
        None => String::new(),
        Some(sink) => sink.to_string(),
    }
}

fn attempt_timeout(exporters: &ExporterSettings) -> Option<Duration> {
    exporters.otlp.as_ref().and_then(|otlp| otlp.timeout)
}

/// What becomes of metrics before the courier exists.
struct MetricParts {
    meter: GuardedMeterProvider,
    source: MetricSource,
}

impl MetricParts {
    fn new(settings: &Settings, resource: &Resource, voice: &Arc<Diagnostics>) -> Self {
        let voice = Arc::clone(voice);
        let problems = MetricProblems::new(move |problem| {
            voice.say(Topic::Metrics, DiagnosticLevel::Warn, &problem.to_string());
        });
        let (meter, source) = GuardedMeterProvider::new(
            resource.clone(),
            settings.metrics.temporality,
            Arc::new(problems),
        );
        Self { meter, source }
    }

    fn start(
        self,
        settings: &Settings,
        refresher: Refresher,
        sinks: &PerSignal<Option<Arc<Sink>>>,
        counters: &Arc<RecordingCounters>,
        intake: &Arc<Intake>,
    ) -> Result<(MetricPump, Arc<dyn OperationObserver>), InitError> {
        let self_metrics = settings.self_metrics.then(|| {
            let destinations =
                PerSignal::from_fn(|signal| sinks.get(signal).as_deref().map(Sink::destination));
            let published = Arc::new(Published::new(&destinations));
            let self_metrics = SelfMetrics::register(self.meter.unguarded(), &published, counters);
            (Arc::new(self_metrics), published)
        });
        let (self_metrics, published) = self_metrics.unzip();
        let clock = Arc::clone(&refresher.clock);
        let before_each = move || {
            if let Some(published) = &published {
                refresher.refresh(published);
            }
        };
        // A metric cannot be cut later, and as JSON it is two to three times as long.
        let entry_bytes_max = settings.queues.metrics.request_bytes_max / 4;
        let collector =
            MetricCollector::start(self.source, Arc::clone(intake), entry_bytes_max, before_each)
                .map_err(|source| InitError::Thread { name: "beacon-metrics", source })?;
        let observer: Arc<dyn OperationObserver> = match &self_metrics {
            Some(self_metrics) => Arc::clone(self_metrics) as Arc<dyn OperationObserver>,
            None => Arc::new(NoObserver),
        };
        let pump = MetricPump {
            collector,
            clock,
            settings: settings.metrics,
            self_metrics,
            rounds: CollectionRounds::default(),
        };
        Ok((pump, observer))
    }
}

/// Refreshes what the self-metrics read.
#[derive(Debug)]
struct Refresher {
    lanes: PerSignal<Arc<Lane>>,
    announcers: Arc<[(Signal, Arc<Announcer>)]>,
    clock: SharedClock,
}

impl Refresher {
    fn refresh(&self, published: &Published) {
        let health = health(&self.announcers, &self.clock).state;
        publish(&self.lanes, health.number(), published);
    }
}

#[derive(Debug)]
struct NoObserver;

impl OperationObserver for NoObserver {
    fn operation_ended(
        &self,
        _signal: Signal,
        _duration: Duration,
        _error_type: Option<&str>,
        _status: Option<PeerStatus>,
    ) {
    }
}
