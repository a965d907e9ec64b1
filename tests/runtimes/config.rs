//! The settings in force, for people and programs, without what must stay secret.

use std::time::Duration;

use beacon::{Signal, Telemetry};

use crate::service::Service;

const SECRET: &str = "hunter2";

#[test]
fn no_secret_is_shown_by_anything() {
    let service = Service::start_with(|builder| {
        builder
            .endpoint(format!("http://user:{SECRET}@127.0.0.1:1/?key={SECRET}"))
            .header("authorization", format!("Bearer {SECRET}"))
            .signal_header(Signal::Logs, "x-token", SECRET)
            .shutdown_timeout(Duration::from_millis(1))
    });
    let telemetry = &service.telemetry;
    let config = telemetry.effective_config();
    let json = serde_json::to_string(config).expect("it serializes");
    let said = service.said.lock().expect("no panic");
    let shown = [
        json,
        config.to_string(),
        format!("{config:?}"),
        format!("{telemetry:?}"),
        format!("{said:?}"),
    ];
    for text in shown {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn settings_in_json_have_key_value_and_origin() {
    let service = Service::start_with(|builder| {
        builder.service_name("checkout").shutdown_timeout(Duration::from_millis(1))
    });
    let json = serde_json::to_value(service.telemetry.effective_config()).expect("it serializes");
    let settings = json["settings"].as_array().expect("a list");
    let name = settings.iter().find(|setting| setting["key"] == "service_name").expect("is set");
    assert_eq!(name["value"], "checkout");
    assert_eq!(name["origin"], "code");
}

#[test]
fn a_builder_shows_no_secret_either() {
    let builder = Telemetry::builder().header("authorization", SECRET);
    assert!(!format!("{builder:?}").contains(SECRET));
}
