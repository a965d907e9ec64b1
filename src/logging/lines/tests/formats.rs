//! What lines look like.

use std::error::Error;

use tracing::level_filters::LevelFilter;
use tracing::{Level, debug, error, event, info, info_span, trace, warn};

use super::{one, written};
use crate::config::log_settings::LogFormat;

const STAMP: &str = "2023-11-14T22:13:20.123456Z";

/// The same events for every format.
fn work() {
    let outer = info_span!(target: "shop", "checkout", user = "ada", step = 1, extra = tracing::field::Empty);
    outer.in_scope(|| {
        info_span!(target: "shop", "payment", step = 2).in_scope(|| {
            outer.record("extra", "late text");
            warn!(target: "shop::card", amount = 12.5, ok = false, code = "a\"b", "card\nrefused");
        });
    });
    info!(target: "shop", level = "forged", trace_id = "forged", "outside");
    event!(target: "shop", Level::DEBUG, only = "fields");
}

#[test]
fn json_lines_are_flat_objects() {
    let expected = [
        r#"{"timestamp":"STAMP","level":"WARN","target":"shop::card","message":"card\nrefused","amount":12.5,"ok":false,"code":"a\"b","step":2,"user":"ada","extra":"late text","span":"payment"}"#,
        r#"{"timestamp":"STAMP","level":"INFO","target":"shop","message":"outside","fields.level":"forged","fields.trace_id":"forged"}"#,
        r#"{"timestamp":"STAMP","level":"DEBUG","target":"shop","only":"fields"}"#,
        "",
    ];
    assert_eq!(one(LogFormat::Json, work), expected.join("\n").replace("STAMP", STAMP));
}

#[test]
fn logfmt_lines_are_pairs() {
    let expected = [
        r#"timestamp=STAMP level=WARN target=shop::card message="card\nrefused" amount=12.5 ok=false code="a\"b" step=2 user=ada extra="late text" span=payment"#,
        "timestamp=STAMP level=INFO target=shop message=outside fields.level=forged fields.trace_id=forged",
        "timestamp=STAMP level=DEBUG target=shop only=fields",
        "",
    ];
    assert_eq!(one(LogFormat::Logfmt, work), expected.join("\n").replace("STAMP", STAMP));
}

#[test]
fn compact_lines_say_it_all_at_once() {
    let expected = [
        r#"STAMP  WARN shop::card: card\nrefused amount=12.5 ok=false code="a\"b" in checkout:payment step=2 user=ada extra="late text""#,
        "STAMP  INFO shop: outside fields.level=forged fields.trace_id=forged",
        "STAMP DEBUG shop: only=fields",
        "",
    ];
    assert_eq!(one(LogFormat::Compact, work), expected.join("\n").replace("STAMP", STAMP));
}

#[test]
fn pretty_lines_say_where_on_a_second_one() {
    let expected = [
        r#"STAMP  WARN shop::card: card\nrefused amount=12.5 ok=false code="a\"b""#,
        r#"    in checkout:payment step=2 user=ada extra="late text""#,
        "STAMP  INFO shop: outside fields.level=forged fields.trace_id=forged",
        "STAMP DEBUG shop: only=fields",
        "",
    ];
    assert_eq!(one(LogFormat::Pretty, work), expected.join("\n").replace("STAMP", STAMP));
}

#[test]
fn colors_are_for_people_only() {
    let formats = [LogFormat::Compact, LogFormat::Pretty, LogFormat::Json, LogFormat::Logfmt];
    let looks = formats.map(|format| (format, true, LevelFilter::TRACE));
    let texts = written(&looks, || error!(target: "shop", "\u{1b}[31mred"));
    let is_colored: Vec<_> = texts.iter().map(|text| text.contains('\u{1b}')).collect();
    assert_eq!(is_colored, [true, true, false, false]);
    let painted = "\u{1b}[31mERROR\u{1b}[0m";
    assert!(texts[0].contains(painted) && !texts[0].contains("\u{1b}[31mred"), "{}", texts[0]);
}

#[test]
fn each_sink_takes_its_own_levels() {
    let looks = [LevelFilter::TRACE, LevelFilter::WARN, LevelFilter::OFF]
        .map(|level| (LogFormat::Compact, false, level));
    let texts = written(&looks, || {
        trace!("one");
        debug!("two");
        info!("three");
        warn!("four");
        error!("five");
    });
    let counts: Vec<_> = texts.iter().map(|text| text.lines().count()).collect();
    assert_eq!(counts, [5, 2, 0]);
}

#[test]
fn an_error_is_its_whole_chain() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot pay")]
    struct Refused(#[source] std::io::Error);
    let error = Refused(std::io::Error::other("card\nbroken"));
    let text = one(LogFormat::Json, || error!(error = &error as &(dyn Error + 'static), "no"));
    assert!(text.contains(r#""error":"cannot pay: card\nbroken""#), "{text}");
}

#[test]
fn numbers_that_json_does_not_know_are_texts() {
    let text = one(LogFormat::Json, || {
        info!(nan = f64::NAN, up = f64::INFINITY, down = f64::NEG_INFINITY, big = u64::MAX);
    });
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let shown = ["nan", "up", "down", "big"].map(|name| value[name].as_str().unwrap().to_owned());
    assert_eq!(shown, ["NaN", "Infinity", "-Infinity", "18446744073709551615"]);
}
