//! What stands where a secret would stand and is none.

/// Words and marks that say that there is no secret, or that it was taken out before.
pub(super) fn is_innocent(value: &[u8]) -> bool {
    let is_word = WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    is_word || is_mask(value) || is_placeholder(value)
}

/// `****`, `...`, `xxxx`.
fn is_mask(value: &[u8]) -> bool {
    let is_one_byte = value.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
    is_one_byte && matches!(value, [] | [b'*' | b'.' | b'x' | b'X' | b'#' | b'-' | b'_' | b'?', ..])
}

/// `{}`, `{token}`, `${TOKEN}`, `$TOKEN`, `<token>`, `%s`, `:token`.
pub(super) fn is_placeholder(value: &[u8]) -> bool {
    let is_name = |name: &[u8]| {
        name.iter()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.' | b' '))
    };
    match value {
        [b'$', b'{', name @ .., b'}'] | [b'{', name @ .., b'}'] | [b'<', name @ .., b'>'] => {
            is_name(name)
        }
        [b'$', name @ ..] => name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_'),
        [b'%', b's' | b'd' | b'v' | b'q'] => true,
        _ => false,
    }
}

const WORDS: &[&str] = &[
    "&str",
    "absent",
    "accepted",
    "allowed",
    "bool",
    "changed",
    "configured",
    "created",
    "deleted",
    "denied",
    "disabled",
    "empty",
    "enabled",
    "expired",
    "failed",
    "false",
    "forbidden",
    "found",
    "granted",
    "hidden",
    "invalid",
    "issued",
    "malformed",
    "masked",
    "missing",
    "nil",
    "no",
    "none",
    "null",
    "ok",
    "optional",
    "pending",
    "present",
    "redacted",
    "refreshed",
    "refused",
    "rejected",
    "removed",
    "required",
    "reset",
    "revoked",
    "rotated",
    "set",
    "str",
    "string",
    "succeeded",
    "success",
    "true",
    "unauthorized",
    "undefined",
    "unknown",
    "unset",
    "updated",
    "valid",
    "validated",
    "verified",
    "yes",
    "[filtered]",
    "<redacted>",
    "<hidden>",
];
