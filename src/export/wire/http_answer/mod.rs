//! What an answer means in OTLP/HTTP.

use std::error::Error as StdError;
use std::time::SystemTime;

use http::header::LOCATION;
use http::{HeaderMap, StatusCode, Uri};

use crate::export::wire::answer::{ANSWER_BYTES_MAX, Answer, End};
use crate::export::wire::failure;
use crate::export::wire::hint;
use crate::export::wire::outcome::{Cause, Outcome, PeerStatus};
use crate::export::wire::success::SuccessReader;

/// Classifies an answer.
///
/// Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>; redirects and other 2xx
/// are ours.
pub(super) fn classify<E: StdError + 'static>(
    answer: &Answer<E>,
    success: &SuccessReader,
    asked_in_json: bool,
    now: SystemTime,
) -> Outcome {
    let status = PeerStatus::Http(answer.status.as_u16());
    match &answer.end {
        End::OverLimit => {
            return Outcome::ResponseTooLarge { cause: Cause::too_large(status, ANSWER_BYTES_MAX) };
        }
        // The status of a failure counts without its words; a success must be complete.
        End::Broken(error) if answer.status == StatusCode::OK => return failure::classify(error),
        End::Broken(_) | End::Complete => {}
    }
    if answer.status == StatusCode::OK {
        return if asked_in_json || answer.is_json() {
            success.read_json(&answer.body, status)
        } else {
            success.read_protobuf(&answer.body, status)
        };
    }
    let cause = Cause::answered(status, &describe(answer));
    if is_retryable(answer.status) {
        Outcome::retry(cause, hint::retry_after(&answer.headers, now))
    } else {
        Outcome::Refused { cause }
    }
}

/// Source: <https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes>
pub(super) const fn is_retryable(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

fn describe<E>(answer: &Answer<E>) -> String {
    let message = if answer.status.is_redirection() {
        format!("redirects are not followed, this one leads to {}", redirect_host(&answer.headers))
    } else if answer.status.is_success() {
        "only 200 is a success".to_owned()
    } else {
        answer.failure_message()
    };
    let separator = if message.trim().is_empty() { "" } else { ": " };
    format!("the peer answered {}{separator}{message}", answer.status)
}

/// The host alone: paths and queries may hold secrets.
fn redirect_host(headers: &HeaderMap) -> String {
    let Some(location) = headers.get(LOCATION) else {
        return "nowhere".to_owned();
    };
    let target = Uri::try_from(location.as_bytes()).ok();
    match target.as_ref().and_then(Uri::host) {
        Some(host) => format!("`{host}`"),
        None => "the same host".to_owned(),
    }
}

#[cfg(test)]
mod tests;
