use std::cell::Cell;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{Context, KeyValue};

use super::clock::driven_clock;
use super::{HANG, Said, block_on, recording, wait_until};
use crate::clock::Clock as _;
use crate::export::courier::Intake;
use crate::export::metrics::collector::CollectOutcome;
use crate::export::metrics::periodic::{collect_within, run_periodically};
use crate::export::metrics::problems::MetricProblem;
use crate::export::metrics::{GuardedMeterProvider, MetricCollector, MetricSource};

#[test]
fn a_collection_runs_on_its_own_thread_with_telemetry_suppressed() {
    let (provider, source, _) = recording();
    let (seen, sightings) = mpsc::channel();
    provider
        .meter("app")
        .u64_observable_gauge("g")
        .with_callback(move |_| {
            let name = thread::current().name().map(str::to_owned);
            seen.send((name, Context::is_current_telemetry_suppressed())).unwrap();
        })
        .build();
    let collector = start(source);
    let outcome = block_on(collector.collect());
    assert!(matches!(outcome, CollectOutcome::Collected { .. }), "{outcome:?}");
    assert_eq!(sightings.recv().unwrap(), (Some("beacon-metrics".to_owned()), true));
}

#[test]
fn a_stuck_callback_is_answered_at_once_counted_and_said_once() {
    let (provider, source, said, release) = stuck();
    let problems = Arc::clone(source.problems());
    let collector = start(source);
    let (clock, shared) = driven_clock();
    block_on(async {
        let (outcome, ()) = tokio::join!(collect_within(&collector, &shared, SECOND), async {
            wait_until(|| !clock.wake_times().is_empty()).await;
            clock.advance(SECOND);
        });
        assert_eq!(outcome, CollectOutcome::TimedOut);
        assert_eq!(collector.collect().await, CollectOutcome::Stuck);
        assert_eq!(collector.collect().await, CollectOutcome::Stuck);
    });
    assert_eq!(*said.lock().unwrap(), [MetricProblem::CollectionStuck]);
    assert_eq!(problems.stuck_collections(), 2);
    // Instruments can still be made, by anybody.
    let (made, done) = mpsc::channel();
    let maker = thread::Builder::new().spawn(move || {
        provider.meter("app").u64_counter("late").build().add(1, &[]);
        made.send(provider).unwrap();
    });
    let provider = done.recv_timeout(HANG).expect("making an instrument does not block");
    maker.unwrap().join().unwrap();
    // And it goes on where it left off.
    drop(release);
    block_on(async {
        while !matches!(collector.collect().await, CollectOutcome::Collected { .. }) {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(said.lock().unwrap().last(), Some(&MetricProblem::CollectionRecovered));
    drop(provider);
}

#[test]
fn callers_at_the_same_time_wait_for_each_other() {
    let (provider, source, said) = recording();
    provider.meter("app").u64_counter("c").build().add(1, &[]);
    let collector = start(source);
    let (first, second) =
        block_on(async { tokio::join!(collector.collect(), collector.collect()) });
    assert!(matches!(first, CollectOutcome::Collected { .. }), "{first:?}");
    assert!(matches!(second, CollectOutcome::Collected { .. }), "{second:?}");
    assert!(said.lock().unwrap().is_empty());
}

#[test]
fn a_stopped_collector_ends_its_thread_and_collects_no_more() {
    let (_provider, source, said) = recording();
    let collector = start(source);
    let (_, clock) = driven_clock();
    collector.stop();
    collector.stop();
    block_on(async {
        assert!(collector.join(&clock, SECOND).await);
        assert!(collector.join(&clock, SECOND).await, "a second time");
        assert_eq!(collector.collect().await, CollectOutcome::Stopped);
    });
    assert!(said.lock().unwrap().is_empty());
}

#[test]
fn a_stuck_callback_does_not_hold_shutdown() {
    let (_provider, source, said, _release) = stuck();
    let collector = start(source);
    let (clock, shared) = driven_clock();
    block_on(async {
        let deadline = tokio::join!(collect_within(&collector, &shared, SECOND), async {
            wait_until(|| !clock.wake_times().is_empty()).await;
            clock.advance(SECOND);
        });
        assert_eq!(deadline.0, CollectOutcome::TimedOut);
        collector.stop();
        let (has_ended, ()) = tokio::join!(collector.join(&shared, SECOND * 2), async {
            wait_until(|| !clock.wake_times().is_empty()).await;
            clock.advance(SECOND);
        });
        assert!(!has_ended);
    });
    assert_eq!(*said.lock().unwrap(), [MetricProblem::ThreadDetached]);
}

#[test]
fn a_failed_collection_is_said_once() {
    let (provider, source, said) = recording();
    provider.unguarded().shutdown().unwrap();
    let collector = start(source);
    block_on(async {
        assert_eq!(collector.collect().await, CollectOutcome::Failed);
        assert_eq!(collector.collect().await, CollectOutcome::Failed);
    });
    let said = said.lock().unwrap();
    assert!(matches!(said[..], [MetricProblem::CollectionFailed { .. }]), "{said:?}");
}

#[test]
fn an_interval_lasts_from_start_to_start() {
    let (provider, source, _) = recording();
    let (clock, shared) = driven_clock();
    let starts = Arc::new(Mutex::new(Vec::new()));
    let (slow, log) = (Arc::clone(&clock), Arc::clone(&starts));
    provider
        .meter("app")
        .u64_observable_gauge("slow")
        .with_callback(move |_| {
            log.lock().unwrap().push(slow.now());
            slow.advance(SECOND * 20);
        })
        .build();
    let collector = start(source);
    let collected = Cell::new(0);
    let drive = async {
        for round in 1..=3 {
            wait_until(|| collected.get() + 1 == round && !clock.wake_times().is_empty()).await;
            assert_eq!(clock.wake_times(), [SECOND * 60 * round]);
            clock.advance((SECOND * 60 * round).saturating_sub(clock.now()));
            wait_until(|| collected.get() == round).await;
        }
    };
    let count = |outcome, took| {
        assert!(matches!(outcome, CollectOutcome::Collected { .. }), "{outcome:?}");
        assert_eq!(took, SECOND * 20);
        collected.set(collected.get() + 1);
    };
    block_on(async {
        tokio::select! {
            () = run_periodically(&collector, &shared, SECOND * 60, Some(SECOND * 30), count) => {}
            () = drive => {}
        }
    });
    assert_eq!(*starts.lock().unwrap(), [60, 120, 180].map(Duration::from_secs));
}

#[test]
fn a_stuck_callback_is_noticed_when_the_next_collection_is_due() {
    let (_provider, source, said, _release) = stuck();
    let collector = start(source);
    let (clock, shared) = driven_clock();
    let outcomes = Mutex::new(Vec::new());
    let drive = async {
        for seconds in [60, 120, 180] {
            wait_until(|| clock.wake_times().first() == Some(&Duration::from_secs(seconds))).await;
            clock.advance(SECOND * 60);
        }
        wait_until(|| outcomes.lock().unwrap().len() == 3).await;
    };
    let log = |outcome, _| outcomes.lock().unwrap().push(outcome);
    block_on(async {
        tokio::select! {
            () = run_periodically(&collector, &shared, SECOND * 60, None, log) => {}
            () = drive => {}
        }
    });
    let expected = [CollectOutcome::TimedOut, CollectOutcome::Stuck, CollectOutcome::Stuck];
    assert_eq!(*outcomes.lock().unwrap(), expected);
    assert_eq!(*said.lock().unwrap(), [MetricProblem::CollectionStuck]);
}

#[test]
fn the_loop_ends_when_the_collector_is_stopped() {
    let (_provider, source, _) = recording();
    let collector = start(source);
    collector.stop();
    let (clock, shared) = driven_clock();
    block_on(async {
        let run = run_periodically(&collector, &shared, SECOND, None, |_, _| {});
        tokio::join!(run, async {
            wait_until(|| !clock.wake_times().is_empty()).await;
            clock.advance(SECOND);
        });
    });
}

#[test]
fn a_metric_with_2001_attribute_sets_is_named_once() {
    for (sets, expected) in [(2_000, vec![]), (2_001, vec!["crowded"]), (5_000, vec!["crowded"])] {
        let (provider, source, said) = recording();
        let counter = provider.meter("app").u64_counter("crowded").build();
        for set in 0..sets {
            counter.add(1, &[KeyValue::new("set", set)]);
        }
        let collector = start(source);
        block_on(async {
            collector.collect().await;
            collector.collect().await;
        });
        let expected: Vec<_> = expected
            .into_iter()
            .map(|name: &str| MetricProblem::SeriesOverflowed { instrument: name.to_owned() })
            .collect();
        assert_eq!(*said.lock().unwrap(), expected, "{sets} sets");
    }
}

fn start(source: MetricSource) -> MetricCollector {
    MetricCollector::start(source, Arc::new(Intake::default()), 1 << 20, || {}).unwrap()
}

/// A provider with a callback that does not return before the sender is dropped, which happens at
/// the end of the test at the latest: no thread outlives it.
fn stuck() -> (GuardedMeterProvider, MetricSource, Said, Sender<()>) {
    let (provider, source, said) = recording();
    let (release, gate) = mpsc::channel();
    let gate = Mutex::new(gate);
    provider
        .meter("app")
        .u64_observable_gauge("stuck")
        .with_callback(move |_| {
            assert!(gate.lock().unwrap().recv().is_err(), "nothing is sent");
        })
        .build();
    (provider, source, said, release)
}

const SECOND: Duration = Duration::from_secs(1);
