//! Scopes of a process whose allocations nobody counts: the tests of this crate.

use std::future::pending;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Waker};

use super::*;
use crate::memory::is_tracking;
use crate::memory::scope::metrics::ScopeMetrics;
use crate::testing::TestTelemetry;

#[test]
fn without_counts_resident_memory_is_compared_and_marked() {
    assert!(!is_tracking());
    let scope = scope("import");
    let held = black_box(vec![1_u8; 128 << 20]);
    let report = scope.end();
    assert!(!report.is_exact);
    // Other tests free some meanwhile.
    assert!(report.retained_bytes > Some(64 << 20), "{report}");
    assert!(report.peak_bytes > Some(64 << 20), "{report}");
    assert_eq!((report.allocated_bytes, report.freed_blocks), (None, None));
    assert!(report.to_string().ends_with("(resident memory of the whole process)"), "{report}");
    drop(held);
}

#[test]
fn a_future_without_counts_is_told_once() {
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        let mut future = Box::pin(scope("waits").run_async(pending::<()>()));
        for _ in 0..3 {
            let poll = pin!(&mut future).poll(&mut Context::from_waker(Waker::noop()));
            assert!(poll.is_pending());
        }
    });
    let logs = test.logs().unwrap();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].attribute("beacon.memory.scope.exact").unwrap(), &false);
    assert!(logs[0].attribute("beacon.memory.scope.allocated_bytes").is_none());
}

#[test]
fn what_is_not_known_is_in_no_histogram() {
    let test = TestTelemetry::start().unwrap();
    let metrics = ScopeMetrics::new(&test.telemetry().pipeline().own_meter().unwrap());
    let mut report = Tally::new("import").report(true);
    report.retained_bytes = Some(-5_000);
    metrics.record(&report);
    let retained = test.metric("beacon.memory.scope.retained").unwrap();
    let point = retained.point(&[("beacon.memory.scope.exact", "false")]).unwrap();
    let shown = format!("{:?}", point.value);
    assert!(shown.contains("-5000.0"), "{shown}");
    assert!(test.metric("beacon.memory.scope.allocated").is_err());
}
