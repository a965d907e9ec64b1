//! Statuses of gRPC.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>

/// A status code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct GrpcStatus(usize);

impl GrpcStatus {
    pub(crate) const CANCELLED: Self = Self(CANCELLED);
    pub(crate) const UNAVAILABLE: Self = Self(UNAVAILABLE);
    pub(crate) const UNIMPLEMENTED: Self = Self(UNIMPLEMENTED);
    pub(crate) const UNKNOWN: Self = Self(UNKNOWN);

    /// Reads the value of `grpc-status`. What gRPC does not know is the code 2.
    pub(crate) fn parse(value: &[u8]) -> Self {
        let text =
            str::from_utf8(value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let code = text.and_then(|text| text.parse().ok()).filter(|code| *code < NAMES.len());
        Self(code.unwrap_or(UNKNOWN))
    }

    /// The code of an HTTP answer without `grpc-status`: something in between has answered.
    ///
    /// Source: <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>
    pub(crate) const fn from_http(status: u16) -> Self {
        Self(match status {
            400 => INTERNAL,
            401 => UNAUTHENTICATED,
            403 => PERMISSION_DENIED,
            404 => UNIMPLEMENTED,
            429 | 502..=504 => UNAVAILABLE,
            _ => UNKNOWN,
        })
    }

    /// The value of `rpc.response.status_code`, and of `error.type` where it is an error.
    pub(crate) fn name(self) -> &'static str {
        NAMES.get(self.0).copied().unwrap_or("UNKNOWN")
    }

    /// Whether a client's span is an error.
    pub(crate) const fn is_client_error(self) -> bool {
        self.0 != OK
    }

    /// Whether a server's span is an error. What a caller did wrong is none of the server's.
    pub(crate) const fn is_server_error(self) -> bool {
        matches!(
            self.0,
            UNKNOWN | DEADLINE_EXCEEDED | UNIMPLEMENTED | INTERNAL | UNAVAILABLE | DATA_LOSS
        )
    }
}

const OK: usize = 0;
const CANCELLED: usize = 1;
const UNKNOWN: usize = 2;
const DEADLINE_EXCEEDED: usize = 4;
const PERMISSION_DENIED: usize = 7;
const UNIMPLEMENTED: usize = 12;
const INTERNAL: usize = 13;
const UNAVAILABLE: usize = 14;
const DATA_LOSS: usize = 15;
const UNAUTHENTICATED: usize = 16;

/// By code. Source: <https://grpc.github.io/grpc/core/md_doc_statuscodes.html>
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_another_thing_on_each_side() {
        let errors_of_servers = [
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
        ];
        for (code, name) in NAMES.into_iter().enumerate() {
            let status = GrpcStatus::parse(code.to_string().as_bytes());
            assert_eq!(status.name(), name);
            assert_eq!(status.is_client_error(), name != "OK", "{name}");
            assert_eq!(status.is_server_error(), errors_of_servers.contains(&name), "{name}");
        }
    }

    #[test]
    fn what_grpc_does_not_know_is_unknown() {
        for value in [&b"17"[..], b"-1", b"+1", b"", b"OK", b"1 ", b"\xFF", b"99999999999999999999"]
        {
            assert_eq!(GrpcStatus::parse(value).name(), "UNKNOWN");
        }
    }

    #[test]
    fn an_answer_of_http_has_a_code() {
        for (status, name) in [
            (400, "INTERNAL"),
            (401, "UNAUTHENTICATED"),
            (403, "PERMISSION_DENIED"),
            (404, "UNIMPLEMENTED"),
            (429, "UNAVAILABLE"),
            (500, "UNKNOWN"),
            (501, "UNKNOWN"),
            (502, "UNAVAILABLE"),
            (503, "UNAVAILABLE"),
            (504, "UNAVAILABLE"),
            (505, "UNKNOWN"),
            (200, "UNKNOWN"),
        ] {
            assert_eq!(GrpcStatus::from_http(status).name(), name, "{status}");
        }
    }
}
