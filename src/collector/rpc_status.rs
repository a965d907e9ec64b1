//! `google.rpc.Status`: what is wrong with a request, in the words of both protocols.

use std::time::Duration;

use http::StatusCode;

use crate::export::encode::json::{WireValue, put_field};

/// Why a request is not accepted, in the words of both protocols.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) http_status: u16,
    pub(super) grpc_status: u32,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(http_status: StatusCode, grpc_status: u32, message: &str) -> Self {
        Self { http_status: http_status.as_u16(), grpc_status, message: message.to_owned() }
    }

    pub(super) fn malformed(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID_ARGUMENT, message)
    }

    /// Encodes a `google.rpc.Status`, with a `google.rpc.RetryInfo` among its details if asked for.
    ///
    /// Source: <https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto>
    pub(super) fn encode(&self, retry: Option<Duration>) -> Vec<u8> {
        let mut status = Vec::new();
        put_field(&mut status, 1, WireValue::Varint(u64::from(self.grpc_status)));
        put_field(&mut status, 2, WireValue::Bytes(self.message.as_bytes()));
        if let Some(retry) = retry {
            let (mut delay, mut info, mut any) = (Vec::new(), Vec::new(), Vec::new());
            put_field(&mut delay, 1, WireValue::Varint(retry.as_secs()));
            put_field(&mut delay, 2, WireValue::Varint(u64::from(retry.subsec_nanos())));
            put_field(&mut info, 1, WireValue::Bytes(&delay));
            put_field(&mut any, 1, WireValue::Bytes(b"type.googleapis.com/google.rpc.RetryInfo"));
            put_field(&mut any, 2, WireValue::Bytes(&info));
            put_field(&mut status, 3, WireValue::Bytes(&any));
        }
        status
    }
}

/// Returns the HTTP status that OTLP pairs with a gRPC status.
///
/// Source: <https://opentelemetry.io/docs/specs/otlp/#failures-1> and, for codes it does not
/// name, <https://cloud.google.com/apis/design/errors#handling_errors>
pub(super) const fn http_status_of(grpc_status: u32) -> u16 {
    match grpc_status {
        1 => 499,
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        _ => 500,
    }
}

/// Numbers of gRPC statuses. Source: <https://grpc.io/docs/guides/status-codes/>
pub(super) const UNKNOWN: u32 = 2;
pub(super) const INVALID_ARGUMENT: u32 = 3;
pub(super) const RESOURCE_EXHAUSTED: u32 = 8;
pub(super) const UNIMPLEMENTED: u32 = 12;
pub(super) const INTERNAL: u32 = 13;
