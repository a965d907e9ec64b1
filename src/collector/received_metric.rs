//! Metric data points as the collector received them.

use std::sync::Arc;

use serde::Serialize;

use super::received::{ReceivedAttributes, ReceivedResource, ReceivedScope};
use super::value::serialize_entries;

/// One data point, with what its metric says about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedMetricPoint {
    /// The metric's name.
    pub metric: String,
    /// The metric's description.
    pub description: String,
    /// The metric's unit in UCUM.
    pub unit: String,
    /// What kind of metric it is.
    pub kind: ReceivedMetricKind,
    /// Whether values count from the start or since the last report.
    pub temporality: ReceivedTemporality,
    /// Whether a sum only rises. `false` for other kinds.
    pub is_monotonic: bool,
    /// The attributes that tell the series apart.
    #[serde(serialize_with = "serialize_entries")]
    pub attributes: ReceivedAttributes,
    /// Nanoseconds since the Unix epoch, 0 if unknown.
    pub start_time_unix_nanos: u64,
    /// Nanoseconds since the Unix epoch.
    pub time_unix_nanos: u64,
    /// What was measured.
    pub value: ReceivedMetricValue,
    /// How many exemplars came with the point.
    pub exemplars_len: usize,
    /// Bit 0: there is no value.
    pub flags: u32,
    /// The scope that produced the point.
    pub scope: Arc<ReceivedScope>,
    /// The resource that produced the point.
    pub resource: Arc<ReceivedResource>,
}

/// The kinds of metrics.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum ReceivedMetricKind {
    /// A histogram whose buckets grow by a factor.
    ExponentialHistogram,
    /// The last value.
    Gauge,
    /// A histogram with buckets of its own.
    Histogram,
    /// A sum of changes.
    Sum,
    /// Quantiles.
    Summary,
}

/// Whether values count from the start or since the last report.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum ReceivedTemporality {
    /// From the start.
    Cumulative,
    /// Since the last report.
    Delta,
    /// Does not apply, or was not said.
    Unspecified,
}

/// The value of a data point.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum ReceivedMetricValue {
    /// A floating-point number.
    Double(f64),
    /// No value, as the point's flags say.
    Empty,
    /// A histogram of either kind.
    Histogram(ReceivedHistogram),
    /// An integer.
    Int(i64),
    /// A summary.
    Summary {
        /// How many values.
        count: u64,
        /// Their sum.
        sum: f64,
        /// Pairs of quantile and value.
        quantiles: Vec<(f64, f64)>,
    },
}

/// A distribution.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedHistogram {
    /// How many values.
    pub count: u64,
    /// Their sum, if sent.
    pub sum: Option<f64>,
    /// The least, if sent.
    pub min: Option<f64>,
    /// The greatest, if sent.
    pub max: Option<f64>,
    /// Upper bounds of all buckets but the last. Empty for an exponential histogram.
    pub explicit_bounds: Vec<f64>,
    /// How many values in each bucket; of the positive range for an exponential histogram.
    pub bucket_counts: Vec<u64>,
    /// The scale of an exponential histogram.
    pub scale: Option<i32>,
    /// The index of the first bucket of an exponential histogram's positive range.
    pub offset: i32,
    /// How many values of an exponential histogram are zero.
    pub zero_count: u64,
    /// How many values in each bucket of an exponential histogram's negative range.
    pub negative_bucket_counts: Vec<u64>,
    /// The index of the first bucket of an exponential histogram's negative range.
    pub negative_offset: i32,
}

impl ReceivedMetricValue {
    /// Returns the number of a gauge or sum, whichever type it was sent in.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a measured value above 2^53 loses its last digit"
    )]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Double(value) => Some(*value),
            Self::Int(value) => Some(*value as f64),
            Self::Empty | Self::Histogram(_) | Self::Summary { .. } => None,
        }
    }

    /// Returns the integer of a gauge or sum that was sent as one.
    pub const fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }
}
