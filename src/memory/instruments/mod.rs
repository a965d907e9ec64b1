//! The metrics of memory: tables that tie each name to the numbers it reports.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::catalog::{InstrumentKind, Metric, attribute, memory};
use crate::memory::board::Board;
use crate::memory::counts::{FailureReason, SourceName};
use crate::memory::reading::Reading;

mod rows;

/// What of the optional groups is emitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Groups {
    pub(super) container: bool,
    pub(super) system: bool,
    pub(super) utilization: bool,
}

/// Registers everything. The callbacks load atomics, and look at the time.
pub(super) fn register(meter: &Meter, board: &Arc<Board>, groups: Groups) {
    let container = groups.container.then_some(rows::CONTAINER);
    let system = groups.system.then_some(rows::SYSTEM);
    let utilization = groups.utilization.then_some(rows::UTILIZATION);
    let wanted = container.into_iter().chain(system).chain(utilization);
    let always = [rows::PROCESS, rows::CGROUP, rows::ALLOCATOR];
    for row in always.into_iter().chain(wanted).flatten() {
        register_row(meter, board, row);
    }
    register_failures(meter, board);
}

/// One metric.
#[derive(Debug)]
struct Row {
    metric: Metric,
    scale: Scale,
    points: &'static [Point],
}

/// What a reading must be divided by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scale {
    /// Billionths become a share.
    Billionths,
    /// Microseconds become seconds.
    Micros,
    /// Bytes and counts stay integers.
    One,
}

/// One series: a reading, and the attribute that tells it from the others of the metric.
#[derive(Debug)]
struct Point {
    reading: Reading,
    attribute: Option<(&'static str, &'static str)>,
}

impl Point {
    const fn only(reading: Reading) -> Self {
        Self { reading, attribute: None }
    }

    const fn of(key: &'static str, value: &'static str, reading: Reading) -> Self {
        Self { reading, attribute: Some((key, value)) }
    }
}

/// The points of one metric, with what the API wants to be given.
struct Series {
    board: Arc<Board>,
    points: Vec<(Reading, Vec<KeyValue>)>,
}

impl Series {
    /// Visits what is known. A sample that is too old is not.
    fn visit(&self, visit: impl Fn(u64, &[KeyValue])) {
        if !self.board.is_fresh() {
            return;
        }
        for (reading, attributes) in &self.points {
            if let Some(value) = self.board.get(*reading) {
                visit(value, attributes);
            }
        }
    }
}

fn register_row(meter: &Meter, board: &Arc<Board>, row: &Row) {
    let pair = |(key, value): (&'static str, &'static str)| KeyValue::new(key, value);
    let points = row.points.iter();
    let points = points.map(|p| (p.reading, p.attribute.map(pair).into_iter().collect()));
    let series = Series { board: Arc::clone(board), points: points.collect() };
    match row.scale {
        Scale::One => register_integer(meter, &row.metric, series),
        Scale::Billionths => register_double(meter, &row.metric, series, 1e9),
        Scale::Micros => register_double(meter, &row.metric, series, 1e6),
    }
}

/// Builds an observable instrument on the meter, under the metric's name, unit and description.
macro_rules! build {
    ($meter:ident.$method:ident, $metric:ident, $callback:expr) => {{
        let builder = $meter.$method($metric.name).with_unit($metric.unit);
        let _registered =
            builder.with_description($metric.description).with_callback($callback).build();
    }};
}

fn register_integer(meter: &Meter, metric: &Metric, series: Series) {
    match metric.instrument {
        InstrumentKind::Counter => build!(meter.u64_observable_counter, metric, move |o| {
            series.visit(|value, attributes| o.observe(value, attributes));
        }),
        InstrumentKind::Gauge => build!(meter.u64_observable_gauge, metric, move |o| {
            series.visit(|value, attributes| o.observe(value, attributes));
        }),
        InstrumentKind::UpDownCounter => {
            build!(meter.i64_observable_up_down_counter, metric, move |o| {
                series.visit(|value, attributes| {
                    o.observe(i64::try_from(value).unwrap_or(i64::MAX), attributes);
                });
            });
        }
        // None of these is one: a histogram cannot be observed.
        InstrumentKind::Histogram => {}
    }
}

fn register_double(meter: &Meter, metric: &Metric, series: Series, divisor: f64) {
    match metric.instrument {
        InstrumentKind::Counter => build!(meter.f64_observable_counter, metric, move |o| {
            series.visit(|value, attributes| o.observe(scaled(value, divisor), attributes));
        }),
        InstrumentKind::Gauge => build!(meter.f64_observable_gauge, metric, move |o| {
            series.visit(|value, attributes| o.observe(scaled(value, divisor), attributes));
        }),
        // As above; and what goes up and down here is bytes and counts.
        InstrumentKind::Histogram | InstrumentKind::UpDownCounter => {}
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2⁵³ millionths, which is 285 years")]
fn scaled(value: u64, divisor: f64) -> f64 {
    value as f64 / divisor
}

fn register_failures(meter: &Meter, board: &Arc<Board>) {
    let series: Vec<_> = SourceName::ALL
        .into_iter()
        .flat_map(|source| FailureReason::ALL.map(|reason| (source, reason)))
        .map(|(source, reason)| {
            let attributes = [
                KeyValue::new(attribute::MEMORY_SOURCE, source.name()),
                KeyValue::new(attribute::ERROR_TYPE, reason.name()),
            ];
            (source, reason, attributes)
        })
        .collect();
    let board = Arc::clone(board);
    let metric = &memory::MEMORY_SOURCE_FAILURES;
    build!(meter.u64_observable_counter, metric, move |o| {
        for (source, reason, attributes) in &series {
            // What never occurred has no series.
            let failures = board.counts.failures(*source, *reason);
            if failures > 0 {
                o.observe(failures, attributes);
            }
        }
    });
}

#[cfg(test)]
mod tests;
