use super::Trace::{New, Same};
use super::{P, T, check, check_state};

#[test]
fn it_goes_with_its_traceparent() {
    check("W24", &[("tracestate", "foo=1")], New, None);
    check_state("W25", &["foo=1,bar=2"], Some("foo=1,bar=2"));
    let bad = format!("00-{T}-{P}-0");
    check("W25", &[("traceparent", &bad), ("tracestate", "foo=1")], New, None);
}

#[test]
fn names_are_exact_but_for_their_case() {
    let parent = format!("00-{T}-{P}-01");
    for name in ["trace-state", "trace.state"] {
        check("W26", &[("traceparent", &parent), (name, "foo=1")], Same, None);
    }
    for name in ["TraceState", "TrAcEsTaTe", "TRACESTATE"] {
        check("W27", &[("traceparent", &parent), (name, "foo=1")], Same, Some("foo=1"));
    }
}

#[test]
fn all_headers_are_one_list() {
    check_state("W28", &[""], None);
    check_state("W28", &["foo=1", ""], Some("foo=1"));
    check_state("W28", &["", "foo=1"], Some("foo=1"));
    check_state(
        "W29",
        &["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
        Some("foo=1,bar=2,rojo=1,congo=2,baz=3"),
    );
    for headers in
        [&["foo=1,foo=1"][..], &["foo=1,foo=2"], &["foo=1", "foo=1"], &["foo=1", "foo=2"]]
    {
        check_state("W30", headers, Some("foo=1"));
    }
}

#[test]
fn every_legal_character_stays() {
    let key = "0123456789abcdefghijklmnopqrstuvwxyz_-*/";
    let value: String = (' '..='~').filter(|character| ![',', '='].contains(character)).collect();
    for member in [
        format!("{key}=1"),
        format!("foo={value}"),
        format!("{key}@a-z0-9_-*/=1"),
        format!("{key}={value}"),
        "foo=  leading".to_owned(),
    ] {
        check_state("W31", &[&member], Some(&member));
    }
}

#[test]
fn blanks_around_members_are_trimmed() {
    for header in [
        "foo=1 \t , \t bar=2, \t baz=3",
        "foo=1\t \t,\t \tbar=2,\t \tbaz=3",
        " foo=1,bar=2,baz=3",
        "\tfoo=1,bar=2,baz=3 \t",
    ] {
        check_state("W32", &[header], Some("foo=1,bar=2,baz=3"));
    }
}

#[test]
fn a_bad_member_takes_all_with_it() {
    for key in ["foo ", "FOO", "foo.bar"] {
        check_state("W33", &[&format!("{key}=1")], None);
        check_state("W33", &["bar=2", &format!("{key}=1")], None);
    }
    check_state("W34", &["@foo=1,bar=2"], None);
    check_state("W37", &["foo=bar=baz,bar=2"], None);
    check_state("W37", &["foo=,bar=3"], None);
}

#[test]
fn an_at_sign_may_stand_behind_the_first_character() {
    for header in ["foo@=1,bar=2", "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2"] {
        check_state("W34", &[header], Some(header));
    }
}

#[test]
fn there_are_32_members_at_most() {
    let members: Vec<_> = (1..=33).map(|n| format!("bar{n:02}={n:02}")).collect();
    let headers: Vec<_> = members[..32].chunks(8).map(|chunk| chunk.join(",")).collect();
    let headers: Vec<_> = headers.iter().map(String::as_str).collect();
    check_state("W35", &headers, Some(&members[..32].join(",")));
    check_state("W35", &[&members.join(",")], None);
    check_state("W35", &[&headers[..], &["bar33=33"]].concat(), None);
}

#[test]
fn keys_have_256_characters_at_most() {
    let z = |len: usize| "z".repeat(len);
    for key in [
        z(256),
        format!("{}@{}", z(241), "v".repeat(14)),
        format!("{}@v", z(242)),
        format!("t@{}", "v".repeat(15)),
    ] {
        let member = format!("{key}=1");
        check_state("W36", &["foo=1", &member], Some(&format!("foo=1,{member}")));
    }
    check_state("W36", &["foo=1", &format!("{}=1", z(257))], None);
}
