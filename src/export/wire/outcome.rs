//! What became of one attempt to deliver a request.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::export::wire::text;

/// The result of one attempt. See the table in the manual, `delivery`.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The peer answered with success. `rejected` items of it were refused for good.
    Delivered {
        /// Items that the peer refused; 0 for a full success. As the peer said it: it may exceed
        /// what was sent, so whoever counts clamps it. A negative count reads as 0.
        rejected: u64,
        /// What the peer wants to be read by a person, if anything. Bounded and escaped.
        advice: Option<String>,
        /// Status for the duration metric.
        status: Option<PeerStatus>,
    },
    /// Not delivered; trying again may help.
    Retry {
        cause: Cause,
        /// The peer's own wish for the pause, already bounded.
        hint: Option<Duration>,
        /// Trying soon is pointless (a certificate error): use the longest pause at once.
        hopeless_for_now: bool,
    },
    /// Refused for good: one attempt, counted as rejected.
    Refused { cause: Cause },
    /// The answer was larger than the limit: counted as dropped, `response_too_large`.
    ResponseTooLarge { cause: Cause },
}

impl Outcome {
    pub(super) const fn retry(cause: Cause, hint: Option<Duration>) -> Self {
        Self::Retry { cause, hint, hopeless_for_now: false }
    }
}

/// The `error.type` of whatever keeps an answer from arriving in full and has no name of its own.
pub(super) const BROKEN_CONNECTION: &str = "connection_reset";

/// Why an attempt failed.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    /// The value of `error.type`: `timeout`, `connection_refused`, `dns`, `tls`, `503`,
    /// `UNAVAILABLE` …; `connection_reset` for whatever else kept an answer from arriving in full.
    pub(crate) error_type: Cow<'static, str>,
    /// One line for people: bounded to 1 KiB, control characters escaped, no secrets.
    pub(crate) message: String,
    pub(crate) status: Option<PeerStatus>,
}

impl Cause {
    /// The peer did not answer within the time of one attempt.
    pub(crate) fn timeout(limit: Duration) -> Self {
        Self::without_answer("timeout", &format!("no answer within {limit:?}"))
    }

    pub(super) fn without_answer(error_type: &'static str, message: &str) -> Self {
        Self {
            error_type: Cow::Borrowed(error_type),
            message: text::escape_bounded(message),
            status: None,
        }
    }

    /// Tells whether a connection that was made has ended before the answer.
    pub(crate) fn is_broken_connection(&self) -> bool {
        self.error_type == BROKEN_CONNECTION
    }

    /// The peer answered with a failure. Its status is the type.
    pub(super) fn answered(status: PeerStatus, message: &str) -> Self {
        Self {
            error_type: status.name(),
            message: text::escape_bounded(message),
            status: Some(status),
        }
    }

    pub(super) fn too_large(status: PeerStatus, limit_bytes: usize) -> Self {
        Self {
            error_type: Cow::Borrowed("response_too_large"),
            message: format!("the answer exceeds {limit_bytes} bytes"),
            status: Some(status),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

/// The peer's own status of an attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PeerStatus {
    Grpc(tonic::Code),
    Http(u16),
}

impl PeerStatus {
    /// Returns the status as metrics and log lines name it: `UNAVAILABLE`, `503`.
    pub(crate) fn name(self) -> Cow<'static, str> {
        match self {
            Self::Grpc(code) => Cow::Borrowed(grpc_code_name(code)),
            Self::Http(status) => Cow::Owned(status.to_string()),
        }
    }
}

/// Source: <https://grpc.io/docs/guides/status-codes/>
const fn grpc_code_name(code: tonic::Code) -> &'static str {
    use tonic::Code;

    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_reads_as_type_and_message() {
        let cause = Cause::timeout(Duration::from_secs(10));
        assert_eq!(cause.to_string(), "timeout: no answer within 10s");
        let cause = Cause::answered(PeerStatus::Grpc(tonic::Code::Unavailable), "try\nlater");
        assert_eq!(cause.to_string(), "UNAVAILABLE: try\\nlater");
        assert_eq!(Cause::answered(PeerStatus::Http(503), "").error_type, "503");
    }
}
