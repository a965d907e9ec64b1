mod conventions;

use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[test]
fn the_manual_documents_exactly_the_metrics_of_the_catalog() {
    let documented: BTreeMap<_, _> = manual_rows().map(|row| (row.name, row)).collect();
    assert_eq!(documented.len(), manual_rows().count(), "a metric is documented twice");
    let names: BTreeSet<_> = all().map(|metric| metric.name).collect();
    assert_eq!(documented.keys().copied().collect::<BTreeSet<_>>(), names);
    for metric in all() {
        let row = &documented[metric.name];
        assert_eq!(row.instrument, format!("{:?}", metric.instrument), "{}", metric.name);
        assert_eq!(row.unit, metric.unit, "{}", metric.name);
        assert_eq!(row.attributes, metric.attributes, "{}", metric.name);
        assert!(!row.meaning.is_empty(), "{} says nothing", metric.name);
    }
}

#[test]
fn the_manual_documents_every_attribute() {
    let used: BTreeSet<_> = all().flat_map(|metric| metric.attributes).copied().collect();
    for key in used {
        assert!(MANUAL.contains(&format!("\n| `{key}` | ")), "{key} has no row");
    }
}

#[test]
fn names_are_lower_case_words_in_dotted_namespaces() {
    let keys = all().flat_map(|metric| metric.attributes).copied();
    for name in all().map(|metric| metric.name).chain(keys) {
        assert!(name.contains('.'), "{name} has no namespace");
        for word in name.split(['.', '_']) {
            assert!(!word.is_empty(), "{name} has an empty word");
            assert!(word.chars().all(|c| c.is_ascii_lowercase()), "{name}: {word}");
        }
    }
}

#[test]
fn names_carry_no_unit_and_no_total() {
    let banned = ["bytes", "seconds", "milliseconds", "ms", "total", "ratio", "percent"];
    for metric in all() {
        let mut words = metric.name.split(['.', '_']);
        assert!(!words.any(|word| banned.contains(&word)), "{}", metric.name);
    }
}

#[test]
fn units_are_ucum_without_prefixes_and_things_in_the_singular() {
    for metric in all() {
        let thing = metric.unit.strip_prefix('{').and_then(|unit| unit.strip_suffix('}'));
        match thing {
            Some(thing) => assert!(!thing.ends_with('s') && !thing.is_empty(), "{}", metric.name),
            None => assert!(["1", "By", "By/h", "s"].contains(&metric.unit), "{}", metric.name),
        }
    }
}

#[test]
fn only_the_conventions_and_beacon_own_namespaces() {
    for metric in all() {
        let prefixes: &[&str] = match metric.stability {
            Stability::Development => &["container.", "http.", "otel.sdk.", "process.", "system."],
            Stability::ReleaseCandidate => &["container.", "process.", "rpc."],
            Stability::Stable => &["http."],
            // A runtime has a namespace of its own, as those of other languages have.
            Stability::Beacon => &["beacon.", "tokio."],
        };
        let is_known = prefixes.iter().any(|prefix| metric.name.starts_with(prefix));
        assert!(is_known, "{}", metric.name);
    }
}

#[test]
fn a_duration_is_a_histogram_of_seconds() {
    // Sizes, and a delay, which is none of something that lasts.
    let is_other = |name: &str| {
        name.starts_with("beacon.memory.scope.")
            || name.ends_with(".body.size")
            || name == runtime::TOKIO_SCHEDULER_DELAY.name
    };
    for metric in all().filter(|metric| !is_other(metric.name)) {
        let is_duration = metric.name.ends_with(".duration");
        assert_eq!(is_duration, metric.instrument == InstrumentKind::Histogram, "{}", metric.name);
        assert!(!is_duration || metric.unit == "s", "{}", metric.name);
    }
}

#[test]
fn descriptions_are_sentences() {
    for Metric { name, description, .. } in all() {
        assert!(description.ends_with('.'), "{name}");
        assert!(description.starts_with(|c: char| c.is_ascii_uppercase()), "{name}");
    }
}

#[test]
fn no_two_metrics_have_one_prometheus_name() {
    let mut seen = BTreeMap::new();
    for metric in all() {
        let folded = metric.prometheus_name();
        if let Some(other) = seen.insert(folded.clone(), metric.name) {
            panic!("{other} and {} are both {folded}", metric.name);
        }
    }
}

#[test]
fn no_two_attributes_of_a_metric_have_one_prometheus_label() {
    for metric in all() {
        let labels: BTreeSet<_> =
            metric.attributes.iter().map(|key| prometheus_label(key)).collect();
        assert_eq!(labels.len(), metric.attributes.len(), "{}", metric.name);
    }
}

#[test]
fn prometheus_sees_the_names_that_the_manual_promises() {
    let rows = [
        (SDK_EXPORTER_SPAN_EXPORTED, "otel_sdk_exporter_span_exported_total"),
        (SDK_EXPORTER_OPERATION_DURATION, "otel_sdk_exporter_operation_duration_seconds"),
        (TELEMETRY_DROPPED, "beacon_telemetry_dropped_total"),
        (TELEMETRY_HEALTH, "beacon_telemetry_health"),
        (TELEMETRY_QUEUE_USAGE, "beacon_telemetry_queue_usage_bytes"),
        (memory::CGROUP_MEMORY_UTILIZATION, "beacon_cgroup_memory_utilization_ratio"),
        (memory::PROCESS_MEMORY_USAGE, "process_memory_usage_bytes"),
        (memory::PROCESS_CPU_TIME, "process_cpu_time_seconds_total"),
    ];
    for (metric, expected) in rows {
        assert_eq!(metric.prometheus_name(), expected);
        assert!(MANUAL.contains(&format!("`{expected}`")), "{expected} is not in the manual");
    }
}

struct ManualRow {
    name: &'static str,
    instrument: &'static str,
    unit: &'static str,
    attributes: Vec<&'static str>,
    meaning: &'static str,
}

/// The rows of the manual's tables of metrics: name, instrument, unit, attributes, meaning.
fn manual_rows() -> impl Iterator<Item = ManualRow> {
    let cells = MANUAL.lines().filter_map(|line| {
        let line = line.strip_prefix("| ")?.strip_suffix(" |")?;
        <[&str; 5]>::try_from(line.split(" | ").collect::<Vec<_>>()).ok()
    });
    let rows = cells.filter(|[name, ..]| name.starts_with('`'));
    rows.map(|[name, instrument, unit, attributes, meaning]| ManualRow {
        name: name.trim_matches('`'),
        instrument,
        unit: unit.trim_matches('`'),
        attributes: attributes.split('`').skip(1).step_by(2).collect(),
        meaning,
    })
}

const MANUAL: &str = include_str!("../../manual/metrics.md");
