use std::borrow::Cow;

use proptest::prelude::*;

use super::*;

/// A secret and a text that it is in, and texts without secrets. The same go over the wire in
/// `tests/it/redaction`.
const SECRETS: &str = include_str!("../../../tests/it/redaction/secrets.txt");
const LOOK_ALIKES: &str = include_str!("../../../tests/it/redaction/look_alikes.txt");

fn shown(text: &str) -> String {
    Redactor::default().redact_text(text).into_owned()
}

#[test]
fn no_secret_of_the_corpus_is_shown() {
    let mut leaks = Vec::new();
    for (secret, text) in SECRETS.lines().map(|line| line.split_once('\t').unwrap()) {
        assert!(text.contains(secret), "{secret}");
        let shown = shown(text);
        if shown.contains(secret) || !shown.contains(REDACTED) {
            leaks.push(format!("{text}\n  -> {shown}"));
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    assert!(SECRETS.lines().count() >= 60);
}

#[test]
fn no_look_alike_of_the_corpus_is_touched() {
    let redactor = Redactor::default();
    let mut hits = Vec::new();
    for text in LOOK_ALIKES.lines() {
        match redactor.redact_text(text) {
            Cow::Borrowed(shown) => assert_eq!(shown, text),
            Cow::Owned(shown) => hits.push(format!("{text}\n  -> {shown}")),
        }
    }
    assert!(hits.is_empty(), "{}", hits.join("\n"));
    assert!(LOOK_ALIKES.lines().count() >= 60);
}

#[test]
fn what_is_around_a_secret_stays() {
    let table = [
        ("password=a1", "password=[redacted]"),
        ("user=bob password=a1, id=7", "user=bob password=[redacted], id=7"),
        (r#"{"password":"a1","id":7}"#, r#"{"password":"[redacted]","id":7}"#),
        (r#"{"token":17,"id":7}"#, r#"{"token":[redacted],"id":7}"#),
        (r#"L { password: Some("a"), id: 7 }"#, r#"L { password: Some("[redacted]"), id: 7 }"#),
        ("?token=a1&id=7", "?token=[redacted]&id=7"),
        ("pg://a:b@host/db?x=1", "pg://[redacted]@host/db?x=1"),
        ("Authorization: Bearer a1b2c3d4 x", "Authorization: [redacted] x"),
        ("a Bearer a1b2c3d4, x", "a Bearer [redacted], x"),
        ("Cookie: a=b; c=d\nHost: x", "Cookie: [redacted]\nHost: x"),
        ("4111 1111 1111 1111 12/27", "[redacted] 12/27"),
        ("12 4111 1111 1111 1111.", "12 [redacted]."),
        ("login(token=a1b2).", "login(token=[redacted])."),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn an_address_is_hidden_on_request() {
    let settings = RedactionSettings { hides_email: true, ..RedactionSettings::default() };
    let redactor = Redactor::new(&settings);
    let table = [
        ("from bob.b+x@mail.example.com.", "from [redacted]."),
        ("<bob@example.com>", "<[redacted]>"),
        ("bob@localhost", "bob@localhost"),
        ("git@github.com:org/repo", "git@github.com:org/repo"),
        ("ssh://git@github.com/org", "ssh://git@github.com/org"),
        ("serde@1.0.200", "serde@1.0.200"),
        ("@bob", "@bob"),
    ];
    for (text, expected) in table {
        assert_eq!(redactor.redact_text(text), expected);
        assert_eq!(shown(text), text);
    }
}

#[test]
fn a_key_hides_its_value() {
    let redactor = Redactor::default();
    assert!(redactor.is_secret_key("db.password"));
    assert!(!redactor.is_secret_key("db.name"));
}

#[test]
fn switched_off_nothing_is_hidden() {
    let redactor = Redactor::new(&RedactionSettings { is_on: false, ..Default::default() });
    assert_eq!(redactor.redact_text("password=a1"), "password=a1");
    assert!(!redactor.is_secret_key("password"));
}

/// Text that is likely to come close to a pattern.
fn close_texts() -> impl Strategy<Value = String> {
    let pieces: Vec<&'static str> = SECRETS
        .lines()
        .chain(LOOK_ALIKES.lines())
        .flat_map(|line| line.split_inclusive([' ', '=', ':', '"', '/', '@', '-', '.', '\t']))
        .chain([
            "é", "🦀", "\n", "\\", "\\\"", "'", "::", "://", "[", "{", "(", ")", "]", "}", REDACTED,
        ])
        .collect();
    prop::collection::vec(prop::sample::select(pieces), 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_text_panics_and_what_is_shown_is_shown_again(
        text in prop_oneof![close_texts(), ".*", "[a-z:=\"'\\\\ @/.0-9-]{0,40}"],
    ) {
        let redactor = Redactor::new(&RedactionSettings { hides_email: true, ..Default::default() });
        let once = redactor.redact_text(&text);
        prop_assert_eq!(matches!(once, Cow::Borrowed(_)), once == text);
        let twice = redactor.redact_text(&once);
        prop_assert_eq!(&twice, &once);
    }

    #[test]
    fn no_key_panics(key in ".*") {
        let redactor = Redactor::default();
        prop_assert_eq!(redactor.is_secret_key(&key), redactor.is_secret_key(&key));
    }
}

#[test]
fn the_pretty_form_hides_what_the_short_one_hides() {
    let table = [
        ("password: Some(\n    \"a1\",\n)", "password: Some(\n    \"[redacted]\",\n)"),
        ("api_key: Key(\n    \"b2\",\n),", "api_key: Key(\n    \"[redacted]\",\n),"),
        ("Password(\n    \"c3\",\n)", "Password(\n    \"[redacted]\",\n)"),
        (
            "[\n    (\n        \"authorization\",\n        \"d4\",\n    ),\n]",
            "[\n    (\n        \"authorization\",\n        \"[redacted]\",\n    ),\n]",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(shown(text), expected, "{text}");
    }
}

/// Texts of beginnings that come to nothing. Looked at from each beginning to the end, a mebibyte of them
/// takes minutes.
#[test]
fn a_long_text_is_walked_through_once() {
    for unit in ["-", "sk-", "tskey-", "://", "a://b:c", "eyJ_", "basic+", "Bearer ", "a=", "(\""] {
        let text = unit.repeat((1 << 20) / unit.len());
        assert!(!shown(&text).is_empty(), "{unit}");
    }
}
