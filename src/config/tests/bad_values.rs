//! Every variable against values that are bad, empty or wild.

use proptest::prelude::*;

use super::*;

/// Whether the text is a good value of the kind, said by hand and not by the parser.
fn is_good(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Endpoint | Kind::Names | Kind::Text => true,
        // There is no such key to take away.
        Kind::SecretKeys => text != "-1",
        Kind::Integer { max, .. } => text == "1" || (text == "2147483647" && max > 64),
        Kind::Milliseconds { .. } | Kind::Timeout => ["1", "2147483647"].contains(&text),
        Kind::Ratio => ["1", "+1"].contains(&text),
        Kind::Duration { .. } => text == "5s",
        // A word is a target.
        Kind::Filter => !["1e3=", " true=x"].contains(&text),
        _ => false,
    }
}

const BAD_VALUES: [&str; 12] = [
    "1",
    "yes",
    " true",
    "abc",
    "-1",
    "1e3",
    "5s",
    "0x10",
    "99999999999999999999",
    "2147483647",
    " 1",
    "+1",
];

#[test]
fn every_default_is_a_good_value() {
    for row in table::rows() {
        if let Some(text) = row.default {
            let parsed = row.kind.parse(text).expect(row.key);
            assert!(parsed.flaws.is_empty(), "{}", row.key);
        }
    }
}

#[test]
fn every_key_belongs_to_one_row() {
    let keys: BTreeSet<_> = table::rows().map(|row| row.key).collect();
    assert_eq!(keys.len(), table::rows().count());
}

#[test]
fn every_key_of_code_has_a_row() {
    let general =
        [key::COMPRESSION, key::ENDPOINT, key::HEADERS, key::INSECURE, key::PROTOCOL, key::TIMEOUT];
    for key in general {
        assert_eq!(table::rows().filter(|row| row.general_key == Some(key)).count(), 3, "{key}");
    }
    let of_one_signal = [
        key::SIGNAL_COMPRESSION,
        key::SIGNAL_ENDPOINT,
        key::SIGNAL_EXPORTERS,
        key::SIGNAL_HEADERS,
        key::SIGNAL_INSECURE,
        key::SIGNAL_PROTOCOL,
        key::SIGNAL_TIMEOUT,
        key::SIGNAL_EXPORT_TIMEOUT,
    ];
    let of_one_signal =
        of_one_signal.into_iter().flat_map(|key| [key.traces, key.metrics, key.logs]);
    let queues = [key::SIGNAL_QUEUE_ITEMS, key::SIGNAL_REQUEST_ITEMS, key::SIGNAL_SCHEDULE_DELAY];
    let queues = queues.into_iter().flat_map(|key| [key.traces, key.logs]);
    let keys: BTreeSet<_> = of_one_signal.chain(queues).chain(OTHERS.iter().copied()).collect();
    let rows: BTreeSet<_> = table::rows().map(|row| row.key).collect();
    assert_eq!(keys, rows);
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let unset = resolved(&[]);
    assert_eq!(unset.effective.warnings, []);
    for name in all_variables() {
        let empty = resolved(&[(name, "")]);
        assert_eq!(empty.effective, unset.effective, "{name}");
        assert_eq!(format!("{:?}", empty.settings), format!("{:?}", unset.settings), "{name}");
    }
}

#[test]
fn a_bad_value_warns_once_and_the_default_stays() {
    let unset = resolved(&[]);
    for name in variables().into_iter().filter(|name| !name.starts_with("BEACON_")) {
        let row = row_of(name);
        for text in BAD_VALUES.iter().filter(|text| !is_good(row.kind, text)) {
            let mut pairs = vec![(name, *text)];
            if row.key == key::SAMPLER_ARGUMENT {
                pairs.push(("OTEL_TRACES_SAMPLER", "traceidratio"));
            }
            let result = resolved(&pairs);
            let about: Vec<_> = messages(&result);
            assert_eq!(about.len(), 1, "{name}={text}: {about:?}");
            let message = about.concat();
            assert!(message.contains(&format!("`{name}`")), "{message}");
            assert!(message.contains("expected "), "{message}");
            let is_shown = row.kind == Kind::Headers || message.contains(text.trim());
            assert!(is_shown, "{message}");
            assert_eq!(report(&result, row.key).value, report(&unset, row.key).value, "{name}");
        }
    }
}

#[test]
fn a_bad_value_of_our_own_stops_the_start() {
    for name in variables().into_iter().filter(|name| name.starts_with("BEACON_")) {
        let row = row_of(name);
        for text in BAD_VALUES.iter().filter(|text| !is_good(row.kind, text)) {
            let message = refused(&[(name, text)]);
            let expected = row.kind.expected();
            assert_eq!(message, format!("invalid `{name}`: expected {expected}, got `{text}`"));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf8_is_a_bad_value() {
    use std::os::unix::ffi::OsStringExt as _;

    for name in all_variables() {
        let value = OsString::from_vec(vec![b'a', 0xff]);
        let environment = Environment::from_iter([
            (OsString::from(name), value),
            (OsString::from("OTEL_TRACES_SAMPLER"), OsString::from("traceidratio")),
        ]);
        match resolve(&environment, &Overrides::default()) {
            Ok(resolved) => {
                assert!(!name.starts_with("BEACON_"), "{name}");
                if name == "OTEL_TRACES_SAMPLER" {
                    continue;
                }
                let messages = messages(&resolved);
                assert_eq!(messages.len(), 1, "{name}: {messages:?}");
                assert!(messages.concat().contains(name), "{messages:?}");
            }
            Err(error) => {
                let is_strict = name.starts_with("BEACON_") || name.ends_with("_ENDPOINT");
                assert!(is_strict, "{error}");
                assert!(error.to_string().contains("(not UTF-8)"), "{error}");
            }
        }
    }
}

#[test]
fn integers_reach_at_least_two_to_the_31() {
    let result = resolved(&[
        ("OTEL_BSP_MAX_QUEUE_SIZE", "2147483647"),
        ("OTEL_BSP_SCHEDULE_DELAY", "2147483647"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2147483647"),
    ]);
    assert_eq!(messages(&result), [""; 0]);
    assert_eq!(result.settings.queues.traces.items_max, Some(2_147_483_647));
    assert_eq!(result.settings.queues.traces.schedule_delay, Duration::from_millis(2_147_483_647));
}

#[test]
fn booleans_are_true_for_one_word_only() {
    for (text, is_disabled, warnings) in [
        ("true", true, 0),
        ("TRUE", true, 0),
        ("True", true, 0),
        ("false", false, 0),
        ("False", false, 0),
        ("1", false, 1),
        ("yes", false, 1),
        ("on", false, 1),
        ("t", false, 1),
        (" true", false, 1),
    ] {
        let resolved = resolved(&[("OTEL_SDK_DISABLED", text)]);
        assert_eq!(resolved.settings.is_disabled, is_disabled, "{text}");
        assert_eq!(messages(&resolved).len(), warnings, "{text}");
    }
}

proptest! {
    #[test]
    fn the_order_of_variables_is_irrelevant_and_no_text_panics(
        mut pairs in proptest::collection::vec(
            (proptest::sample::select(all_variables().into_iter().collect::<Vec<_>>()), any_text()),
            0..8,
        ),
    ) {
        pairs.sort_by_key(|(name, _)| *name);
        pairs.dedup_by_key(|(name, _)| *name);
        let forth: Environment = pairs.iter().cloned().collect();
        let back: Environment = pairs.iter().rev().cloned().collect();
        let resolve = |environment: &Environment| {
            let resolved = resolve(environment, &Overrides::default());
            resolved.map(|resolved| resolved.effective).map_err(|error: InitError| error.to_string())
        };
        prop_assert_eq!(resolve(&forth), resolve(&back));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9:/@?#%=,;. \\[\\]{}é\u{2003}-]{0,24}",
        "(https?://)?[a-z@:]{0,6}[a-z0-9.]{1,6}(:[0-9]{0,6})?(/[a-z?#]{0,5})?",
        "[0-9]{1,22}(ms|s|m|h|B|KiB|MiB)?",
    ]
}

/// Keys that belong to no signal.
const OTHERS: &[&str] = &[
    key::CODE_LOCATION,
    key::DISABLED,
    key::ERROR_EVENTS_TO_STATUS,
    key::EVENT_ATTRIBUTES_MAX,
    key::HTTP_KNOWN_METHODS,
    key::LINK_ATTRIBUTES_MAX,
    key::LOG_ATTRIBUTES_MAX,
    key::LOG_ATTRIBUTE_CHARS_MAX,
    key::LOG_BUFFER_BYTES,
    key::LOG_COLOR,
    key::LOG_CONSOLE,
    key::LOG_CONSOLE_LEVEL,
    key::LOG_FILE,
    key::LOG_FILE_COMPRESS,
    key::LOG_FILE_FORMAT,
    key::LOG_FILE_KEEP,
    key::LOG_FILE_KEEP_BYTES,
    key::LOG_FILE_LEVEL,
    key::LOG_FILE_MAX_BYTES,
    key::LOG_FILE_MODE,
    key::LOG_FILE_ROTATION,
    key::LOG_FILE_TIME_ZONE,
    key::LOG_FILTER,
    key::LOG_FILTER_FILE,
    key::LOG_FORMAT,
    key::LOG_LOSSY,
    key::LOG_OTLP_LEVEL,
    key::LOG_RATE_LIMIT,
    key::LOG_SAMPLING,
    key::LOG_SPAN_FIELDS,
    key::MEMORY_CONTAINER_METRICS,
    key::MEMORY_ENABLED,
    key::MEMORY_HEAP_SAMPLING,
    key::MEMORY_LEAK_CONFIRM_WITHOUT_LOAD,
    key::MEMORY_LEAK_DETECTION,
    key::MEMORY_PRESSURE_SHED_RATIO,
    key::MEMORY_PRESSURE_WARN_RATIO,
    key::MEMORY_PROFILE_DIRECTORY,
    key::MEMORY_PROFILE_KEEP,
    key::MEMORY_RECLAIM,
    key::MEMORY_SAMPLE_INTERVAL,
    key::MEMORY_SYSTEM_METRICS,
    key::MEMORY_UTILIZATION_METRICS,
    key::METRICS_COLLECT_TIMEOUT,
    key::METRICS_INTERVAL,
    key::METRICS_TEMPORALITY,
    key::PANIC_HOOK,
    key::PROPAGATORS,
    key::QUEUE_BYTES,
    key::REDACT,
    key::REDACT_EMAIL,
    key::REDACT_KEYS,
    key::REQUESTS_IN_FLIGHT,
    key::REQUEST_BYTES,
    key::RESOURCE_ATTRIBUTES,
    key::RUNTIME_LIVE_SPANS,
    key::RUNTIME_METRICS,
    key::RUNTIME_SPAN_AGE_LIMIT,
    key::RUNTIME_STALL_DETECTION,
    key::RUNTIME_STALL_THRESHOLD,
    key::SAMPLER,
    key::SAMPLER_ARGUMENT,
    key::SELF_METRICS,
    key::SERVICE_NAME,
    key::SHUTDOWN_TIMEOUT,
    key::SPAN_ATTRIBUTES_MAX,
    key::SPAN_ATTRIBUTE_CHARS_MAX,
    key::SPAN_EVENTS,
    key::SPAN_EVENTS_MAX,
    key::SPAN_LINKS_MAX,
    key::THREAD_ATTRIBUTES,
    key::TRACE_FILTER,
];
