use super::Trace::{New, Same};
use super::{P, T, check, check_parent, serve, service};

#[test]
fn a_trace_goes_on_with_a_new_parent() {
    check("W01", &[], New, None);
    check_parent("W02", &format!("00-{T}-{P}-01"), Same);
}

#[test]
fn two_headers_are_no_header() {
    let (one, other) = (format!("00-{T}-{P}-01"), format!("00-{}-{P}-01", "1".repeat(32)));
    for second in [&other, &one] {
        let incoming = [("traceparent", one.as_str()), ("traceparent", second.as_str())];
        let out = serve(&service("parentbased_always_on"), &incoming.map(bytes), 1).remove(0);
        assert_ne!(out.trace_id, T, "W03");
        assert_ne!(out.trace_id, "1".repeat(32), "W03");
    }
}

#[test]
fn names_are_exact_but_for_their_case() {
    let parent = format!("00-{T}-{P}-01");
    for name in ["trace-parent", "trace.parent"] {
        check("W04", &[(name, &parent)], New, None);
    }
    for name in ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"] {
        check("W05", &[(name, &parent)], Same, None);
    }
}

#[test]
fn versions_are_read_as_far_as_they_are_known() {
    check_parent("W06", &format!("00-{T}-{P}-01."), New);
    check_parent("W06", &format!("00-{T}-{P}-01-more"), New);
    check_parent("W07", &format!("cc-{T}-{P}-01"), Same);
    check_parent("W07", &format!("cc-{T}-{P}-01-more"), Same);
    check_parent("W07", &format!("cc-{T}-{P}-01.more"), New);
    check_parent("W08", &format!("ff-{T}-{P}-01"), New);
    check_parent("W09", &format!(".0-{T}-{P}-01"), New);
    check_parent("W09", &format!("0.-{T}-{P}-01"), New);
    check_parent("W10", &format!("000-{T}-{P}-01"), New);
    check_parent("W10", &format!("0000-{T}-{P}-01"), New);
    check_parent("W11", &format!("0-{T}-{P}-01"), New);
}

#[test]
fn ids_and_flags_have_their_digits() {
    check_parent("W12", &format!("00-{}-{P}-01", "0".repeat(32)), New);
    check_parent("W13", &format!("00-.{}-{P}-01", &T[1..]), New);
    check_parent("W13", &format!("00-{}.-{P}-01", &T[..31]), New);
    check_parent("W15", &format!("00-{}-{P}-01", &T[..31]), New);
    check_parent("W16", &format!("00-{T}-{}-01", "0".repeat(16)), New);
    check_parent("W17", &format!("00-{T}-.{}-01", &P[1..]), New);
    check_parent("W17", &format!("00-{T}-{}.-01", &P[..15]), New);
    check_parent("W18", &format!("00-{T}-{P}0-01"), New);
    check_parent("W19", &format!("00-{T}-{}-01", &P[..15]), New);
    check_parent("W20", &format!("00-{T}-{P}-.0"), New);
    check_parent("W20", &format!("00-{T}-{P}-0."), New);
    check_parent("W21", &format!("00-{T}-{P}-001"), New);
    check_parent("W22", &format!("00-{T}-{P}-1"), New);
}

#[test]
fn no_part_of_a_bad_id_is_used() {
    let (padded, cut) = (format!("00-{T}3-{P}-01"), format!("00-{}-{P}-01", &T[1..]));
    for (case, header) in [("W14", padded), ("W15", cut)] {
        let incoming = [bytes(("traceparent", &header))];
        let out = serve(&service("parentbased_always_on"), &incoming, 1).remove(0);
        assert!(!out.trace_id.contains(&T[1..31]), "{case}: {out:?}");
    }
}

#[test]
fn blanks_around_the_value_are_trimmed() {
    for value in [
        format!(" 00-{T}-{P}-01"),
        format!("\t00-{T}-{P}-01"),
        format!("00-{T}-{P}-01 "),
        format!("00-{T}-{P}-01\t"),
        format!("\t 00-{T}-{P}-01 \t"),
    ] {
        check_parent("W23", &value, Same);
    }
}

#[test]
fn each_call_has_a_parent_of_its_own() {
    let zeros = format!("00-{}-{P}-01", "0".repeat(32));
    let valid = format!("00-{T}-{P}-01");
    for (case, headers) in
        [("W38", vec![valid.as_str()]), ("W39", vec![]), ("W40", vec![zeros.as_str()])]
    {
        let incoming: Vec<_> =
            headers.into_iter().map(|header| bytes(("traceparent", header))).collect();
        let out = serve(&service("parentbased_always_on"), &incoming, 3);
        let mut parents: Vec<_> = out.iter().map(|call| call.parent_id.clone()).collect();
        parents.sort_unstable();
        parents.dedup();
        assert_eq!(parents.len(), 3, "{case}");
        assert!(out.iter().all(|call| call.trace_id == out[0].trace_id), "{case}");
        assert_eq!(out[0].trace_id == T, case == "W38", "{case}");
    }
}

#[test]
fn flags_are_bits() {
    // What is random stays so, whether a span is sampled or not.
    for (sampler, incoming, expected) in [
        ("parentbased_always_on", "00", 0b00),
        ("parentbased_always_on", "01", 0b01),
        ("parentbased_always_on", "02", 0b10),
        ("parentbased_always_on", "03", 0b11),
        ("parentbased_always_on", "fc", 0b00),
        ("parentbased_always_on", "ff", 0b11),
        ("always_on", "00", 0b01),
        ("always_on", "02", 0b11),
        ("always_off", "01", 0b00),
        ("always_off", "03", 0b10),
    ] {
        let header = format!("00-{T}-{P}-{incoming}");
        let out = serve(&service(sampler), &[bytes(("traceparent", &header))], 1).remove(0);
        assert_eq!(out.trace_id, T, "W41");
        assert_eq!(out.flags, expected, "W41: {incoming} with {sampler}");
    }
}

#[test]
fn a_trace_that_begins_here_is_random() {
    assert_eq!(serve(&service("always_on"), &[], 1).remove(0).flags, 0b11);
    assert_eq!(serve(&service("always_off"), &[], 1).remove(0).flags, 0b10);
}

fn bytes<'a>((name, value): (&'a str, &'a str)) -> (&'a str, &'a [u8]) {
    (name, value.as_bytes())
}
