//! Takes an `ExportMetricsServiceRequest` apart without decoding its metrics.
//!
//! Source: opentelemetry-proto, metrics/v1/metrics.proto.

use std::collections::HashSet;
use std::sync::Arc;

use crate::export::courier::Scope;
use crate::export::encode::attributes::saturate;
use crate::export::encode::buffer::{close, open, varint_len};
use crate::export::encode::fields::{Field, Fields};

/// One entry of field 2 of `ScopeMetrics`, with tag and length, and what it counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MetricEntry {
    pub(crate) scope: Arc<Scope>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) data_points: u32,
}

/// Splits the request into entries; a metric over `entry_bytes_max` is cut between data points
/// into several entries that repeat its name, unit and description.
///
/// A single data point that is longer than that is an entry of its own. Equal scopes share one
/// `Arc`. The resource is left out: it is the courier's. Of bytes that are not protobuf, what
/// could be read is returned.
pub(crate) fn split_metrics(request: &[u8], entry_bytes_max: usize) -> Vec<MetricEntry> {
    let mut scopes = HashSet::new();
    let mut entries = Vec::new();
    for resource_metrics in messages(request, RESOURCE_METRICS) {
        for scope_metrics in messages(resource_metrics.content, SCOPE_METRICS) {
            let scope = shared_scope(&mut scopes, scope_metrics.content);
            for metric in messages(scope_metrics.content, METRICS) {
                split_metric(&mut entries, &scope, metric, entry_bytes_max);
            }
        }
    }
    entries
}

fn messages(parent: &[u8], number: u32) -> impl Iterator<Item = Field<'_>> {
    Fields::new(parent).filter(move |field| field.number == number)
}

fn shared_scope(scopes: &mut HashSet<Arc<Scope>>, scope_metrics: &[u8]) -> Arc<Scope> {
    let mut fields = Vec::new();
    for number in [SCOPE, SCHEMA_URL] {
        messages(scope_metrics, number).for_each(|field| fields.extend_from_slice(field.raw));
    }
    let scope = Scope { fields: fields.into_boxed_slice() };
    if let Some(known) = scopes.get(&scope) {
        return Arc::clone(known);
    }
    let scope = Arc::new(scope);
    scopes.insert(Arc::clone(&scope));
    scope
}

fn split_metric(
    entries: &mut Vec<MetricEntry>,
    scope: &Arc<Scope>,
    metric: Field<'_>,
    entry_bytes_max: usize,
) {
    let mut push = |bytes: Vec<u8>, data_points: usize| {
        let data_points = saturate(data_points);
        entries.push(MetricEntry { scope: Arc::clone(scope), bytes, data_points });
    };
    let Some(parts) = MetricParts::read(metric.content) else {
        return push(metric.raw.to_vec(), 0);
    };
    if metric.raw.len() <= entry_bytes_max || parts.data_points.len() <= 1 {
        return push(metric.raw.to_vec(), parts.data_points.len());
    }

    let mut first = 0;
    let mut points_len = 0_usize;
    for (index, point) in parts.data_points.iter().enumerate() {
        let longer = points_len.saturating_add(point.len());
        if index > first && parts.entry_len(longer) > entry_bytes_max {
            let taken = parts.data_points.get(first..index).unwrap_or_default();
            push(parts.encode(taken), taken.len());
            first = index;
            points_len = point.len();
        } else {
            points_len = longer;
        }
    }
    let taken = parts.data_points.get(first..).unwrap_or_default();
    push(parts.encode(taken), taken.len());
}

/// A metric, taken apart so that it can be put together with some of its data points.
struct MetricParts<'a> {
    /// Name, description, unit and metadata.
    head: Vec<u8>,
    /// The field of the gauge, sum, histogram, exponential histogram or summary.
    data_number: u32,
    /// Aggregation temporality and monotonicity.
    data_head: Vec<u8>,
    data_points: Vec<&'a [u8]>,
}

impl<'a> MetricParts<'a> {
    /// `None` for a metric without data.
    fn read(metric: &'a [u8]) -> Option<Self> {
        let is_data = |field: &Field<'_>| METRIC_DATA.contains(&field.number);
        let data = Fields::new(metric).find(is_data)?;
        let mut parts = Self {
            head: Vec::new(),
            data_number: data.number,
            data_head: Vec::new(),
            data_points: Vec::new(),
        };
        for field in Fields::new(metric).filter(|field| !is_data(field)) {
            parts.head.extend_from_slice(field.raw);
        }
        for field in Fields::new(data.content) {
            if field.number == DATA_POINTS {
                parts.data_points.push(field.raw);
            } else {
                parts.data_head.extend_from_slice(field.raw);
            }
        }
        Some(parts)
    }

    /// The length of an entry whose data points have that many bytes.
    fn entry_len(&self, points_len: usize) -> usize {
        let data_len = self.data_head.len().saturating_add(points_len);
        field_len(self.head.len().saturating_add(field_len(data_len)))
    }

    fn encode(&self, data_points: &[&[u8]]) -> Vec<u8> {
        let points_len = data_points.iter().map(|point| point.len()).sum();
        let mut out = Vec::with_capacity(self.entry_len(points_len));
        let entry = open(&mut out, METRICS, self.entry_len(points_len));
        out.extend_from_slice(&self.head);
        let data = open(&mut out, self.data_number, points_len);
        out.extend_from_slice(&self.data_head);
        for point in data_points {
            out.extend_from_slice(point);
        }
        close(&mut out, &data);
        close(&mut out, &entry);
        out
    }
}

/// The length of a nested message with tag and length. The tag has one byte: all fields in here
/// are below 16.
fn field_len(content_len: usize) -> usize {
    content_len.saturating_add(varint_len(content_len as u64)).saturating_add(1)
}

/// `ExportMetricsServiceRequest.resource_metrics`.
const RESOURCE_METRICS: u32 = 1;
/// `ResourceMetrics.scope_metrics`.
const SCOPE_METRICS: u32 = 2;
/// `ScopeMetrics`.
const SCOPE: u32 = 1;
const METRICS: u32 = 2;
const SCHEMA_URL: u32 = 3;
/// `Metric.data`: gauge, sum, histogram, exponential histogram, summary.
const METRIC_DATA: [u32; 5] = [5, 7, 9, 10, 11];
/// `data_points` of all five.
const DATA_POINTS: u32 = 1;
