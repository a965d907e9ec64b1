//! No request is larger than receivers accept, whatever the sizes of the items.

use beacon::collector::Collector;
use beacon::{DropReason, SignalReport, tracing};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{PATIENCE, Service, eventually};

/// Source: opentelemetry-collector, `max_recv_msg_size_mib` of the gRPC server, 4 MiB by default.
const REQUEST_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[test]
fn no_mix_of_sizes_makes_a_request_too_large() {
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let mut runner = TestRunner::new(Config { cases: 5, ..Config::default() });
        let sizes = || prop::collection::vec(size(), 1..14);
        runner
            .run(&(sizes(), sizes()), |(spans, logs)| {
                check(protocol, &spans, &logs);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{protocol}: {error}"));
    }
}

#[test]
fn one_item_over_the_limit_goes_alone() {
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let sizes = [10, 1_000, 4 * 1024 * 1024, 0, 5_000_000, 3_000_000];
        check(protocol, &sizes, &sizes);
    }
}

#[test]
fn an_item_that_only_json_makes_too_large_goes_alone() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector)
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .set("BEACON_QUEUE_BYTES", "64MiB")
        .start();
    service.run(|| {
        // Control characters take six bytes each.
        for payload in ["a".repeat(500_000), "\u{1}".repeat(800_000), "b".repeat(500_000)] {
            drop(tracing::info_span!("item", payload));
        }
    });
    let report = service.telemetry.flush_blocking().expect("the collector is healthy").traces;
    assert_eq!((report.delivered, too_large(&report)), (2, 1));
    assert!(collector.totals().largest_request_bytes <= REQUEST_BYTES_MAX);
}

#[test]
fn an_item_that_is_too_large_is_said_once() {
    let collector = Collector::start().expect("a collector starts");
    // Over the limit in every form, and as JSON only.
    for (protocol, payload) in
        [("grpc", "a".repeat(5_000_000)), ("http/json", "\u{1}".repeat(800_000))]
    {
        let service =
            Service::builder(&collector).set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol).start();
        service.run(|| {
            for _ in 0..3 {
                drop(tracing::info_span!("item", payload));
            }
        });
        service.telemetry.flush_blocking().expect("the collector is healthy");
        assert_eq!(too_large(&service.traces()), 3);
        eventually("it is said", || service.said("loses traces").len() == 1);
    }
}

#[test]
fn many_small_items_fill_requests_and_lose_none() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector)
        .set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 100_000)
        .set("BEACON_QUEUE_BYTES", "64MiB")
        .start();
    let payload = "x".repeat(1_000);
    service.run(|| {
        for _ in 0..12_000 {
            drop(tracing::info_span!("item", payload));
        }
    });
    let report = service.telemetry.flush_blocking().expect("the collector is healthy").traces;
    assert_eq!(report.delivered, 12_000, "{report:?}");
    let totals = collector.totals();
    assert!(totals.largest_request_bytes <= REQUEST_BYTES_MAX);
    // Cut by bytes: about 3,000 fit into one.
    assert!((4..=6).contains(&totals.traces.requests), "{totals}");
}

/// Sizes that must arrive, and sizes that cannot. Where the limit lies between them is beacon's.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 0_usize..3_000,
        3 => 100_000_usize..1_500_000,
        2 => 1_500_000_usize..3_300_000,
        1 => 4_194_304_usize..5_500_000,
    ]
}

fn check(protocol: &str, spans: &[usize], logs: &[usize]) {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector)
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .set("OTEL_EXPORTER_OTLP_TIMEOUT", 0)
        .set("BEACON_QUEUE_BYTES", "128MiB")
        .set("BEACON_SHUTDOWN_TIMEOUT", format!("{}s", PATIENCE.as_secs()))
        .start();
    service.run(|| {
        for size in spans {
            drop(tracing::info_span!("item", payload = "s".repeat(*size)));
        }
        for size in logs {
            tracing::info!(payload = "l".repeat(*size), "item");
        }
    });
    let report = service.telemetry.shutdown_blocking().expect("the collector is healthy");
    let is_large = |size: &&usize| **size >= 4 * 1024 * 1024;
    for (sizes, report) in [(spans, &report.traces), (logs, &report.logs)] {
        let large = sizes.iter().filter(is_large).count();
        let counts = (usize::try_from(report.delivered), usize::try_from(too_large(report)));
        assert_eq!(counts, (Ok(sizes.len() - large), Ok(large)), "{protocol}: {report:?}");
        assert!(report.is_conserved(), "{protocol}: {report:?}");
    }
    let on_wire = collector.attempts().iter().map(|attempt| attempt.body_bytes).max();
    let plain = collector.totals().largest_request_bytes;
    assert!(u64::try_from(on_wire.unwrap_or(0)).is_ok_and(|bytes| bytes <= REQUEST_BYTES_MAX));
    assert!(plain <= REQUEST_BYTES_MAX, "{protocol}: {plain}");
    let mut arrived: Vec<_> = collector
        .spans()
        .iter()
        .filter_map(|span| Some(span.attribute("payload")?.as_str()?.len()))
        .collect();
    let mut expected: Vec<_> = spans.iter().filter(|size| !is_large(size)).copied().collect();
    arrived.sort_unstable();
    expected.sort_unstable();
    assert_eq!(arrived, expected, "{protocol}");
}

fn too_large(report: &SignalReport) -> u64 {
    report.dropped.get(&DropReason::TooLarge).copied().unwrap_or_default()
}
