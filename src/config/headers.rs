//! Header lists. Their values are secrets: nothing here repeats one.

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TE, TRANSFER_ENCODING, UPGRADE,
    USER_AGENT,
};
use http::{HeaderName, HeaderValue};

use crate::config::SettingValue;
use crate::config::attributes::percent_decode;
use crate::config::kind::{Flaw, Parsed};

/// Reads `name=value` members; a bad member is ignored alone and named by its position, because
/// any text in it may be the secret.
///
/// Source: specification, protocol/exporter.md, "Specifying headers via environment variables".
pub(super) fn parse(text: &str) -> Parsed {
    let mut pairs = Vec::new();
    let mut flaws = Vec::new();
    for (index, member) in text.split(',').map(str::trim).enumerate() {
        if member.is_empty() {
            continue;
        }
        let position = index.saturating_add(1);
        let (member, has_properties) = match member.split_once(';') {
            Some((member, _)) => (member, true),
            None => (member, false),
        };
        match parse_member(member) {
            Some(pair) => add(&mut pairs, pair),
            None => flaws.push(flaw(EXPECTED_MEMBER, position)),
        }
        if has_properties {
            flaws.push(flaw("no properties behind `;`", position));
        }
    }
    Parsed { value: SettingValue::Pairs(pairs), flaws }
}

/// The members that are good.
pub(super) fn parse_pairs(text: &str) -> Vec<(String, String)> {
    match parse(text).value {
        SettingValue::Pairs(pairs) => pairs,
        _ => Vec::new(),
    }
}

/// In code every header counts: one that is illegal spoils the list.
pub(super) fn check(pairs: Vec<(String, String)>) -> Result<SettingValue, Flaw> {
    let mut checked = Vec::new();
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        match legal(&name, value) {
            Some(pair) => add(&mut checked, pair),
            None => return Err(flaw(EXPECTED_MEMBER, index.saturating_add(1))),
        }
    }
    Ok(SettingValue::Pairs(checked))
}

/// Names with their values hidden.
pub(super) fn show(pairs: &[(String, String)]) -> String {
    let shown: Vec<_> = pairs.iter().map(|(name, _)| format!("{name}={HIDDEN}")).collect();
    shown.join(",")
}

/// Puts `over` on top of `base`, name by name.
pub(super) fn merge(
    base: Vec<(String, String)>,
    over: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let mut merged = base;
    for pair in over {
        add(&mut merged, pair);
    }
    merged
}

/// Turns checked pairs into headers whose `Debug` hides the value.
pub(super) fn into_headers(pairs: Vec<(String, String)>) -> Vec<(HeaderName, HeaderValue)> {
    let header = |(name, value): (String, String)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let mut value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    };
    // Pairs were checked when they were read, so none is lost here.
    pairs.into_iter().filter_map(header).collect()
}

fn parse_member(member: &str) -> Option<(String, String)> {
    let (name, value) = member.split_once('=')?;
    legal(name.trim(), percent_decode(value.trim())?)
}

fn legal(name: &str, value: String) -> Option<(String, String)> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| !is_reserved(name))?;
    HeaderValue::from_bytes(value.as_bytes()).ok()?;
    Some((name.as_str().to_owned(), value))
}

/// Whether beacon sets this header itself. A second value would contradict the body that follows.
fn is_reserved(name: &HeaderName) -> bool {
    RESERVED.contains(name) || RESERVED_FOR_GRPC.contains(&name.as_str())
}

fn add(pairs: &mut Vec<(String, String)>, (name, value): (String, String)) {
    pairs.retain(|(known, _)| *known != name);
    pairs.push((name, value));
}

fn flaw(expected: &str, position: usize) -> Flaw {
    Flaw { expected: expected.to_owned(), given: format!("(hidden) in member {position}") }
}

pub(super) const EXPECTED: &str =
    "percent-encoded `name=value` pairs that are legal in HTTP, with commas between";
const EXPECTED_MEMBER: &str =
    "`name=value` that is legal in HTTP, percent-encoded, and no header of the protocol itself";
const RESERVED: [HeaderName; 8] = [
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    USER_AGENT,
];
const RESERVED_FOR_GRPC: [&str; 3] = ["grpc-accept-encoding", "grpc-encoding", "grpc-timeout"];
const HIDDEN: &str = "***";

#[cfg(test)]
mod tests {
    use super::{into_headers, parse, parse_pairs};

    #[test]
    fn a_bad_member_is_ignored_alone() {
        for (text, expected, flaws) in [
            ("a=b", &[("a", "b")][..], 0),
            (" A = b , c=d ", &[("a", "b"), ("c", "d")], 0),
            ("a=b=c", &[("a", "b=c")], 0),
            ("a=x%20y%2Cz", &[("a", "x y,z")], 0),
            ("a=b,a=c", &[("a", "c")], 0),
            ("a=", &[("a", "")], 0),
            ("a=b,", &[("a", "b")], 0),
            ("a=b,c", &[("a", "b")], 1),
            ("=b,a=b", &[("a", "b")], 1),
            ("a=%zz,b=c", &[("b", "c")], 1),
            ("a=%0a,b=c", &[("b", "c")], 1),
            ("a b=c,d=e", &[("d", "e")], 1),
            ("a=b;p=1", &[("a", "b")], 1),
            ("Content-Type=text/plain,grpc-timeout=1S,a=b", &[("a", "b")], 2),
            ("x", &[], 1),
        ] {
            let pairs = parse_pairs(text);
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(pairs, expected, "{text}");
            assert_eq!(parse(text).flaws.len(), flaws, "{text}");
        }
    }

    #[test]
    fn the_value_of_a_header_is_hidden_when_it_is_shown() {
        let headers = into_headers(parse_pairs("authorization=secret"));
        assert_eq!(format!("{headers:?}"), r#"[("authorization", Sensitive)]"#);
    }
}
