//! What people get to read.

use super::*;

#[test]
fn variables_without_effect_are_said_once() {
    for row in unsupported::UNSUPPORTED {
        let resolved = resolved(&[(row.name, "canary")]);
        let messages = messages(&resolved);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages.concat().contains(row.name));
        assert!(!messages.concat().contains("canary"));
    }
    let harmless = resolved(&[("OTEL_METRICS_EXEMPLAR_FILTER", "ALWAYS_OFF")]);
    assert_eq!(messages(&harmless), [""; 0]);
}

#[test]
fn an_unknown_variable_of_ours_names_the_nearest() {
    assert_eq!(
        messages(&resolved(&[("BEACON_QUEUE_BYTE", "1MiB")])),
        ["`BEACON_QUEUE_BYTE` is not a setting; did you mean `BEACON_QUEUE_BYTES`?"]
    );
    assert_eq!(messages(&resolved(&[("BEACON_FOO", "1")])), ["`BEACON_FOO` is not a setting"]);
}

#[test]
fn warnings_say_what_is_used_instead() {
    let result = resolved(&[
        ("OTEL_BSP_SCHEDULE_DELAY", "abc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
    ]);
    assert_eq!(
        messages(&result),
        [
            "ignored `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`: expected `grpc`, `http/protobuf` or \
             `http/json`, got `http`; using the next source, `http/json`",
            "ignored `OTEL_BSP_SCHEDULE_DELAY`: expected whole milliseconds of at least `0`, got \
             `abc`; using the default `5s`",
            "ignored `OTEL_BSP_MAX_QUEUE_SIZE`: expected an integer of at least `1`, got `0`; \
             it counts as unset",
        ]
    );
    let report = report(&result, "traces.schedule_delay");
    assert!(report.warning.as_ref().is_some_and(|warning| warning.contains("abc")));
}

#[test]
fn secrets_are_in_no_output() {
    const CANARY: &str = "c4n4ry";
    let endpoint = format!("http://user:{CANARY}@localhost:4318/?key={CANARY}");
    let headers =
        format!("authorization=Bearer%20{CANARY},{CANARY},bad%zz={CANARY},a={CANARY};{CANARY}");
    let bad_endpoint = format!("ht!tp://user:{CANARY}@local host");
    let mut overrides = Overrides::default();
    overrides.add_pair(key::HEADERS, "x-key".to_owned(), CANARY.to_owned());
    overrides.set("logs.endpoint", SettingValue::Text(endpoint.clone()));
    let mut bad_overrides = Overrides::default();
    bad_overrides.add_pair(key::HEADERS, "x key".to_owned(), CANARY.to_owned());

    let mut outputs = vec![format!("{overrides:?}{bad_overrides:?}")];
    for (name, text) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &bad_endpoint),
        ("OTEL_EXPORTER_OTLP_HEADERS", &headers),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", &headers),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &CANARY.to_owned()),
    ] {
        let environment = from(&[(name, text)]);
        outputs.push(format!("{environment:?}"));
        for overrides in [&Overrides::default(), &overrides, &bad_overrides] {
            match resolve(&environment, overrides) {
                Ok(resolved) => {
                    let mut settings = resolved.settings.clone();
                    // The query of one signal's URL is sent, so the URL itself must hold it.
                    let exporters = &mut settings.exporters;
                    let destinations = [&mut exporters.traces.otlp, &mut exporters.logs.otlp];
                    for otlp in destinations.into_iter().flatten() {
                        otlp.url = http::Uri::default();
                    }
                    outputs.push(format!("{settings:?}"));
                    outputs.push(format!("{:?}", resolved.effective));
                    outputs.push(resolved.effective.to_string());
                    outputs.push(serde_json::to_string(&resolved.effective).expect("plain data"));
                }
                Err(error) => outputs.push(format!("{error} {error:?}")),
            }
        }
    }
    for output in outputs {
        assert!(!output.contains(CANARY), "{output}");
    }
}

#[test]
fn a_report_is_readable_by_people_and_machines() {
    let resolved = resolved(&[("OTEL_SERVICE_NAME", "shop"), ("OTEL_BSP_SCHEDULE_DELAY", "x")]);
    let table = resolved.effective.to_string();
    let line = table.lines().find(|line| line.starts_with("service_name ")).expect("a row");
    assert_eq!(
        line.split_whitespace().collect::<Vec<_>>(),
        ["service_name", "shop", "OTEL_SERVICE_NAME"]
    );
    assert!(table.contains("warning: ignored `OTEL_BSP_SCHEDULE_DELAY`"), "{table}");
    let json = serde_json::to_value(&resolved.effective).expect("plain data");
    let row = json["settings"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["key"] == "service_name"));
    assert_eq!(row.map(|row| row["origin"]["variable"].clone()), Some("OTEL_SERVICE_NAME".into()));
}

#[test]
fn what_was_chosen_is_told_with_its_origin_and_without_secrets() {
    let mut overrides = Overrides::default();
    overrides.set(key::SERVICE_NAME, "shop".to_owned());
    overrides.set(key::SIGNAL_SCHEDULE_DELAY.get(Signal::Logs), Duration::from_secs(2));
    let environment = from(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@collector:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret"),
        ("OTEL_SERVICE_NAME", "overruled"),
        ("RUST_LOG", "warn"),
    ]);
    let resolved = resolve(&environment, &overrides).expect("the settings are right");
    assert_eq!(
        resolved.effective.choices(),
        "by code: service_name=shop, logs.schedule_delay=2s; by the environment: \
         OTEL_EXPORTER_OTLP_ENDPOINT=http://***@collector:4318, \
         OTEL_EXPORTER_OTLP_HEADERS=authorization=***, RUST_LOG=warn"
    );
    let untouched = resolve(&from(&[]), &Overrides::default()).expect("nothing is set");
    assert_eq!(untouched.effective.choices(), "all settings are defaults");
}

#[test]
fn every_variable_is_documented_with_its_setter() {
    let manual = include_str!("../../manual/environment.md");
    for row in table::rows() {
        let own = key::setter(row.key);
        let general = key::setter(row.general_key.unwrap_or(row.key));
        for name in row.variables {
            let line = manual.lines().find(|line| line.starts_with(&format!("| `{name}`")));
            let line = line.unwrap_or_else(|| panic!("{name} is not documented"));
            let is_general = row.general_key.is_some() && row.variables.first() != Some(name);
            let setter = if is_general { &general } else { &own };
            assert!(line.contains(&format!("`{setter}`")), "{name}: {setter} in {line}");
            if let Some(default) = row.default {
                assert!(line.contains(&format!("`{default}`")), "{name}: {default} in {line}");
            }
        }
    }
    for name in all_variables() {
        assert!(manual.contains(&format!("`{name}`")), "{name} is not documented");
    }
}
