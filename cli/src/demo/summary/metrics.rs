//! The metrics that were seen.

use std::collections::BTreeMap;
use std::io::{self, Write};

use beacon::collector::{CollectorStore, ReceivedMetricKind, ReceivedMetricPoint};

/// What is shown of one metric.
#[derive(Debug)]
struct Seen<'a> {
    kind: ReceivedMetricKind,
    unit: &'a str,
    points: usize,
}

pub(super) fn write(out: &mut impl Write, store: &CollectorStore) -> io::Result<()> {
    writeln!(out, "\nThe metrics, with the number of data points:\n")?;
    for (name, Seen { kind, unit, points }) in &by_name(store.metric_points()) {
        writeln!(out, "  {name:<46} {:<10} {unit:<14} {points:>5}", kind_name(*kind))?;
    }
    Ok(())
}

fn by_name<'a>(
    points: impl Iterator<Item = &'a ReceivedMetricPoint>,
) -> BTreeMap<&'a str, Seen<'a>> {
    let mut metrics = BTreeMap::new();
    for point in points {
        let seen = metrics.entry(point.metric.as_str()).or_insert(Seen {
            kind: point.kind,
            unit: &point.unit,
            points: 0,
        });
        seen.points = seen.points.saturating_add(1);
    }
    metrics
}

const fn kind_name(kind: ReceivedMetricKind) -> &'static str {
    match kind {
        ReceivedMetricKind::ExponentialHistogram | ReceivedMetricKind::Histogram => "histogram",
        ReceivedMetricKind::Gauge => "gauge",
        ReceivedMetricKind::Sum => "sum",
        ReceivedMetricKind::Summary => "summary",
        _ => "other",
    }
}
