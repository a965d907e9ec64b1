//! Records whose names are known at run time only, and those of the crate `log`.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tracing::Level;
use tracing_log::log::{self, Log as _};

use super::recording::{one_log, recorded, settings};
use crate::config::RecordingSettings;
use crate::export::processors::decode::{attribute, text};
use crate::logging::log_bridge::LogBridge;
use crate::logging::{LogValue, get_logger};

fn filtered(log_filter: &str) -> RecordingSettings {
    RecordingSettings { log_filter: log_filter.to_owned(), ..settings() }
}

#[test]
fn a_logger_keeps_the_types_of_its_fields() {
    let fields: [(&str, LogValue, Value); 9] = [
        ("bool", true.into(), Value::BoolValue(true)),
        ("f64", 1.5.into(), Value::DoubleValue(1.5)),
        ("i32", (-7_i32).into(), Value::IntValue(-7)),
        ("i64", i64::MIN.into(), Value::IntValue(i64::MIN)),
        ("u32", 7_u32.into(), Value::IntValue(7)),
        ("u64", 7_u64.into(), Value::IntValue(7)),
        ("huge", u64::MAX.into(), Value::StringValue(u64::MAX.to_string())),
        ("str", "text".into(), Value::StringValue("text".to_owned())),
        ("message", String::from("mine").into(), Value::StringValue("mine".to_owned())),
    ];
    let log = one_log(&settings(), || {
        let fields = fields.iter().map(|(key, value, _)| (*key, value.clone()));
        get_logger("tenant").info("done", fields);
    });
    assert_eq!(super::recording::body(&log), "done");
    assert_eq!(log.attributes.len(), fields.len(), "{:?}", log.attributes);
    for (key, _, expected) in fields {
        assert_eq!(attribute(&log.attributes, key), Some(&expected), "{key}");
    }
}

#[test]
fn the_name_of_a_logger_is_target_and_scope() {
    let decoded = recorded(&filtered("off,tenant=info,tenant::quiet=off"), || {
        for name in ["tenant", "tenant::quiet", "other", "beacon::named"] {
            let logger = get_logger(name);
            logger.info(name, []);
            logger.debug(name, []);
        }
    });
    assert_eq!(decoded.bodies(), ["tenant"]);
    assert_eq!(decoded.logs[0].0.name, "tenant");
}

#[test]
fn a_logger_knows_all_levels_and_whether_they_are_wanted() {
    let decoded = recorded(&filtered("tenant=debug"), || {
        let logger = get_logger("tenant");
        let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
        assert_eq!(levels.map(|level| logger.enabled(level)), [false, true, true, true, true]);
        assert!(!get_logger("other").enabled(Level::ERROR));
        logger.trace("1", []);
        logger.debug("5", []);
        logger.info("9", []);
        logger.warn("13", []);
        logger.error("17", []);
    });
    assert_eq!(decoded.bodies(), ["5", "9", "13", "17"]);
    for (_, log) in decoded.logs {
        assert_eq!(super::recording::body(&log), log.severity_number.to_string());
    }
}

#[test]
fn a_record_belongs_to_the_current_span_and_an_error_marks_it() {
    let decoded = recorded(&filtered("off"), || {
        tracing::info_span!("fails").in_scope(|| get_logger("tenant").error("refused", []));
        tracing::info_span!("works").in_scope(|| get_logger("tenant").warn("refused", []));
    });
    assert!(decoded.logs.is_empty());
    let code = |name| decoded.span(name).status.as_ref().map_or(0, |status| status.code);
    assert_eq!((code("fails"), code("works")), (2, 0));

    let decoded = recorded(&settings(), || {
        tracing::info_span!("span").in_scope(|| get_logger("tenant").info("inside", []));
    });
    assert_eq!(decoded.logs[0].1.span_id, decoded.span("span").span_id);
}

#[test]
fn a_question_leaves_nothing_behind() {
    let decoded = recorded(&settings(), || {
        assert!(get_logger("tenant").enabled(Level::INFO));
        assert!(LogBridge.enabled(&log::Metadata::builder().level(log::Level::Info).build()));
        assert!(tracing::enabled!(Level::INFO));
        // The trace layer must not take the answer about events for one about this span.
        tracing::info_span!("span").in_scope(|| tracing::info!("inside"));
    });
    assert_eq!(decoded.span_names(), ["span"]);
    assert_eq!(decoded.bodies(), ["inside"]);
}

#[test]
fn questions_about_spans_are_answered_inside_of_them() {
    recorded(&filtered("off,[inside]=debug"), || {
        let logger = get_logger("tenant");
        assert!(!logger.enabled(Level::DEBUG));
        let _span = tracing::info_span!("inside").entered();
        assert!(logger.enabled(Level::DEBUG));
    });
}

fn log_record(target: &str, level: log::Level, message: &str) {
    let record = log::Record::builder();
    LogBridge.log(
        &{ record }
            .args(format_args!("{message}"))
            .target(target)
            .level(level)
            .file(Some("shop.rs"))
            .line(Some(7))
            .module_path(Some("shop"))
            .build(),
    );
}

#[test]
fn records_of_the_log_crate_look_like_events() {
    let settings = RecordingSettings { code_location: true, ..settings() };
    let decoded = recorded(&settings, || {
        tracing::info_span!("span").in_scope(|| log_record("shop::cart", log::Level::Warn, "full"));
    });
    let (scope, log) = &decoded.logs[0];
    assert_eq!((scope.name.as_str(), super::recording::body(log).as_str()), ("shop::cart", "full"));
    assert_eq!((log.severity_number, log.event_name.as_str()), (13, ""));
    assert_eq!(log.span_id, decoded.span("span").span_id);
    assert_eq!(attribute(&log.attributes, "code.file.path"), Some(&text("shop.rs")));
    assert_eq!(attribute(&log.attributes, "code.line.number"), Some(&Value::IntValue(7)));
    assert_eq!(log.attributes.len(), 2, "{:?}", log.attributes);
}

#[test]
fn records_of_the_log_crate_are_filtered_by_their_target() {
    let decoded = recorded(&filtered("off,shop=info"), || {
        let enabled = |target, level| {
            LogBridge.enabled(&log::Metadata::builder().target(target).level(level).build())
        };
        assert!(enabled("shop::cart", log::Level::Info));
        assert!(!enabled("shop::cart", log::Level::Debug));
        assert!(!enabled("log", log::Level::Error));
        log_record("shop::cart", log::Level::Info, "yes");
        log_record("shop::cart", log::Level::Debug, "no");
        log_record("log", log::Level::Info, "no");
        // It is sent on for the status of its span.
        log_record("other", log::Level::Error, "no");
        log_record("shop::cart", log::Level::Error, "yes");
    });
    assert_eq!(decoded.bodies(), ["yes", "yes"]);
}
