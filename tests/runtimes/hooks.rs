//! Code of the service that beacon calls: whatever it does, the end comes in time.

use std::sync::{Arc, Mutex, OnceLock, Weak, mpsc};
use std::thread;
use std::time::Duration;

use beacon::collector::{Collector, Fault, Times};
use beacon::{Diagnostic, ShutdownError, Signal, TelemetryBuilder, TelemetryReport};

use crate::ends::block_on;
use crate::service::{DEADLINE, Peer, SPANS, Service, check_within};

/// How long a call that is certain to come may take.
const PATIENCE: Duration = Duration::from_secs(20);

type End = fn(&Service) -> Result<TelemetryReport, ShutdownError>;

const ENDS: [End; 2] = [
    |service| service.telemetry.shutdown_blocking(),
    |service| block_on(service.telemetry.shutdown()),
];

#[test]
fn a_hook_that_blocks_delivery_does_not_block_the_end() {
    let collector = Peer::Refusing.start();
    for end in ENDS {
        check_within(DEADLINE, "a hook that blocks", || {
            let (release, released) = mpsc::channel::<()>();
            let (enter, entered) = mpsc::channel();
            let channels = Mutex::new((enter, released));
            let service = start(&collector, move |_| {
                let (enter, released) = &*channels.lock().expect("no panic");
                let _told = enter.send(());
                let _released = released.recv();
            });
            service.record_spans();
            // Nothing listens, and to say so is where the hook blocks.
            thread::scope(|scope| {
                let flush = scope.spawn(|| service.telemetry.flush_blocking());
                entered.recv_timeout(PATIENCE).expect("the hook is called");
                let ended = end(&service).expect_err("nothing listens");
                assert_eq!(ended.report().traces.held, SPANS, "{ended}");
                drop(release);
                flush.join().expect("no panic").expect_err("nothing listens");
            });
        });
    }
}

#[test]
fn a_hook_that_panics_changes_nothing() {
    let collector = Peer::Refusing.start();
    for end in ENDS {
        let service = start(&collector, |_| panic!("of the hook"));
        service.record_spans();
        let ended = end(&service).expect_err("nothing listens");
        assert_eq!(ended.report().traces.dropped_total(), SPANS, "{ended}");
    }
}

#[test]
fn a_hook_that_ends_telemetry_does_not_wait_for_itself() {
    let collector = Peer::Refusing.start();
    for end in ENDS {
        check_within(DEADLINE, "a hook that ends telemetry", || {
            let owner = Arc::new(OnceLock::<Weak<Service>>::new());
            let owner_in_hook = Arc::clone(&owner);
            let (done, called) = mpsc::channel();
            let done = Mutex::new(done);
            let service = Arc::new(start(&collector, move |_| {
                let service = owner_in_hook.get().and_then(Weak::upgrade);
                let ended = service.map(|service| end(&service).is_err());
                let _told = done.lock().expect("no panic").send(ended);
            }));
            owner.set(Arc::downgrade(&service)).expect("it is set once");
            service.record_spans();
            drop(service.telemetry.flush_blocking());
            assert_eq!(
                called.recv_timeout(PATIENCE),
                Ok(Some(true)),
                "the end that the hook asked for"
            );
            end(&service).expect_err("nothing listens");
        });
    }
}

#[test]
fn after_a_hook_has_ended_telemetry_the_guard_still_waits_for_the_end() {
    let collector = Peer::Healthy.start();
    let no_room = Fault::PartialSuccess { rejected: 1, message: "no room".to_owned() };
    collector.inject_for(Signal::Traces, no_room, Times::ONCE);
    let late = Fault::Delay(Duration::from_millis(300));
    collector.inject_for(Signal::Logs, late, Times::ONCE);
    let owner = Arc::new(OnceLock::<Weak<Service>>::new());
    let owner_in_hook = Arc::clone(&owner);
    let (done, called) = mpsc::channel();
    let done = Mutex::new(done);
    let hook = move |_: &Diagnostic| {
        let ended = owner_in_hook.get().and_then(Weak::upgrade).map(|service| {
            drop(service.telemetry.shutdown_blocking());
        });
        let _told = done.lock().expect("no panic").send(ended);
    };
    let service = Arc::new(start_with(&collector, hook, |builder| {
        let at_once = |builder: TelemetryBuilder, signal| {
            builder.signal_schedule_delay(signal, Duration::ZERO)
        };
        at_once(at_once(builder, Signal::Logs), Signal::Traces)
    }));
    owner.set(Arc::downgrade(&service)).expect("it is set once");
    service.in_scope(|| beacon::tracing::info!("late"));
    service.record_spans();
    assert_eq!(called.recv_timeout(PATIENCE), Ok(Some(())), "the hook ends telemetry");
    drop(service);
    assert_eq!(collector.totals().log_records(), 1);
}

#[test]
fn a_metric_callback_that_ends_telemetry_is_let_down_and_nobody_else() {
    let collector = Peer::Healthy.start();
    for end in ENDS {
        check_within(DEADLINE * 2, "a callback that ends telemetry", || {
            let service = Arc::new(Service::start_with(|builder| {
                builder.endpoint(collector.endpoint()).shutdown_timeout(DEADLINE)
            }));
            let in_callback = Arc::downgrade(&service);
            let meter = service.telemetry.meter("test");
            let gauge = meter.u64_observable_gauge("ending").with_callback(move |_| {
                drop(in_callback.upgrade().map(|service| end(&service)));
            });
            let _gauge = gauge.build();
            service.record_spans();
            let report = end(&service).expect("the collector works");
            assert_eq!(report.traces.delivered, SPANS, "{report}");
        });
    }
}

/// A service with a hook that only beacon's own thread runs.
fn start(peer: &Collector, hook: impl Fn(&Diagnostic) + Send + Sync + 'static) -> Service {
    start_with(peer, hook, |builder| builder)
}

fn start_with(
    peer: &Collector,
    hook: impl Fn(&Diagnostic) + Send + Sync + 'static,
    set: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder,
) -> Service {
    Service::start_with(|builder| {
        let builder = builder.endpoint(peer.endpoint()).shutdown_timeout(DEADLINE);
        set(builder).diagnostic_hook(move |diagnostic| {
            if thread::current().name() == Some("beacon-export") {
                hook(diagnostic);
            }
        })
    })
}
