//! Where a show hears of what happens.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use beacon::collector::{Collector, CollectorStore, ReceivedMetricPoint, ReceivedMetricValue};

use crate::demo::show::alert::Alert;

/// What is new.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) sizes: Vec<Sizes>,
    pub(super) alerts: Vec<Alert>,
    /// All that was given back since the start, by trigger.
    pub(super) returned_bytes: BTreeMap<String, i64>,
}

/// The sizes of one export of metrics.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sizes {
    pub(super) live_bytes: i64,
    pub(super) resident_bytes: i64,
}

/// How much of what was received is read.
#[derive(Debug, Default)]
pub(super) struct Arrived {
    alerts_until_nanos: u64,
    metrics_until_nanos: u64,
    /// Of the two sizes, that which has come first.
    live_bytes: Option<i64>,
    resident_bytes: Option<i64>,
}

/// Filled by the callback of the service.
#[derive(Clone, Debug, Default)]
pub(in crate::demo) struct Told(Arc<Mutex<Vec<Alert>>>);

impl Arrived {
    /// Reads what the collector received since the last call.
    pub(super) fn read(&mut self, collector: &Collector) -> News {
        collector.read(|store| {
            let mut news = News::default();
            self.read_alerts(store, &mut news);
            self.read_metrics(store, &mut news);
            news
        })
    }

    fn read_alerts(&mut self, store: &CollectorStore, news: &mut News) {
        let until = self.alerts_until_nanos;
        for log in store.logs().filter(|log| log.time_unix_nanos > until) {
            news.alerts.extend(Alert::of_log(log));
            self.alerts_until_nanos = self.alerts_until_nanos.max(log.time_unix_nanos);
        }
    }

    fn read_metrics(&mut self, store: &CollectorStore, news: &mut News) {
        let until = self.metrics_until_nanos;
        for point in store.metric_points().filter(|point| point.time_unix_nanos > until) {
            self.metrics_until_nanos = self.metrics_until_nanos.max(point.time_unix_nanos);
            let Some(value) = integer(point) else { continue };
            match point.metric.as_str() {
                "beacon.memory.heap.live" => self.live_bytes = Some(value),
                "beacon.process.memory.resident" if has(point, MEMORY_KIND, "anon") => {
                    self.resident_bytes = Some(value);
                }
                "beacon.memory.reclaim.returned" => {
                    let trigger = point.attribute("beacon.memory.reclaim.trigger");
                    let trigger = trigger.map(ToString::to_string).unwrap_or_default();
                    news.returned_bytes.insert(trigger, value);
                }
                _ => {}
            }
            if let (Some(live_bytes), Some(resident_bytes)) = (self.live_bytes, self.resident_bytes)
            {
                news.sizes.push(Sizes { live_bytes, resident_bytes });
                (self.live_bytes, self.resident_bytes) = (None, None);
            }
        }
    }
}

impl Told {
    pub(super) fn push(&self, alert: Alert) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(alert);
    }

    pub(super) fn read(&self) -> News {
        let alerts = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        News { alerts, ..News::default() }
    }
}

fn has(point: &ReceivedMetricPoint, key: &str, value: &str) -> bool {
    point.attribute(key).is_some_and(|own| own == value)
}

const fn integer(point: &ReceivedMetricPoint) -> Option<i64> {
    match point.value {
        ReceivedMetricValue::Int(value) => Some(value),
        _ => None,
    }
}

const MEMORY_KIND: &str = "beacon.process.memory.kind";
