//! One captured metric with its series.

use std::fmt;

use super::TestError;
use super::render::series;
use crate::collector::{ReceivedMetricPoint, ReceivedMetricValue};

/// The newest data point of each series of a metric.
///
/// # Examples
///
/// ```
/// use beacon::opentelemetry::KeyValue;
/// use beacon::testing::TestTelemetry;
///
/// let test = TestTelemetry::start()?;
/// let orders = test.meter("shop").u64_counter("shop.orders").build();
/// orders.add(2, &[KeyValue::new("channel", "web")]);
/// orders.add(1, &[KeyValue::new("channel", "app")]);
///
/// let orders = test.metric("shop.orders")?;
/// assert_eq!(orders.value(&[("channel", "web")])?.as_i64(), Some(2));
/// assert_eq!(orders.points().len(), 2);
/// # Ok::<(), beacon::testing::TestError>(())
/// ```
#[derive(Clone)]
pub struct CapturedMetric {
    name: String,
    points: Vec<ReceivedMetricPoint>,
}

impl CapturedMetric {
    /// Keeps the newest point of each series. `points` are in the order of arrival.
    pub(super) fn new(name: &str, points: Vec<ReceivedMetricPoint>) -> Self {
        let mut newest: Vec<(String, ReceivedMetricPoint)> = Vec::new();
        for point in points {
            let key = format!("{} {}", series(&point.attributes), point.scope.name);
            match newest.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = point,
                None => newest.push((key, point)),
            }
        }
        newest.sort_by(|(a, _), (b, _)| a.cmp(b));
        let points = newest.into_iter().map(|(_, point)| point).collect();
        Self { name: name.to_owned(), points }
    }

    /// Returns the metric's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the newest data point of each series, in the order of their attributes.
    pub fn points(&self) -> &[ReceivedMetricPoint] {
        &self.points
    }

    /// Returns the newest data point of the one series that has these attributes, and perhaps
    /// more. Values are compared as text.
    ///
    /// # Errors
    ///
    /// When no series or more than one has them. The error shows all series.
    #[track_caller]
    pub fn point(&self, attributes: &[(&str, &str)]) -> Result<&ReceivedMetricPoint, TestError> {
        let has = |point: &&ReceivedMetricPoint| {
            attributes.iter().all(|(key, value)| {
                let found = point.attribute(key).map(ToString::to_string);
                found.as_deref() == Some(*value)
            })
        };
        let mut found = self.points.iter().filter(has);
        match (found.next(), found.count()) {
            (Some(point), 0) => Ok(point),
            (first, others) => {
                let number = others.saturating_add(usize::from(first.is_some()));
                let wanted: Vec<String> =
                    attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
                Err(TestError::new(format!(
                    "{number} series of `{}` instead of 1 have {{{}}}; captured:\n{self}",
                    self.name,
                    wanted.join(", ")
                )))
            }
        }
    }

    /// Returns the newest value of the one series that has these attributes, and perhaps more.
    ///
    /// # Errors
    ///
    /// As [`point`](Self::point).
    #[track_caller]
    pub fn value(&self, attributes: &[(&str, &str)]) -> Result<&ReceivedMetricValue, TestError> {
        Ok(&self.point(attributes)?.value)
    }
}

/// A line for each series, such as `shop.orders {channel=web} 2`.
impl fmt::Display for CapturedMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for point in &self.points {
            write!(f, "  {} {} ", self.name, series(&point.attributes))?;
            match &point.value {
                ReceivedMetricValue::Double(value) => write!(f, "{value:?}")?,
                ReceivedMetricValue::Empty => f.write_str("no value")?,
                ReceivedMetricValue::Histogram(histogram) => {
                    write!(f, "{} values", histogram.count)?;
                    if let Some(sum) = histogram.sum {
                        write!(f, ", sum {sum:?}")?;
                    }
                }
                ReceivedMetricValue::Int(value) => write!(f, "{value}")?,
                ReceivedMetricValue::Summary { count, sum, .. } => {
                    write!(f, "{count} values, sum {sum:?}")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for CapturedMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
