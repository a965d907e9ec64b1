//! The metrics of requests.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter, UpDownCounter};

use crate::catalog::{Metric, request};

/// On which side of a request the process is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Client,
    Server,
}

static INSTALLED: OnceLock<RequestMetrics> = OnceLock::new();

/// Has requests recorded on this meter. Once per process, as installation is.
pub(crate) fn set_installed_layers(meter: &Meter) {
    // The caller holds the lock of installation, so a second one never comes here.
    INSTALLED.get_or_init(|| RequestMetrics::new(meter));
}

/// The instruments of all layers.
#[derive(Clone, Debug)]
pub(super) struct RequestMetrics {
    http_server: Arc<CallMetrics>,
    http_client: Arc<CallMetrics>,
    grpc_server: Arc<CallMetrics>,
    grpc_client: Arc<CallMetrics>,
}

/// The instruments of one kind of request.
#[derive(Clone, Debug)]
pub(super) struct CallMetrics {
    duration: Histogram<f64>,
    /// Of the bodies of request and response.
    sizes: Option<[Histogram<u64>; 2]>,
    active: Option<UpDownCounter<i64>>,
}

impl RequestMetrics {
    pub(super) fn new(meter: &Meter) -> Self {
        let duration = |metric: Metric| metric.f64_histogram(meter, &BOUNDARIES);
        let size = |metric: Metric| metric.u64_histogram(meter, &SIZE_BOUNDARIES);
        let Metric { name, unit, description, .. } = request::HTTP_SERVER_ACTIVE_REQUESTS;
        let active = meter.i64_up_down_counter(name).with_unit(unit);
        let active = active.with_description(description).build();
        let call = |metric| CallMetrics { duration: duration(metric), sizes: None, active: None };
        let server_sizes =
            [request::HTTP_SERVER_REQUEST_BODY_SIZE, request::HTTP_SERVER_RESPONSE_BODY_SIZE];
        let client_sizes =
            [request::HTTP_CLIENT_REQUEST_BODY_SIZE, request::HTTP_CLIENT_RESPONSE_BODY_SIZE];
        Self {
            http_server: Arc::new(CallMetrics {
                active: Some(active),
                sizes: Some(server_sizes.map(size)),
                ..call(request::HTTP_SERVER_REQUEST_DURATION)
            }),
            http_client: Arc::new(CallMetrics {
                sizes: Some(client_sizes.map(size)),
                ..call(request::HTTP_CLIENT_REQUEST_DURATION)
            }),
            grpc_server: Arc::new(call(request::RPC_SERVER_CALL_DURATION)),
            grpc_client: Arc::new(call(request::RPC_CLIENT_CALL_DURATION)),
        }
    }

    pub(super) fn http(&self, side: Side) -> Arc<CallMetrics> {
        Arc::clone(match side {
            Side::Client => &self.http_client,
            Side::Server => &self.http_server,
        })
    }

    pub(super) fn grpc(&self, side: Side) -> Arc<CallMetrics> {
        Arc::clone(match side {
            Side::Client => &self.grpc_client,
            Side::Server => &self.grpc_server,
        })
    }
}

/// The instruments of one layer: its own, or those of installed telemetry.
#[derive(Clone, Debug, Default)]
pub(super) struct LayerMetrics(Option<Arc<RequestMetrics>>);

impl LayerMetrics {
    pub(super) fn of(meter: &Meter) -> Self {
        Self(Some(Arc::new(RequestMetrics::new(meter))))
    }

    /// `None` while no telemetry is installed.
    pub(super) fn get(&self) -> Option<&RequestMetrics> {
        self.0.as_deref().or_else(|| INSTALLED.get())
    }
}

impl CallMetrics {
    pub(super) fn started(&self, labels: &[KeyValue]) {
        self.change(labels, 1);
    }

    pub(super) fn ended(&self, labels: &[KeyValue]) {
        self.change(labels, -1);
    }

    pub(super) fn took(&self, duration: Duration, labels: &[KeyValue]) {
        self.duration.record(duration.as_secs_f64(), labels);
    }

    /// Records the sizes of bodies, where they are known.
    pub(super) fn carried(&self, sizes: [Option<u64>; 2], labels: &[KeyValue]) {
        let instruments = self.sizes.iter().flatten();
        for (instrument, size) in instruments.zip(sizes) {
            if let Some(size) = size {
                instrument.record(size, labels);
            }
        }
    }

    fn change(&self, labels: &[KeyValue], by: i64) {
        let Some(active) = &self.active else { return };
        // They come first among those of a server.
        let count = request::HTTP_SERVER_ACTIVE_REQUESTS.attributes.len();
        let labels = labels.get(..count).unwrap_or_default();
        active.add(by, labels);
    }
}

/// Source: <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/> and
/// <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>, which advise the same.
const BOUNDARIES: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Zero and the powers of 4 from 64 B to 64 MiB. The conventions advise nothing.
const SIZE_BOUNDARIES: [f64; 12] = [
    0.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
