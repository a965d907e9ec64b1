//! A service with telemetry, and the three kinds of collector that it meets.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use beacon::collector::{Collector, Fault, Times};
use beacon::config::{Environment, Protocol};
use beacon::{Diagnostic, DiagnosticLevel, Telemetry, TelemetryBuilder};
use tracing::{Dispatch, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// The spans that are held when a case ends its service.
pub(crate) const SPANS: u64 = 10;
/// The deadline against a collector that does not take anything.
pub(crate) const DEADLINE: Duration = Duration::from_millis(500);
/// How much longer than the deadline the end may take.
const SLACK: Duration = Duration::from_millis(300);
/// How often a case may miss its time before that is no longer the fault of a busy machine.
const TRIES: u32 = 3;

pub(crate) const PROTOCOLS: [Protocol; 2] = [Protocol::HttpProtobuf, Protocol::Grpc];

/// What is at the endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Peer {
    /// Takes connections and requests, and never answers.
    BlackHole,
    Healthy,
    /// Refuses connections.
    Refusing,
}

impl Peer {
    pub(crate) const ALL: [Self; 3] = [Self::Healthy, Self::BlackHole, Self::Refusing];

    pub(crate) fn start(self) -> Collector {
        let collector = Collector::start().expect("a collector starts");
        match self {
            Self::BlackHole => collector.inject(Fault::Hang, Times::Always),
            Self::Healthy => {}
            Self::Refusing => collector.pause_listening(),
        }
        collector
    }
}

/// A telemetry with a subscriber of its own around it, and everything that it said.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) telemetry: Telemetry,
    pub(crate) said: Said,
    dispatch: Dispatch,
}

pub(crate) type Said = Arc<Mutex<Vec<Diagnostic>>>;

impl Service {
    pub(crate) fn start(endpoint: &str, protocol: Protocol, deadline: Duration) -> Self {
        Self::start_with(|builder| {
            builder.endpoint(endpoint).protocol(protocol).shutdown_timeout(deadline)
        })
    }

    pub(crate) fn start_with(set: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder) -> Self {
        let said = Said::default();
        let hook = Arc::clone(&said);
        let builder = Telemetry::builder()
            .environment(Environment::empty())
            .diagnostics_off_stderr()
            .diagnostic_hook(move |diagnostic| {
                hook.lock().expect("no test panics in it").push(diagnostic.clone());
            });
        let telemetry = set(builder).build().expect("the settings are right");
        let dispatch = Dispatch::new(tracing_subscriber::registry().with(telemetry.layer()));
        Self { telemetry, said, dispatch }
    }

    /// Finishes [`SPANS`] spans.
    pub(crate) fn record_spans(&self) {
        self.in_scope(|| (0..SPANS).for_each(|index| info_span!("work", index).in_scope(|| {})));
    }

    pub(crate) fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        tracing::dispatcher::with_default(&self.dispatch, work)
    }
}

/// Messages of this level, in order.
pub(crate) fn messages(said: &Said, level: DiagnosticLevel) -> Vec<String> {
    let said = said.lock().expect("no test panics in it");
    said.iter().filter(|said| said.level == level).map(|said| said.message.clone()).collect()
}

/// Runs a case for each protocol and each kind of collector, all at once: most only wait.
#[track_caller]
pub(crate) fn for_all_peers(case: impl Fn(Protocol, Peer) + Sync) {
    std::thread::scope(|scope| {
        for protocol in PROTOCOLS {
            for peer in Peer::ALL {
                let case = &case;
                scope.spawn(move || case(protocol, peer));
            }
        }
    });
}

/// The deadline that suits a peer: one that works is never the reason to wait for it.
pub(crate) fn deadline(peer: Peer) -> Duration {
    if peer == Peer::Healthy { Duration::from_secs(10) } else { DEADLINE }
}

/// Runs a case until it takes no longer than it may, a few times at most.
#[track_caller]
pub(crate) fn check_within(limit: Duration, name: &str, mut case: impl FnMut()) {
    let mut took = Vec::new();
    let is_in_time = (0..TRIES).any(|_| {
        let begun = Instant::now();
        case();
        took.push(begun.elapsed());
        begun.elapsed() <= limit.saturating_add(SLACK)
    });
    assert!(is_in_time, "{name}: took {took:?}, may take {limit:?} and {SLACK:?}");
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        std::thread::yield_now();
    }
}
