//! Nothing that a peer sends can hurt.

use std::convert::Infallible;

use ::http::{HeaderValue, StatusCode};
use proptest::prelude::*;

use super::*;
use crate::export::wire::answer::{Answer, End};
use crate::export::wire::text;

/// A header as a peer may send it: any bytes that HTTP lets through.
fn header() -> impl Strategy<Value = HeaderValue> {
    let text = prop_oneof![
        "[0-9]{1,24}",
        "[A-Z][a-z]{2}, [0-9]{2} (Jan|Feb|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT",
        "[A-Za-z0-9+/]{0,40}={0,2}",
        "\\PC{0,40}",
    ];
    text.prop_filter_map("not legal in HTTP", |text| HeaderValue::from_bytes(text.as_bytes()).ok())
}

proptest! {
    #[test]
    fn any_answer_is_classified_with_a_short_line_and_a_short_hint(
        status in 200_u16..=599,
        body in prop::collection::vec(any::<u8>(), 0..2000),
        values in prop::collection::vec(header(), 5),
        is_complete: bool,
    ) {
        let names =
            ["retry-after", "location", "grpc-status", "grpc-message", "grpc-status-details-bin"];
        let answer = Answer::<Infallible> {
            status: StatusCode::from_u16(status).unwrap(),
            headers: names.map(::http::HeaderName::from_static).into_iter().zip(values).collect(),
            body: Bytes::from(body),
            trailers: None,
            end: if is_complete { End::Complete } else { End::OverLimit },
        };
        let success = SuccessReader::new(Signal::Metrics);
        let now = StoppedClock.wall();
        for outcome in [
            http_answer::classify(&answer, &success, false, now),
            http_answer::classify(&answer, &success, true, now),
            grpc_answer::classify(&answer, &success, now),
        ] {
            let (line, hint) = match outcome {
                Outcome::Delivered { advice, .. } => (advice.unwrap_or_default(), None),
                Outcome::Retry { cause, hint, .. } => (cause.message, hint),
                Outcome::Refused { cause } | Outcome::ResponseTooLarge { cause } => {
                    (cause.message, None)
                }
            };
            prop_assert!(line.len() <= 1024 && !line.contains(char::is_control), "{line:?}");
            let limits = Duration::from_nanos(1)..=Duration::from_mins(5);
            prop_assert!(hint.is_none_or(|hint| limits.contains(&hint)), "{hint:?}");
        }
    }

    #[test]
    fn any_text_becomes_one_short_line(text in "\\PC{0,1500}|(?s).{0,1500}") {
        let line = text::escape_bounded(&text);
        prop_assert!(line.len() <= 1024 && !line.contains(char::is_control), "{line:?}");
    }

    #[test]
    fn any_bytes_on_the_console_are_lines_or_an_error(
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        for signal in Signal::ALL {
            let mut lines = Vec::new();
            if Console::new(&mut lines).write(signal, &body).is_ok() {
                let lines = String::from_utf8(lines).unwrap();
                prop_assert!(!lines.contains(|c: char| c.is_control() && c != '\n'));
            }
        }
    }
}
