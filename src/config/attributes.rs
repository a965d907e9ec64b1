//! `OTEL_RESOURCE_ATTRIBUTES`, and the percent-encoding that headers share.

/// Reads `key=value` pairs. Any error refuses the whole text.
///
/// Source: specification, resource/sdk.md, "Specifying resource information via an environment
/// variable".
pub(super) fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for member in text.split(',').map(str::trim).filter(|member| !member.is_empty()) {
        let (key, value) = member.split_once('=')?;
        let key = percent_decode(key.trim())?;
        if key.is_empty() {
            return None;
        }
        pairs.push((key, percent_decode(value.trim())?));
    }
    Some(pairs)
}

/// Decodes `%xx`; `None` when a `%` has no two hexadecimal digits or the result is not UTF-8.
pub(super) fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            decoded.push(hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn one_error_discards_every_attribute() {
        let ok = |pairs: &[(&str, &str)]| {
            Some(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>())
        };
        let cases = [
            ("a=b", ok(&[("a", "b")])),
            (" a = b , c = d ", ok(&[("a", "b"), ("c", "d")])),
            ("a=x%2Cy,b=x%3dy", ok(&[("a", "x,y"), ("b", "x=y")])),
            ("a%20b=c", ok(&[("a b", "c")])),
            ("a=b=c", ok(&[("a", "b=c")])),
            ("a=", ok(&[("a", "")])),
            ("a=b,", ok(&[("a", "b")])),
            ("a=%C3%A9", ok(&[("a", "é")])),
            ("a=b,c", None),
            ("a=b,=c", None),
            ("a=%zz", None),
            ("a=%2", None),
            ("a=%", None),
            ("a=%+1", None),
            ("a=%ff", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
