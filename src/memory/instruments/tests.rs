//! What the catalog says of the metrics of memory, and what arrives.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::catalog::{BEACON_SCOPE, SCHEMA_URL};
use crate::clock::SharedClock;
use crate::collector::{ReceivedMetricKind, ReceivedTemporality};
use crate::memory::reading::Readings;
use crate::testing::{ManualClock, TestTelemetry};

const STALE_AFTER: Duration = Duration::from_mins(1);

/// The readings that no metric reports, and why.
const UNREPORTED: [(Reading, &str); 2] = [
    (Reading::ProcessLazyFreeBytes, "a correction for the detector"),
    (Reading::CgroupLimitState, "for the snapshot"),
];

fn board(clock: &ManualClock) -> Arc<Board> {
    let shared: SharedClock = Arc::new(clock.clone());
    Arc::new(Board::new(shared, STALE_AFTER))
}

/// A board on which each reading has a value of its own: a thousand times its place.
fn full_board(clock: &ManualClock) -> Arc<Board> {
    let board = board(clock);
    let mut readings = Readings::unknown();
    for (reading, value) in Reading::ALL.iter().zip(1_u64..) {
        readings.set(*reading, value.saturating_mul(1000));
    }
    board.publish(&readings, Duration::ZERO);
    board
}

fn all_rows() -> impl Iterator<Item = &'static Row> {
    let tables = [
        rows::PROCESS,
        rows::CGROUP,
        rows::ALLOCATOR,
        rows::CONTAINER,
        rows::SYSTEM,
        rows::UTILIZATION,
    ];
    tables.into_iter().flatten()
}

#[test]
fn every_metric_arrives_as_the_catalog_says() {
    let test = TestTelemetry::start().unwrap();
    let board = full_board(&ManualClock::new());
    board.counts.count_failure(SourceName::Cgroup, FailureReason::Timeout);
    let meter = test.telemetry().own_meter().unwrap();
    register(&meter, &board, Groups { container: true, system: true, utilization: true });
    for metric in memory::METRICS {
        let received = test.metric(metric.name).unwrap();
        let mut keys = BTreeSet::new();
        for point in received.points() {
            assert_eq!((&*point.unit, &*point.description), (metric.unit, metric.description));
            let (kind, is_monotonic) = match metric.instrument {
                InstrumentKind::Counter => (ReceivedMetricKind::Sum, true),
                InstrumentKind::UpDownCounter => (ReceivedMetricKind::Sum, false),
                InstrumentKind::Gauge => (ReceivedMetricKind::Gauge, false),
                InstrumentKind::Histogram => panic!("{} is not sampled", metric.name),
            };
            assert_eq!((point.kind, point.is_monotonic), (kind, is_monotonic), "{}", metric.name);
            assert_ne!(point.temporality, ReceivedTemporality::Delta);
            assert_eq!(point.scope.name, BEACON_SCOPE);
            assert_eq!(point.scope.schema_url, SCHEMA_URL);
            keys.extend(point.attributes.iter().map(|(key, _)| key.clone()));
            let is_double = matches!(metric.unit, "s" | "1");
            assert_eq!(point.value.as_i64().is_none(), is_double, "{}", metric.name);
        }
        let expected: BTreeSet<_> = metric.attributes.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(keys, expected, "{}", metric.name);
    }
}

#[test]
fn every_series_shows_its_own_reading_in_its_own_unit() {
    let test = TestTelemetry::start().unwrap();
    let board = full_board(&ManualClock::new());
    let meter = test.telemetry().own_meter().unwrap();
    register(&meter, &board, Groups { container: true, system: true, utilization: true });
    for row in all_rows() {
        let received = test.metric(row.metric.name).unwrap();
        assert_eq!(received.points().len(), row.points.len(), "{}", row.metric.name);
        for point in row.points {
            let attributes: Vec<_> = point.attribute.into_iter().collect();
            let value = received.value(&attributes).unwrap().as_f64().unwrap();
            let raw = board.get(point.reading).unwrap();
            let divisor = match row.scale {
                Scale::Billionths => 1e9,
                Scale::Micros => 1e6,
                Scale::One => 1.0,
            };
            let shown = (value * divisor).round();
            assert!((shown - scaled(raw, 1.0)).abs() < 1e-6, "{}: {shown}", row.metric.name);
        }
    }
}

#[test]
fn tables_and_catalog_hold_the_same_metrics_and_every_reading_has_its_place() {
    let mut of_tables: Vec<_> = all_rows().map(|row| row.metric.name).collect();
    of_tables.push(memory::MEMORY_SOURCE_FAILURES.name);
    of_tables.sort_unstable();
    let mut of_catalog: Vec<_> = memory::METRICS.iter().map(|metric| metric.name).collect();
    of_catalog.sort_unstable();
    assert_eq!(of_tables, of_catalog);
    for reading in Reading::ALL {
        let is_shown = all_rows().flat_map(|row| row.points).any(|p| p.reading == *reading);
        let is_unreported = UNREPORTED.iter().any(|(unreported, _)| unreported == reading);
        assert_eq!(is_shown, !is_unreported, "{reading:?}");
    }
    for row in all_rows() {
        // No two series of a metric are one.
        let unique: BTreeMap<_, _> = row.points.iter().map(|p| (p.attribute, p.reading)).collect();
        assert_eq!(unique.len(), row.points.len(), "{}", row.metric.name);
    }
}

#[test]
fn what_is_unknown_has_no_series_and_what_is_old_none_either() {
    let test = TestTelemetry::start().unwrap();
    let clock = ManualClock::new();
    let board = board(&clock);
    let meter = test.telemetry().own_meter().unwrap();
    register(&meter, &board, Groups { container: false, system: false, utilization: false });
    let usage = memory::PROCESS_MEMORY_USAGE.name;
    test.metric(usage).unwrap_err();

    let mut readings = Readings::unknown();
    readings.set(Reading::ProcessRssBytes, 7);
    readings.set(Reading::SystemTotalBytes, 8);
    readings.set(Reading::CgroupUsageBytes, 9);
    board.publish(&readings, Duration::ZERO);
    assert_eq!(test.metric(usage).unwrap().value(&[]).unwrap().as_i64(), Some(7));
    test.metric(memory::PROCESS_MEMORY_VIRTUAL.name).unwrap_err();
    // Groups that nobody wants are not there at all.
    test.metric(memory::SYSTEM_MEMORY_LIMIT.name).unwrap_err();
    test.metric(memory::CONTAINER_MEMORY_USAGE.name).unwrap_err();

    clock.advance(STALE_AFTER);
    test.clear().unwrap();
    test.metric(usage).unwrap();
    clock.advance(Duration::from_millis(1));
    test.clear().unwrap();
    test.metric(usage).unwrap_err();
}
