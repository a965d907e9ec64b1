//! When things are sent, and within which bounds.

use std::time::Duration;

use crate::builder::TelemetryBuilder;
use crate::config::{Temporality, key};
use crate::signal::Signal;

impl TelemetryBuilder {
    /// Sets the time between the starts of two metric exports. At least 1 ms. Default: 60 s, as the
    /// specification says; 10 s when the console is their only destination.
    pub fn metrics_interval(mut self, interval: Duration) -> Self {
        self.overrides.set(key::METRICS_INTERVAL, interval);
        self
    }

    /// Bounds one collection of metrics, user callbacks included; zero is no limit. When set, it
    /// also bounds the life of the request. Default: 30 s for the collection, as the specification
    /// says.
    pub fn metrics_collect_timeout(mut self, timeout: Duration) -> Self {
        self.overrides.set(key::METRICS_COLLECT_TIMEOUT, timeout);
        self
    }

    /// Sets how sums are reported. Default: [`Temporality::Cumulative`], as the specification says.
    pub fn metrics_temporality(mut self, temporality: Temporality) -> Self {
        self.overrides.set(key::METRICS_TEMPORALITY, temporality);
        self
    }

    /// Chooses whether beacon's [metrics about itself](crate::manual::metrics) are sent. Default:
    /// true, so that a loss shows where people look.
    pub fn self_metrics(mut self, is_on: bool) -> Self {
        self.overrides.set(key::SELF_METRICS, is_on);
        self
    }

    /// Sets the longest time that a span or log record waits before it is handed to the wire. Zero
    /// is legal: at once. Default: 5 s for spans, 1 s for log records, as the specification says.
    /// Metrics have none: a delay for them is an [`InitError`](crate::InitError).
    pub fn signal_schedule_delay(mut self, signal: Signal, delay: Duration) -> Self {
        self.overrides.set(key::SIGNAL_SCHEDULE_DELAY.get(signal), delay);
        self
    }

    /// Bounds the spans or log records held, beside the bound in bytes. At least 1. Default: no
    /// such bound. Metrics have none.
    pub fn signal_queue_items(mut self, signal: Signal, items_max: u64) -> Self {
        self.overrides.set(key::SIGNAL_QUEUE_ITEMS.get(signal), items_max);
        self
    }

    /// Bounds the spans or log records in one request. At least 1. Default: 512. Metrics have no
    /// such bound.
    pub fn signal_request_items(mut self, signal: Signal, items_max: u64) -> Self {
        self.overrides.set(key::SIGNAL_REQUEST_ITEMS.get(signal), items_max);
        self
    }

    /// Bounds the life of one request from its first attempt to its last; zero is no limit.
    /// Default: no limit, the queue's bound decides. For metrics it is
    /// [`metrics_collect_timeout`](Self::metrics_collect_timeout).
    pub fn signal_export_timeout(mut self, signal: Signal, timeout: Duration) -> Self {
        self.overrides.set(key::SIGNAL_EXPORT_TIMEOUT.get(signal), timeout);
        self
    }

    /// Bounds the bytes that each signal holds while the collector is away. At least 64 KiB. When
    /// they are full, the newest items are dropped and counted. Default: 16 MiB, about 45,000
    /// spans.
    pub fn queue_bytes(mut self, bytes_max: u64) -> Self {
        self.overrides.set(key::QUEUE_BYTES, bytes_max);
        self
    }

    /// Bounds the bytes in one request. From 1 KiB to just under 4 MiB. Default: 3.5 MiB, because
    /// receivers commonly accept 4 MiB.
    pub fn request_bytes(mut self, bytes_max: u64) -> Self {
        self.overrides.set(key::REQUEST_BYTES, bytes_max);
        self
    }

    /// Bounds the requests that each signal has in flight. From 1 to 64. Default: 4, enough for
    /// 30,000 spans a second to a collector 50 ms away.
    pub fn requests_in_flight(mut self, requests_max: u64) -> Self {
        self.overrides.set(key::REQUESTS_IN_FLIGHT, requests_max);
        self
    }

    /// Sets the one deadline for everything that shutdown does, and for a flush. At least 1 ms.
    /// What is left then is given up and reported. Default: 5 s, well below the 30 s that
    /// Kubernetes grants.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.overrides.set(key::SHUTDOWN_TIMEOUT, timeout);
        self
    }
}
