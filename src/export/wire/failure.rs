//! Why no answer arrived.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy::Error;

use crate::export::wire::outcome::{BROKEN_CONNECTION, Cause, Outcome};
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
    BROKEN_CONNECTION
}

/// What each cause adds to the one before it, on one line.
fn describe(error: &(dyn StdError + 'static)) -> String {
    let mut line = String::new();
    let mut last = String::new();
    for cause in chain(error) {
        let words = cause.to_string();
        // An `io::Error` shows the words of what it wraps; the client's error says in brackets
        // what its cause says in words.
        let adds_nothing = words == last || (cause.is::<Error>() && cause.source().is_some());
        if adds_nothing {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &(dyn StdError + 'static), error_type: &str, message: &str) {
        let Outcome::Retry { cause, hint: None, hopeless_for_now } = classify(error) else {
            panic!("not a retry: {error}");
        };
        assert_eq!((cause.error_type.as_ref(), cause.message.as_str()), (error_type, message));
        assert_eq!(hopeless_for_now, error_type == "tls");
    }

    #[test]
    fn the_cause_is_found_at_any_depth() {
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        check(&refused(), "connection_refused", "connection refused");
        check(&io::Error::other(refused()), "connection_refused", "connection refused");
        check(&io::Error::other("odd"), "connection_reset", "odd");
        check(&io::Error::from(io::ErrorKind::BrokenPipe), "connection_reset", "broken pipe");
    }

    #[cfg(feature = "_tls")]
    #[test]
    fn a_failed_handshake_is_hopeless_for_now() {
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired);
        let error = io::Error::other(io::Error::other(alert.clone()));
        check(&error, "tls", &alert.to_string());
    }
}
