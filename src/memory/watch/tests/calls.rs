//! The user's code: callbacks and pressure.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::service::{DAY, Service, both, leaking, wait_until};
use crate::memory::alert::{LeakAlert, LeakCallbacks};
use crate::memory::hooks::{HookCounts, HookFailure, HookKind};
use crate::memory::leak::LeakState;
use crate::memory::watch::sample::WatchSample;

/// An alert that a service gave.
fn an_alert() -> LeakAlert {
    let (sender, receiver) = channel();
    let sender = Mutex::new(sender);
    let mut service = Service::start_with(|parts| {
        parts.callback = Some(Arc::new(move |alert| {
            drop(sender.lock().unwrap().send(alert.clone()));
        }));
    });
    service.run(26.0 * 60.0, leaking);
    receiver.recv_timeout(Duration::from_mins(1)).unwrap()
}

#[test]
fn the_callback_gets_what_the_record_tells() {
    let alert = an_alert();
    assert_eq!(alert.state, LeakState::Suspected);
    assert_eq!(alert.event_name(), "beacon.memory.leak_suspected");
    assert!(alert.message.starts_with("memory leak suspected: "), "{}", alert.message);
}

#[test]
fn a_callback_that_panics_is_counted_and_called_again() {
    let counts = Arc::<HookCounts>::default();
    let calls = Arc::<AtomicU64>::default();
    let own = Arc::clone(&calls);
    let callbacks = LeakCallbacks::new(
        Arc::new(move |_| assert!(own.fetch_add(1, SeqCst) > 0, "of the test")),
        &counts,
    );
    let alert = an_alert();
    callbacks.call(&alert);
    callbacks.call(&alert);
    wait_until("it was called", || calls.load(SeqCst) == 2);
    callbacks.call(&alert);
    wait_until("it was called", || calls.load(SeqCst) == 3);
    assert_eq!(counts.get(HookKind::LeakCallback, HookFailure::Panic), 1);
}

#[test]
fn a_callback_that_hangs_holds_up_nothing_and_16_alerts_wait() {
    let counts = Arc::<HookCounts>::default();
    let (release, gate) = channel::<()>();
    let (gate, calls) = (Mutex::new(gate), Arc::<AtomicU64>::default());
    let own = Arc::clone(&calls);
    let callbacks = LeakCallbacks::new(
        Arc::new(move |_| {
            own.fetch_add(1, SeqCst);
            gate.lock().unwrap().recv().unwrap_or_default();
        }),
        &counts,
    );
    let alert = an_alert();
    callbacks.call(&alert);
    wait_until("it was called", || calls.load(SeqCst) == 1);
    for _ in 0..18 {
        callbacks.call(&alert);
    }
    assert_eq!(counts.get(HookKind::LeakCallback, HookFailure::QueueFull), 2);
    drop(release);
    wait_until("it was called", || calls.load(SeqCst) == 17);
}

#[test]
fn memory_is_given_back_when_the_limit_comes_near_and_not_before() {
    let mut service = Service::start();
    let used = |used_mb: f64| {
        move |minute: f64| WatchSample { used_bytes: Some(used_mb * 1e6), ..both(minute, 9.0, 9.0) }
    };
    service.run(10.0, used(799.0));
    assert_eq!(service.trims.load(SeqCst), 0);
    service.run(11.0, used(801.0));
    wait_until("it was asked", || service.trims.load(SeqCst) == 1);
    service.free.store(1000, SeqCst);
    wait_until("it has ended", || !service.reclaimer.is_running());
    service.run(12.0, used(901.0));
    wait_until("it was asked", || service.trims.load(SeqCst) == 2);
    let pressure = [("beacon.memory.reclaim.trigger", "pressure")];
    wait_until("it has ended", || !service.reclaimer.is_running());
    let returned = service.test.metric("beacon.memory.reclaim.returned").unwrap();
    assert_eq!(returned.value(&pressure).unwrap().as_i64(), Some(1000));
}

#[test]
fn switched_off_nothing_is_given_back() {
    let mut service = Service::start_with(|parts| parts.pressure = None);
    let swelling = |minute: f64| WatchSample {
        used_bytes: Some(990e6),
        ..both(minute, 100.0, 110.0 + 60.0 * minute / DAY)
    };
    service.run(2.0 * DAY, swelling);
    assert_eq!(service.trims.load(SeqCst), 0);
    assert_eq!(service.events().len(), 1, "growth is told all the same");
}
