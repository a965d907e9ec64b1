//! What the service measures about itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use beacon::opentelemetry::metrics::{Counter, Histogram};
use beacon::opentelemetry::{KeyValue, global};

/// The instruments of the service.
#[derive(Clone, Debug)]
pub(super) struct ServiceMetrics {
    request_duration: Histogram<f64>,
    orders: Counter<u64>,
    in_flight: Arc<AtomicU64>,
}

impl ServiceMetrics {
    /// Telemetry must be installed before: instruments made earlier do nothing.
    pub(super) fn new() -> Self {
        let meter = global::meter("beacon-demo");
        let in_flight = Arc::new(AtomicU64::new(0));
        let observed = Arc::clone(&in_flight);
        meter
            .u64_observable_gauge("demo.requests.in_flight")
            .with_unit("{request}")
            .with_description("Requests that the service is answering.")
            .with_callback(move |observer| observer.observe(observed.load(Ordering::Relaxed), &[]))
            .build();
        Self {
            request_duration: meter
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("Duration of HTTP server requests.")
                .with_boundaries(DURATION_BOUNDARIES_SECONDS.to_vec())
                .build(),
            orders: meter
                .u64_counter("demo.orders")
                .with_unit("{order}")
                .with_description("Orders that were placed.")
                .build(),
            in_flight,
        }
    }

    /// Counts a request as in flight until the returned value is dropped.
    pub(super) fn begin_request(&self) -> RequestInFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        RequestInFlight(Arc::clone(&self.in_flight))
    }

    pub(super) fn record_request(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        duration: Duration,
    ) {
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.to_string()),
            KeyValue::new("http.route", route.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
            KeyValue::new("url.scheme", "http"),
        ];
        if status.is_server_error() {
            attributes.push(KeyValue::new("error.type", status.as_str().to_owned()));
        }
        self.request_duration.record(duration.as_secs_f64(), &attributes);
    }

    pub(super) fn count_order(&self, is_placed: bool) {
        let outcome = if is_placed { "placed" } else { "failed" };
        self.orders.add(1, &[KeyValue::new("demo.outcome", outcome)]);
    }
}

/// A request that is being answered.
#[must_use]
#[derive(Debug)]
pub(super) struct RequestInFlight(Arc<AtomicU64>);

impl Drop for RequestInFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Source: <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration>
const DURATION_BOUNDARIES_SECONDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
