//! Measured pieces of work, with every allocation counted.
#![expect(
    clippy::panic,
    reason = "a test may fail; clippy only knows functions marked as tests, and not their helpers"
)]

use std::alloc::System;
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::{future, thread};

use beacon::Telemetry;
use beacon::collector::{AttributeValue, Collector, ReceivedLog};
use beacon::config::Environment;
use beacon::logging::LogConsole;
use beacon::memory::{self, MemoryConfig, MemoryLimit, ReclaimStatus, TrackingAllocator};
use beacon::testing::TestTelemetry;
use tracing::info_span;

#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);

fn block(bytes: usize) -> Vec<u8> {
    black_box(vec![1; bytes])
}

fn integer(log: &ReceivedLog, key: &str) -> i64 {
    let key = format!("beacon.memory.scope.{key}");
    log.attribute(&key).and_then(AttributeValue::as_i64).unwrap_or_else(|| panic!("{key}: {log:?}"))
}

#[test]
fn each_byte_and_block_is_counted() {
    let before = block(500);
    let scope = memory::scope("import");
    drop(block(100_000));
    let mut kept = block(1_000);
    kept.reserve_exact(9_000);
    drop(before);
    let report = scope.end();
    assert!(report.is_exact && report.is_finished);
    assert_eq!((report.allocated_bytes, report.freed_bytes), (Some(110_000), Some(100_500)));
    assert_eq!((report.allocated_blocks, report.freed_blocks), (Some(2), Some(2)));
    assert_eq!((report.retained_bytes, report.peak_bytes), (Some(9_500), Some(100_000)));
    assert!(
        report.to_string().starts_with("import: allocated 107 KiB, freed 98.1 KiB"),
        "{report}"
    );

    let scope = memory::scope("release");
    drop(kept);
    let report = scope.end();
    assert_eq!((report.retained_bytes, report.peak_bytes), (Some(-10_000), Some(0)));
}

#[test]
fn scopes_nest_and_end_in_any_order() {
    let outer = memory::scope("outer");
    drop(block(100_000));
    let inner = memory::scope("inner");
    drop(block(10_000));
    let innermost = memory::scope("innermost");
    drop(block(50_000));
    let peak = |scope: memory::MemoryScope| {
        let report = scope.end();
        (report.allocated_bytes.unwrap(), report.peak_bytes.unwrap())
    };
    assert_eq!(peak(inner), (60_000, 50_000));
    drop(block(70_000));
    assert_eq!(peak(outer), (230_000, 100_000));
    assert_eq!(peak(innermost), (120_000, 70_000));
    // The peak of an inner one is one of the outer one, too, above what that held.
    let outer = memory::scope("outer");
    let held = block(5_000);
    let inner = memory::scope("inner");
    drop(block(300_000));
    assert_eq!(peak(inner), (300_000, 300_000));
    drop(block(1_000));
    assert_eq!(peak(outer), (306_000, 305_000));
    drop(held);
    // So many at once have no peak of their own, and are counted all the same.
    let many: Vec<_> = (0..40).map(|_| memory::scope("many")).collect();
    drop(block(10_000));
    let reports: Vec<_> = many.into_iter().rev().map(memory::MemoryScope::end).collect();
    assert_eq!(reports.iter().filter(|report| report.peak_bytes.is_none()).count(), 8);
    assert!(reports.iter().all(|report| report.allocated_bytes >= Some(10_000)));
}

#[test]
fn what_beacon_tells_is_in_no_scope() {
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        let outer = memory::scope("outer");
        let kept = block(1_000);
        for _ in 0..3 {
            memory::scope("inner").end();
        }
        let report = outer.end();
        assert_eq!((report.allocated_bytes, report.peak_bytes), (Some(1_000), Some(1_000)));
        drop(kept);
    });
    assert_eq!(test.logs().unwrap().len(), 4);
}

/// Gives the thread away once.
async fn pause() {
    let mut is_over = false;
    poll_fn(
        |_| {
            if std::mem::replace(&mut is_over, true) { Poll::Ready(()) } else { Poll::Pending }
        },
    )
    .await;
}

async fn import() {
    let first = block(100_000);
    pause().await;
    let second = block(50_000);
    drop(first);
    let inner = memory::scope("inner").run_async(async {
        let third = block(2_000);
        pause().await;
        drop(third);
    });
    inner.await;
    drop(second);
}

fn poll_once(future: impl Future<Output = ()>) -> Poll<()> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_future_is_measured_on_whatever_thread_polls_it() {
    let test = TestTelemetry::start().unwrap();
    let mut future = Box::pin(memory::scope("import").run_async(import()));
    let goes_anywhere = |_: &dyn Send| {};
    goes_anywhere(&future);
    let polls = (0..).map(|_| {
        thread::scope(|scope| {
            let on_thread = || test.with(|| poll_once(future.as_mut()));
            let poll = scope.spawn(on_thread).join().unwrap();
            // What others do in between is not the future's.
            drop(block(500_000));
            poll
        })
    });
    assert_eq!(polls.take_while(Poll::is_pending).count(), 2);
    let [inner, outer] = <[ReceivedLog; 2]>::try_from(test.logs().unwrap()).unwrap();
    assert_eq!(integer(&inner, "peak_bytes"), integer(&inner, "allocated_bytes"));
    assert_eq!(integer(&inner, "retained_bytes"), 0);
    // The places of the two futures come to what blocks do not.
    let places = integer(&outer, "allocated_bytes") - 152_000;
    assert!((1..2_000).contains(&places), "{places}");
    assert_eq!(integer(&outer, "retained_bytes"), 0);
    let peak = integer(&outer, "peak_bytes");
    assert!((150_000..152_000).contains(&peak), "{peak}");
    assert_eq!(outer.attribute("beacon.memory.scope.finished"), Some(&AttributeValue::Bool(true)));
}

#[test]
fn a_future_that_is_dropped_or_panics_is_told_once_and_leaves_nothing() {
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        let mut dropped = Box::pin(memory::scope("dropped").run_async(async {
            let _held = block(10_000);
            future::pending::<()>().await;
        }));
        assert!(poll_once(dropped.as_mut()).is_pending());
        drop(dropped);
        let mut panics = Box::pin(memory::scope("panics").run_async(async {
            let _held = block(10_000);
            panic!("of the test");
        }));
        catch_unwind(AssertUnwindSafe(|| poll_once(panics.as_mut()))).unwrap_err();
        drop(panics);
        // Neither has left the thread in a scope.
        let report = memory::scope("after").end();
        assert_eq!((report.allocated_bytes, report.peak_bytes), (Some(0), Some(0)));
    });
    let logs = test.logs().unwrap();
    assert_eq!(logs.len(), 3);
    for log in &logs[..2] {
        assert_eq!(
            log.attribute("beacon.memory.scope.finished"),
            Some(&AttributeValue::Bool(false))
        );
        assert!(integer(log, "allocated_bytes") >= 10_000);
    }
    assert_eq!(integer(&logs[0], "retained_bytes"), 0);
}

#[test]
fn a_scope_is_a_record_in_its_span_and_attributes_of_it() {
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        info_span!("work").in_scope(|| {
            let _scope = memory::scope("import");
            drop(block(4_096));
        });
    });
    let span = test.span("work").unwrap();
    assert_eq!(span.attribute("beacon.memory.scope.name").unwrap(), "import");
    assert_eq!(span.attribute("beacon.memory.scope.peak_bytes").unwrap().as_i64(), Some(4_096));
    assert_eq!(span.attribute("beacon.memory.scope.exact").unwrap(), &true);
    let log = &span.logs()[0];
    assert_eq!(
        (log.event_name.as_str(), log.severity_text.as_str()),
        ("beacon.memory.scope", "INFO")
    );
    assert_eq!((integer(log, "freed_bytes"), integer(log, "freed_blocks")), (4_096, 1));
}

#[test]
fn memory_is_logged_as_it_is_now() {
    let test = TestTelemetry::start().unwrap();
    let held = test.with(|| {
        info_span!("work").in_scope(|| {
            let before = memory::log_memory_usage("Before processing");
            let held = block(64 << 20);
            let after = memory::log_memory_usage("Meanwhile");
            let grown = |bytes: fn(&memory::MemorySnapshot) -> Option<u64>| {
                bytes(&after).unwrap().saturating_sub(bytes(&before).unwrap())
            };
            // Other tests give memory back at the same time.
            assert!(grown(|now| now.rss_bytes) >= 48 << 20, "{before:?} {after:?}");
            assert!(grown(|now| now.live_heap_bytes) >= 48 << 20, "{before:?} {after:?}");
            assert_ne!(after.cgroup_limit, MemoryLimit::default());
            held
        })
    });
    drop(held);
    let reports = test.with(|| ["After processing", "Again"].map(memory::log_memory_cleanup));
    assert_eq!(reports.map(|report| report.status), [ReclaimStatus::Done, ReclaimStatus::TooSoon]);

    let span = test.span("work").unwrap();
    let usage = &span.logs()[0];
    assert_eq!(usage.event_name, "beacon.memory.usage");
    assert!(usage.body.to_string().starts_with("Before processing: "), "{usage:?}");
    assert!(usage.attribute("beacon.memory.usage.rss_bytes").is_some());
    let logs = test.logs().unwrap();
    let [done, too_soon] = &logs[2..] else { panic!("{logs:?}") };
    assert_eq!(done.event_name, "beacon.memory.cleanup");
    assert!(done.attribute("beacon.memory.cleanup.before_bytes").is_some());
    assert_eq!(too_soon.attribute("beacon.memory.cleanup.status").unwrap(), "too_soon");
    let body = too_soon.body.to_string();
    assert_eq!(body, "Again: nothing reclaimed: done a moment ago");
}

#[test]
fn installed_telemetry_has_histograms_of_a_bounded_number_of_names() {
    let collector = Collector::start().unwrap();
    let telemetry = Telemetry::builder()
        .environment(Environment::empty())
        .endpoint(collector.endpoint())
        .diagnostics_off_stderr()
        .log_console(LogConsole::Off)
        .memory(MemoryConfig::disabled())
        .install()
        .unwrap();
    for number in 0..70 {
        let scope = memory::scope(format!("scope {number:02}").leak());
        drop(block(2_000));
        drop(scope);
    }
    telemetry.shutdown_blocking().unwrap();
    let points = collector.metric_points("beacon.memory.scope.peak");
    let name = |point: &beacon::collector::ReceivedMetricPoint| {
        point.attribute("beacon.memory.scope.name").map(ToString::to_string).unwrap_or_default()
    };
    // Other tests of this process have scopes as well, and of these names there are few.
    assert_eq!(points.len(), 65, "{points:?}");
    assert!(points.iter().any(|point| name(point) == "other"));
    let first = points.iter().find(|point| name(point) == "scope 00").unwrap();
    assert_eq!(first.attribute("beacon.memory.scope.exact"), Some(&AttributeValue::Bool(true)));
    let renamed = collector.metric_points("beacon.memory.scope.renamed");
    assert!(renamed[0].value.as_i64() >= Some(6), "{renamed:?}");
}
