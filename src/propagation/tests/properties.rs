use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::baggage::{Baggage, KeyValueMetadata};
use opentelemetry::propagation::TextMapPropagator as _;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Pieces of which many headers are nearly right.
const PIECES: &[&str] = &[
    "00",
    "ff",
    "cc",
    "-",
    "0af7651916cd43dd8448eb211c80319c",
    "b7ad6b7169203331",
    "01",
    "=",
    ",",
    ";",
    "a",
    "b@c",
    "@",
    "%",
    "%20",
    "%FF",
    " ",
    "\t",
    "ä",
    "z",
    "0",
];

fn value() -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec(prop::sample::select(PIECES), 0..40).prop_map(|p| p.concat().into_bytes());
    let member = "[a-z@*/_-]{1,300}=[ -~]{0,300}".prop_map(String::into_bytes);
    let members = vec(member, 1..40).prop_map(|members| members.join(&b','));
    let parent = "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.{0,9})?";
    let long = (vec(any::<u8>(), 1..50), 300_usize..900).prop_map(|(part, n)| part.repeat(n));
    prop_oneof![
        2 => vec(any::<u8>(), 0..200),
        2 => pieces,
        1 => members,
        3 => parent.prop_map(String::into_bytes),
        1 => long,
    ]
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    let name = prop::sample::select(vec!["traceparent", "tracestate", "baggage", "TraceState"]);
    vec((name, value()), 0..8).prop_map(|pairs| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            // What cannot stand in a header does not arrive.
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(name, value);
            }
        }
        headers
    })
}

fn sent(context: &Context) -> HeaderMap {
    let mut headers = HeaderMap::new();
    both().inject_context(context, &mut CarrierInjector::new(&mut headers));
    headers
}

fn received(headers: &HeaderMap) -> Context {
    both().extract_with_context(&Context::new(), &CarrierExtractor::new(headers))
}

fn span_of(context: &Context) -> SpanContext {
    context.span().span_context().clone()
}

fn baggage_of(context: &Context) -> BTreeMap<String, (String, String)> {
    let pair = |(key, (value, rest)): (&opentelemetry::Key, &(_, _))| {
        let (value, rest): (&opentelemetry::StringValue, &opentelemetry::baggage::BaggageMetadata) =
            (value, rest);
        (key.to_string(), (value.to_string(), rest.as_str().to_owned()))
    };
    context.baggage().iter().map(pair).collect()
}

/// Checks a header field by what the specifications say, and not by our own parsers.
fn check_sent(headers: &HeaderMap) {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().expect("ASCII"));
    for name in headers.keys() {
        assert!(["traceparent", "tracestate", "baggage"].contains(&name.as_str()));
        assert_eq!(headers.get_all(name).iter().count(), 1);
    }
    if let Some(parent) = text("traceparent") {
        let lens: Vec<_> = parent.split('-').map(str::len).collect();
        assert_eq!(lens, [2, 32, 16, 2], "{parent}");
        assert!(parent.starts_with("00-") && !parent.contains(|c: char| c.is_uppercase()));
        let is_zero = |part: Option<&str>| part.is_none_or(|part| part.bytes().all(|b| b == b'0'));
        assert!(!is_zero(parent.split('-').nth(1)) && !is_zero(parent.split('-').nth(2)));
        assert!(["00", "01", "02", "03"].iter().any(|flags| parent.ends_with(flags)), "{parent}");
    }
    if let Some(state) = text("tracestate") {
        assert!(text("traceparent").is_some());
        assert!(!state.is_empty() && state.len() <= 512, "{state}");
        let members: Vec<_> = state.split(',').collect();
        assert!(members.len() <= 32);
        for member in members {
            let (key, value) = member.split_once('=').expect("an equals sign");
            let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            assert!(key.starts_with(is_key) && key.len() <= 256, "{member}");
            assert!(key.chars().all(|c| is_key(c) || "_-*/@".contains(c)), "{member}");
            assert!(!value.is_empty() && value.len() <= 256 && !value.ends_with(' '), "{member}");
            assert!(value.chars().all(|c| (' '..='~').contains(&c) && c != '='), "{member}");
        }
    }
    if let Some(baggage) = text("baggage") {
        assert!(!baggage.is_empty() && baggage.len() <= 8192);
        assert!(baggage.split(',').count() <= 64);
        for member in baggage.split(',') {
            let (pair, _) = member.split_once(';').unwrap_or((member, ""));
            let (key, value) = pair.split_once('=').expect("an equals sign");
            assert!(!key.is_empty() && !key.contains([' ', '"', '(', '@', '\t']), "{member}");
            assert!(value.chars().all(|c| c.is_ascii_graphic() && !"\"\\=".contains(c)));
        }
    }
}

fn member() -> impl Strategy<Value = KeyValueMetadata> {
    let key = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}";
    let properties = "([a-z]{1,5}(=[!#-+.-:<-\\[\\]-~]{0,5})?(;[a-z]{1,5}){0,2})?";
    (key, ".{0,20}", properties)
        .prop_map(|(key, value, properties)| KeyValueMetadata::new(key, value, properties.as_str()))
}

fn state() -> impl Strategy<Value = Vec<(String, String)>> {
    let keys = prop::collection::btree_set("[a-z0-9][a-z0-9_*/-]{0,6}", 0..8);
    (keys, vec("[!-+.-<>-~]{1,8}", 8))
        .prop_map(|(keys, values)| keys.into_iter().zip(values).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_comes_in_what_goes_out_is_valid_and_stable(headers in headers()) {
        let context = received(&headers);
        let out = sent(&context);
        check_sent(&out);
        // Of what was valid nothing more is lost on the second way.
        let again = received(&out);
        prop_assert_eq!(span_of(&again), span_of(&context));
        prop_assert_eq!(baggage_of(&again), baggage_of(&context));
        let sent_again = sent(&again);
        prop_assert_eq!(sent_again.get("tracestate"), out.get("tracestate"));
    }

    #[test]
    fn a_valid_context_arrives_as_it_left(
        ids in (1_u128.., 1_u64..),
        flags in 0_u8..4,
        state in state(),
        members in vec(member(), 0..8),
    ) {
        let state = TraceState::from_key_value(state).expect("it is valid");
        let (trace_id, span_id) = (TraceId::from(ids.0), SpanId::from(ids.1));
        let span = SpanContext::new(trace_id, span_id, TraceFlags::new(flags), true, state);
        let baggage: Baggage = members.into_iter().collect();
        let context = Context::new().with_remote_span_context(span).with_baggage(baggage);
        let arrived = received(&sent(&context));
        check_sent(&sent(&context));
        prop_assert_eq!(span_of(&arrived), span_of(&context));
        prop_assert_eq!(baggage_of(&arrived), baggage_of(&context));
    }
}
