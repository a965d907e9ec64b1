use std::collections::{BTreeMap, HashMap};

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt as _, BaggageMetadata, KeyValueMetadata};

use super::*;
use crate::propagation::carrier::{CarrierExtractor, CarrierInjector};

#[derive(Default)]
struct Format {
    counters: PropagationCounters,
}

impl Format {
    fn extract(&self, headers: &[&str]) -> Context {
        let mut carrier = http::HeaderMap::new();
        for header in headers {
            carrier.append("baggage", http::HeaderValue::from_str(header).expect("a value"));
        }
        extract(&Context::new(), &CarrierExtractor::new(&carrier), &self.counters)
    }

    fn inject(&self, context: &Context) -> Option<String> {
        let mut carrier = HashMap::new();
        inject(context, &mut CarrierInjector::new(&mut carrier), &self.counters);
        carrier.remove("baggage")
    }

    fn ignored(&self) -> (u64, u64) {
        let count = |fault| self.counters.count(Field::Baggage, fault);
        (count(Fault::Invalid), count(Fault::TooLarge))
    }
}

/// Checks what is read: key, value and properties, in the order of the keys.
fn check(headers: &[&str], expected: &[(&str, &str, &str)], is_faulty: bool) {
    let format = Format::default();
    let context = format.extract(headers);
    let found: BTreeMap<_, _> = context
        .baggage()
        .iter()
        .map(|(key, (value, rest))| (key.as_str(), (value.as_str(), rest.as_str())))
        .collect();
    let found: Vec<_> = found.into_iter().map(|(key, (value, rest))| (key, value, rest)).collect();
    assert_eq!(found, expected, "{headers:?}");
    assert_eq!(format.ignored(), (u64::from(is_faulty), 0), "{headers:?}");
}

#[test]
fn members_are_read() {
    check(&["a=1"], &[("a", "1", "")], false);
    check(&[" a\t=\t1 , b = 2 "], &[("a", "1", ""), ("b", "2", "")], false);
    check(&["a=1;p;q=2", "b=2 ; r = 3"], &[("a", "1", "p;q=2"), ("b", "2", "r = 3")], false);
    check(&["a="], &[("a", "", "")], false);
    check(&["a=b=c=="], &[("a", "b=c==", "")], false);
    check(&["A=1,a=2"], &[("A", "1", ""), ("a", "2", "")], false);
    check(&["!#$%&'*+-.^_`|~9=1"], &[("!#$%&'*+-.^_`|~9", "1", "")], false);
    check(&["a=%E2%82%AC%20%3B,b=%zz"], &[("a", "€ ;", ""), ("b", "%zz", "")], false);
    check(&["a=%FF"], &[("a", "\u{FFFD}", "")], false);
    check(&[",a=1,,", "", ",b=2"], &[("a", "1", ""), ("b", "2", "")], false);
    check(&["a=1,a=2", "a=3"], &[("a", "3", "")], false);
}

#[test]
fn a_bad_member_is_left_out_alone() {
    for bad in
        ["b", "=2", " =2", "b b=2", "b=2 2", "b=\"2\"", "b=\\", "b(=2", "b=2;p\"", ";", "b;=2"]
    {
        check(&["a=1", bad, "c=3"], &[("a", "1", ""), ("c", "3", "")], true);
        check(&[&format!("{bad},a=1,{bad}")], &[("a", "1", "")], true);
        check(&[bad], &[], true);
    }
    let format = Format::default();
    let mut carrier = http::HeaderMap::new();
    for value in [&b"a=\xC3\xA4"[..], b"b=\xFF", b"c=3"] {
        carrier.append("baggage", http::HeaderValue::from_bytes(value).expect("a value"));
    }
    let context = extract(&Context::new(), &CarrierExtractor::new(&carrier), &format.counters);
    assert_eq!(context.baggage().len(), 1);
    assert_eq!(format.ignored(), (1, 0));
}

#[test]
fn what_is_there_stays_when_nothing_valid_comes() {
    let format = Format::default();
    let before = Context::new().with_baggage([KeyValueMetadata::new("a", "1", "p")]);
    for header in [None, Some(""), Some("bad")] {
        let carrier: HashMap<_, _> =
            header.map(|header| ("baggage".to_owned(), header.to_owned())).into_iter().collect();
        let after = extract(&before, &CarrierExtractor::new(&carrier), &format.counters);
        assert_eq!(after.baggage().get("a").map(ToString::to_string), Some("1".to_owned()));
    }
    let carrier = HashMap::from([("baggage".to_owned(), "b=2".to_owned())]);
    let after = extract(&before, &CarrierExtractor::new(&carrier), &format.counters);
    assert_eq!(after.baggage().get("a"), None);
}

#[test]
fn there_are_64_members_at_most() {
    let members: Vec<_> = (0..65).map(|n| format!("k{n}={n}")).collect();
    for (count, is_cut) in [(63, false), (64, false), (65, true)] {
        let format = Format::default();
        let (one, other) = (members[..30].join(","), members[30..count].join(","));
        let context = format.extract(&[&one, &other, ",,"]);
        assert_eq!(context.baggage().len(), count.min(64));
        assert_eq!(context.baggage().get("k64"), None);
        assert_eq!(format.ignored(), (0, u64::from(is_cut)));
    }
}

#[test]
fn there_are_8192_bytes_at_most() {
    for (len, kept) in [(8191, 2), (8192, 2), (8193, 1)] {
        let format = Format::default();
        // "a=1" and a comma come first.
        let long = format!("b={}", "x".repeat(len - 6));
        let in_one = format.extract(&[&format!("a=1,{long}")]);
        let in_two = format.extract(&["a=1", &long]);
        assert_eq!((in_one.baggage().len(), in_two.baggage().len()), (kept, kept), "{len}");
        assert_eq!(format.ignored(), (0, if kept == 1 { 2 } else { 0 }));
    }
    let format = Format::default();
    let context = format.extract(&[&format!("a=1,b={},c=3", "x".repeat(9000))]);
    assert_eq!(context.baggage().len(), 1, "only leading members are kept");
}

#[test]
fn what_is_written_nobody_can_misread() {
    let format = Format::default();
    let context = Context::new().with_baggage([KeyValueMetadata::new(
        "key",
        " a=b,c;d%20\"\\ä\r\n",
        BaggageMetadata::from(" p;q=1,x=2\n "),
    )]);
    let header = format.inject(&context).expect("there is baggage");
    assert_eq!(header, "key=%20a%3Db%2Cc%3Bd%2520%22%5C%C3%A4%0D%0A;p;q=1%2Cx=2");
    let back = format.extract(&[&header]);
    let (value, _) = back.baggage().get_with_metadata("key").expect("it came back");
    assert_eq!(value.as_str(), " a=b,c;d%20\"\\ä\r\n");
    assert_eq!(format.inject(&Context::new()), None);
    assert_eq!(format.ignored(), (0, 0));
}

#[test]
fn what_does_not_fit_is_the_same_each_time() {
    let format = Format::default();
    // 930 bytes each, and three for each of them on the wire.
    let members = ["c", "a", "b"].map(|key| KeyValueMetadata::new(key, "€".repeat(310), ""));
    let long = [KeyValueMetadata::new("aa", "%".repeat(2000), "")];
    let context = Context::new().with_baggage(members.into_iter().chain(long));
    let keys = |header: &str| {
        let key = |member: &str| member.split('=').next().map(str::to_owned);
        header.split(',').filter_map(key).collect::<Vec<_>>()
    };
    let first = format.inject(&context).expect("some fits");
    assert!(first.len() <= LEN_MAX);
    assert_eq!(keys(&first), ["a", "b"]);
    assert_eq!(format.inject(&context), Some(first));
    assert_eq!(format.ignored(), (0, 2));
}
