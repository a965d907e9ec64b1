//! What of a URL must not be recorded.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/>

use std::borrow::Cow;

use crate::propagation::percent;

/// The value of `url.full`: without user and password, and with redacted parameters.
pub(crate) fn redact_url(url: &str, is_secret: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let (url, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let (place, query) = match url.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (url, None),
    };
    let redacted_place = redact_user(place);
    let redacted_query = query.map(|query| redact_query(query, is_secret));
    let has_secret = matches!(redacted_place, Cow::Owned(_))
        || matches!(redacted_query, Some(Cow::Owned(_)))
        // Never sent to a server, so it is no part of a request; but some keep tokens there.
        || !fragment.is_empty();
    match (has_secret, redacted_query) {
        (false, _) => Cow::Borrowed(url),
        (true, Some(query)) => Cow::Owned(format!("{redacted_place}?{query}")),
        (true, None) => redacted_place,
    }
}

/// The value of `url.query`: the values of parameters with a secret name are replaced, and all
/// names stay.
pub(crate) fn redact_query(query: &str, is_secret: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let is_hidden = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        // As a server reads it: `%73ig` is `sig`.
        let name = percent::decode(name);
        !value.is_empty() && (is_signature(&name) || is_secret(&name))
    };
    if !query.split('&').any(is_hidden) {
        return Cow::Borrowed(query);
    }
    let mut redacted = String::with_capacity(query.len());
    for (at, parameter) in query.split('&').enumerate() {
        if at > 0 {
            redacted.push('&');
        }
        match parameter.split_once('=') {
            Some((name, _)) if is_hidden(parameter) => {
                redacted.push_str(name);
                redacted.push('=');
                redacted.push_str(REDACTED);
            }
            _ => redacted.push_str(parameter),
        }
    }
    Cow::Owned(redacted)
}

/// Whether a parameter signs a URL, in whichever letter case.
pub(crate) fn is_signature(name: &str) -> bool {
    SIGNATURES.iter().any(|signature| signature.eq_ignore_ascii_case(name))
}

/// Replaces `user:password@` in front of the host.
fn redact_user(place: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = place.split_once("//") else { return Cow::Borrowed(place) };
    let (authority, path) = rest.split_at(rest.find(['/', '\\']).unwrap_or(rest.len()));
    let Some((user, host)) = authority.rsplit_once('@') else { return Cow::Borrowed(place) };
    let user = if user.contains(':') { "REDACTED:REDACTED" } else { REDACTED };
    Cow::Owned(format!("{scheme}//{user}@{host}{path}"))
}

/// What the conventions want in place of a value.
const REDACTED: &str = "REDACTED";

/// The first four are those of the conventions, the others those of newer signatures of the same.
const SIGNATURES: [&str; 8] = [
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Goog-Signature",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Goog-Credential",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_secret(name: &str) -> bool {
        name == "token"
    }

    fn check_query(query: &str, expected: &str) {
        assert_eq!(redact_query(query, is_secret), expected);
    }

    fn check_url(url: &str, expected: &str) {
        assert_eq!(redact_url(url, is_secret), expected);
    }

    #[test]
    fn values_of_secret_parameters_are_replaced() {
        check_query("", "");
        check_query("a=1&b=2", "a=1&b=2");
        check_query("sig=1", "sig=REDACTED");
        check_query("a=1&Signature=x=y&b", "a=1&Signature=REDACTED&b");
        check_query(
            "x-amz-signature=1&X-Goog-Signature=2",
            "x-amz-signature=REDACTED&X-Goog-Signature=REDACTED",
        );
        check_query("token=1&tokens=2&&=3", "token=REDACTED&tokens=2&&=3");
        check_query("%73ig=1&si%67=2&s%ig=3&s%+1=4", "%73ig=REDACTED&si%67=REDACTED&s%ig=3&s%+1=4");
        check_query("sig&token=", "sig&token=");
        check_query("sig=1&sig=2", "sig=REDACTED&sig=REDACTED");
    }

    #[test]
    fn users_and_passwords_are_replaced() {
        check_url("https://shop/a?b=1", "https://shop/a?b=1");
        check_url("https://ada@shop/a", "https://REDACTED@shop/a");
        check_url(
            "https://ada:pw@shop:1/a?sig=1",
            "https://REDACTED:REDACTED@shop:1/a?sig=REDACTED",
        );
        check_url("https://a@b:p@w@shop", "https://REDACTED:REDACTED@shop");
        check_url("//ada:pw@shop/a", "//REDACTED:REDACTED@shop/a");
        check_url("https://shop/a@b:c", "https://shop/a@b:c");
        check_url("https://shop?to=a@b", "https://shop?to=a@b");
        check_url("/a?sig=1", "/a?sig=REDACTED");
        check_url("mailto:a@b", "mailto:a@b");
        check_url("https://shop/a#access_token=1", "https://shop/a");
        check_url("https://shop/a?b=1#c?sig=2", "https://shop/a?b=1");
    }

    proptest! {
        #[test]
        fn no_secret_is_left_and_nothing_panics(
            parts in prop::collection::vec("(sig|token|a|%73ig|=|&|\\?|#|@|:|//|/|%|ä|SECRET){0,3}", 0..12),
        ) {
            let url = format!("{}?&sig=SECRET1&token=SECRET2", parts.concat());
            let redacted = redact_url(&url, is_secret);
            prop_assert!(!redacted.contains("SECRET1") && !redacted.contains("SECRET2"), "{redacted}");
        }
    }
}
