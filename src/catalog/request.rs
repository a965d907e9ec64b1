//! The metrics of requests.

use crate::catalog::{InstrumentKind, Metric, Stability, attribute};

// Source: <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/> and
// <https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/>.
metrics! {
    HTTP_CLIENT_REQUEST_BODY_SIZE = Histogram "http.client.request.body.size" "By" Development
        OF_CLIENTS, "Length of the bodies of requests that were sent.";
    HTTP_CLIENT_REQUEST_DURATION = Histogram "http.client.request.duration" "s" Stable
        OF_CLIENTS,
        "Time from a request to the end of its response, as its client sees it.";
    HTTP_CLIENT_RESPONSE_BODY_SIZE = Histogram "http.client.response.body.size" "By" Development
        OF_CLIENTS, "Length of the bodies of responses, as far as they were read.";
    HTTP_SERVER_ACTIVE_REQUESTS = UpDownCounter "http.server.active_requests" "{request}" Development
        &[attribute::HTTP_REQUEST_METHOD, attribute::URL_SCHEME], "Requests that are being answered.";
    HTTP_SERVER_REQUEST_BODY_SIZE = Histogram "http.server.request.body.size" "By" Development
        OF_SERVERS, "Length of the bodies of requests, as it was announced.";
    HTTP_SERVER_REQUEST_DURATION = Histogram "http.server.request.duration" "s" Stable
        OF_SERVERS,
        "Time from a request to the end of its response, as its server sees it.";
    HTTP_SERVER_RESPONSE_BODY_SIZE = Histogram "http.server.response.body.size" "By" Development
        OF_SERVERS, "Length of the bodies of responses, as far as they were handed on.";
    RPC_CLIENT_CALL_DURATION = Histogram "rpc.client.call.duration" "s" ReleaseCandidate
        &[
            attribute::RPC_SYSTEM_NAME,
            attribute::RPC_METHOD,
            attribute::SERVER_ADDRESS,
            attribute::SERVER_PORT,
            attribute::RPC_RESPONSE_STATUS_CODE,
            attribute::ERROR_TYPE,
        ],
        "Time from a call to its status, as its client sees it.";
    RPC_SERVER_CALL_DURATION = Histogram "rpc.server.call.duration" "s" ReleaseCandidate
        &[
            attribute::RPC_SYSTEM_NAME,
            attribute::RPC_METHOD,
            attribute::RPC_RESPONSE_STATUS_CODE,
            attribute::ERROR_TYPE,
        ],
        "Time from a call to its status, as its server sees it.";
}

const OF_CLIENTS: &[&str] = &[
    attribute::HTTP_REQUEST_METHOD,
    attribute::SERVER_ADDRESS,
    attribute::SERVER_PORT,
    attribute::NETWORK_PROTOCOL_VERSION,
    attribute::HTTP_RESPONSE_STATUS_CODE,
    attribute::ERROR_TYPE,
];

const OF_SERVERS: &[&str] = &[
    attribute::HTTP_REQUEST_METHOD,
    attribute::URL_SCHEME,
    attribute::HTTP_ROUTE,
    attribute::NETWORK_PROTOCOL_VERSION,
    attribute::HTTP_RESPONSE_STATUS_CODE,
    attribute::ERROR_TYPE,
];
