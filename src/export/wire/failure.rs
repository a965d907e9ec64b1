//! Why no answer arrived.

use std::error::Error as StdError;
use std::io;

use crate::export::wire::outcome::{Cause, Outcome};
use crate::export::wire::resolver::UnknownHost;
use crate::export::wire::{text, tls};

/// Classifies a failure of the connection. All of them are worth another attempt.
///
/// A failed TLS handshake (certificate, protocol) will fail again until a person acts, so it is
/// hopeless for now. A connection that ends amid a handshake is not: the peer may be restarting.
pub(super) fn classify(error: &(dyn StdError + 'static)) -> Outcome {
    let error_type = error_type(error);
    Outcome::Retry {
        cause: Cause::without_answer(error_type, &describe(error)),
        hint: None,
        hopeless_for_now: error_type == "tls",
    }
}

fn error_type(error: &(dyn StdError + 'static)) -> &'static str {
    for cause in chain(error) {
        let io_kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        if cause.is::<UnknownHost>() {
            return "dns";
        } else if tls::is_tls_error(cause) {
            return "tls";
        } else if io_kind == Some(io::ErrorKind::ConnectionRefused) {
            return "connection_refused";
        }
    }
    "connection_reset"
}

/// What each cause adds to the one before it, on one line.
fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut line = String::new();
    let mut last = String::new();
    for cause in chain(error) {
        let words = cause.to_string();
        // An `io::Error` shows the words of what it wraps.
        if words == last {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        text::push_text(&mut line, &words);
        last = words;
    }
    line
}

/// The error and its causes, also those inside an `io::Error`, whose `source` skips what it wraps.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let next = |error: &&'a (dyn StdError + 'static)| -> Option<&'a (dyn StdError + 'static)> {
        let error: &'a (dyn StdError + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    };
    std::iter::successors(Some(error), next).take(CAUSES_MAX)
}

/// A chain this long is a mistake of whoever made it.
const CAUSES_MAX: usize = 16;
