use proptest::prelude::*;

use super::*;

fn rules(list: &[&str]) -> KeyRules {
    KeyRules::new(&list.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
}

#[test]
fn keys_that_name_a_secret() {
    let rules = rules(&[]);
    for key in [
        "password",
        "PASSWORD",
        "user.password",
        "dbPassword",
        "dbpassword",
        "password_hash",
        "password2",
        "passwordConfirmation",
        "passwd",
        "mysql_pwd",
        "pwd",
        "userPwd",
        "token",
        "access_token",
        "accessToken",
        "accesstoken",
        "x-auth-token",
        "refresh_tokens",
        "secret",
        "client.secret",
        "clientSecret",
        "authorization",
        "http.request.header.authorization",
        "proxy-authorization",
        "authorization_header",
        "cookie",
        "set-cookie",
        "Set_Cookie",
        "http.response.header.set-cookie",
        "api_key",
        "apikey",
        "api-key",
        "apiKey",
        "APIKey",
        "X-Api-Key",
        "x_api_key_value",
        "access_key",
        "aws.secret_access_key",
        "private_key",
        "privateKey",
        "ssh_private_key_hex",
        "credential",
        "credentials",
        "session",
        "session.id",
        "sessionId",
        "session_id",
        "csrf",
        "csrf_token",
        "cvv",
        "jwt",
        "otp",
        "ssn",
        "card_number",
    ] {
        assert!(rules.has(key), "{key}");
    }
}

#[test]
fn keys_that_look_like_it() {
    let rules = rules(&[]);
    for key in [
        "",
        "_",
        "2",
        "token_count",
        "tokens",
        "max_tokens",
        "input_tokens",
        "tokenizer",
        "secretary",
        "secret_name",
        "password_policy",
        "password_length",
        "cookie_name",
        "session_count",
        "session.duration",
        "possession",
        "obsession",
        "next_page_token",
        "page_token",
        "continuationToken",
        "time_to_first_token",
        "has_password",
        "is_token",
        "key",
        "public_key",
        "primary_key",
        "key_id",
        "cwd",
        "hotpot",
        "compass",
        "bypass",
        "passed",
        "author",
        "authority",
        "user.id",
        "value",
        "hash",
        "http.route",
        "photop",
    ] {
        assert!(!rules.has(key), "{key}");
    }
}

#[test]
fn signs_change_the_default_list() {
    let changed = rules(&["+tenant_pin", "-session"]);
    for (key, expected) in
        [("tenantPin", true), ("my.tenant-pin", true), ("session", false), ("password", true)]
    {
        assert_eq!(changed.has(key), expected, "{key}");
    }
}

#[test]
fn without_signs_the_list_is_all_there_is() {
    let own = rules(&["pin", "plate"]);
    for (key, expected) in
        [("pin", true), ("card.pin", true), ("spin", false), ("plate", true), ("password", false)]
    {
        assert_eq!(own.has(key), expected, "{key}");
    }
}

#[test]
fn lists_that_can_be_and_cannot() {
    let can_be = |list: &[&str]| {
        are_secret_keys(&list.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
    };
    assert!(can_be(&[]));
    assert!(can_be(&["pin", "x", "ключ"]));
    assert!(!can_be(&["pin", "+x"]));
    assert!(can_be(&["+x", "-session"]));
    assert!(!can_be(&["x", "--"]));
    assert!(!can_be(&["+x", "-sesion"]));
    assert!(!can_be(&["x", "-session"]));
    assert!(can_be(&[&"k".repeat(LETTERS_MAX)]));
    assert!(!can_be(&[&"k".repeat(LETTERS_MAX + 1)]));
}

#[test]
fn the_manual_shows_the_default_list() {
    let manual = include_str!("../../../manual/logging.md");
    let (_, list) = manual.split_once("<!-- keys -->").unwrap();
    let (list, _) = list.split_once("<!-- /keys -->").unwrap();
    let shown: Vec<_> = list.split('`').skip(1).step_by(2).collect();
    let mut expected: Vec<_> = SECRET.iter().chain(SECRET_WORDS).copied().collect();
    expected.sort_unstable();
    assert_eq!(shown, expected);
}

/// Keys out of the words that rules are made of, with what separates words.
fn close_keys() -> impl Strategy<Value = String> {
    let words = SECRET.iter().chain(SECRET_WORDS).chain(INNOCENT).chain(CARRIERS);
    let pieces: Vec<_> = words
        .flat_map(|words| words.split('_'))
        .chain(["_", ".", "-", " ", "2", "s", "Key", "ID", "é", "a"])
        .collect();
    prop::collection::vec(prop::sample::select(pieces), 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_short_way_never_misses_a_rule(
        key in prop_oneof![close_keys(), ".*"],
        own in prop::collection::vec("[+]?[a-zé]{1,5}", 0..3),
    ) {
        let rules = KeyRules::new(&own);
        prop_assert_eq!(rules.has(&key), rules.has_rule(key.as_bytes()));
    }
}
