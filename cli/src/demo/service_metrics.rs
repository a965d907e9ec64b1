//! What the service measures about itself, besides what the layers measure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use beacon::opentelemetry::metrics::Counter;
use beacon::opentelemetry::{KeyValue, global};

/// The instruments of the service.
#[derive(Clone, Debug)]
pub(super) struct ServiceMetrics {
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
            .u64_observable_gauge("demo.orders.in_flight")
            .with_unit("{order}")
            .with_description("Orders that the service is taking.")
            .with_callback(move |observer| observer.observe(observed.load(Ordering::Relaxed), &[]))
            .build();
        Self {
            orders: meter
                .u64_counter("demo.orders")
                .with_unit("{order}")
                .with_description("Orders that were placed.")
                .build(),
            in_flight,
        }
    }

    /// Counts an order as in flight until the returned value is dropped.
    pub(super) fn begin_order(&self) -> OrderInFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        OrderInFlight(Arc::clone(&self.in_flight))
    }

    pub(super) fn count_order(&self, is_placed: bool) {
        let outcome = if is_placed { "placed" } else { "failed" };
        self.orders.add(1, &[KeyValue::new("demo.outcome", outcome)]);
    }
}

/// An order that is being taken.
#[must_use]
#[derive(Debug)]
pub(super) struct OrderInFlight(Arc<AtomicU64>);

impl Drop for OrderInFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
