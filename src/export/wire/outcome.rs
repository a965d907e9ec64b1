//! What became of one attempt to deliver a request.

use std::borrow::Cow;
use std::time::Duration;

/// The result of one attempt. See the table in the manual, `delivery`.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The peer answered with success. `rejected` items of it were refused for good.
    Delivered {
        /// Items that the peer refused; 0 for a full success.
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

/// Why an attempt failed.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    /// The value of `error.type`: `timeout`, `connection_refused`, `dns`, `tls`, `503`, `UNAVAILABLE` …
    pub(crate) error_type: Cow<'static, str>,
    /// One line for people: bounded to 1 KiB, control characters escaped, no secrets.
    pub(crate) message: String,
    pub(crate) status: Option<PeerStatus>,
}

/// The peer's own status of an attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PeerStatus {
    Grpc(tonic::Code),
    Http(u16),
}
