//! What the public suite does not ask.

use super::Trace::{New, Same};
use super::{P, T, check, check_bytes, check_parent, check_state};

#[test]
fn signs_letter_case_and_lengths_are_checked() {
    for header in [
        format!("+0-{T}-{P}-01"),
        format!("00-+{}-{P}-01", &T[1..]),
        format!("00-{T}-+{}-01", &P[1..]),
        format!("00-{T}-{P}-+1"),
        format!("CC-{T}-{P}-01"),
        format!("00-{}-{P}-01", T.to_uppercase()),
        format!("00-{T}-{P}-0A"),
        format!("00-{T}-{P}-01-"),
    ] {
        check_parent("strict", &header, New);
    }
}

#[test]
fn a_member_is_printable_ascii() {
    check_state("tab", &["foo=a\tb,bar=2"], None);
    check_state("empty key", &["=1,bar=2"], None);
    check_state("no equals sign", &["foo,bar=2"], None);
    check_state("trailing blank", &["foo=1 ,bar=2"], Some("foo=1,bar=2"));
    check_state("empty members", &[",,foo=1,, ,bar=2,"], Some("foo=1,bar=2"));
    check_state("not ASCII", &["foo=ä,bar=2"], None);
}

#[test]
fn a_value_that_is_no_text_counts_as_one() {
    let parent = format!("00-{T}-{P}-01");
    let good = ("traceparent", parent.as_bytes());
    check_bytes("no text", &[("traceparent", b"\xFF")], New, None);
    check_bytes("no text beside", &[good, ("traceparent", b"\xFF")], New, None);
    check_bytes("no text in the state", &[good, ("tracestate", b"foo=\xFF")], Same, None);
    let state = [good, ("tracestate", b"bar=2"), ("tracestate", b"\xFF")];
    check_bytes("no text beside the state", &state, Same, None);
}

#[test]
fn a_long_state_is_shortened_by_whole_members() {
    let (long, short) = (format!("long={}", "l".repeat(200)), "s".repeat(100));
    let shorts: Vec<_> = (1..=4).map(|n| format!("s{n}={short}")).collect();
    // 4 * 103 + 3 = 415 characters, and with the long one 621.
    let header = format!("{},{long},{}", shorts[..2].join(","), shorts[2..].join(","));
    check_state("long ones first", &[&header], Some(&shorts.join(",")));
    let more: Vec<_> = (1..=6).map(|n| format!("s{n}={short}")).collect();
    // Five have 5 * 103 + 4 = 519.
    check_state("then from the right", &[&more.join(",")], Some(&more[..4].join(",")));
    let exact = format!("a={},b={}", "x".repeat(253), "y".repeat(254));
    assert_eq!(exact.len(), 512);
    check_state("at the limit", &[&exact], Some(&exact));
    check_state("a byte more", &[&format!("{exact}z")], Some(&exact[..255]));
    let alone = format!("{}={}", "k".repeat(256), "v".repeat(256));
    check_state("too long alone", &[&alone], None);
}

#[test]
fn nobody_reads_a_state_without_its_parent() {
    let good = format!("00-{T}-{P}-01");
    let incoming =
        [("traceparent", good.as_str()), ("traceparent", good.as_str()), ("tracestate", "foo=1")];
    check("two parents", &incoming, New, None);
}
