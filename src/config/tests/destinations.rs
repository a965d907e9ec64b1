//! Where signals go.

use super::*;

#[test]
fn exporters_are_lists() {
    for (text, otlp, console) in
        [("otlp", true, false), ("none", false, false), ("console,OTLP", true, true)]
    {
        let exporters = resolved(&[("OTEL_TRACES_EXPORTER", text)]).settings.exporters;
        assert_eq!((exporters.traces.otlp.is_some(), exporters.traces.console), (otlp, console));
        assert!(exporters.logs.otlp.is_some());
    }
    let disabled = resolved(&[("OTEL_SDK_DISABLED", "true")]).settings.exporters;
    assert!(disabled.traces.otlp.is_none());
}

#[test]
fn a_compression_from_code_reaches_the_destination() {
    let mut overrides = Overrides::default();
    overrides.set(key::COMPRESSION, SettingValue::from(Compression::None));
    overrides.set(key::PROTOCOL, SettingValue::from(Protocol::Grpc));
    let environment = from(&[("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip")]);
    let settings = resolve(&environment, &overrides).expect("good").settings;
    let logs = settings.exporters.logs.otlp.expect("otlp is the default");
    assert_eq!((logs.compression, logs.protocol), (Compression::None, Protocol::Grpc));
    assert_eq!(logs.url, "http://localhost:4317/");
}

#[test]
fn an_endpoint_that_is_no_url_stops_the_start_unless_nobody_reads_it() {
    let (general, signal) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT");
    assert_eq!(
        refused(&[(general, "localhost:4318")]),
        "invalid `OTEL_EXPORTER_OTLP_ENDPOINT`: expected a URL such as `http://host:4318` or, for \
         gRPC, also `host:4317` without a scheme, got `localhost:4318`"
    );
    assert!(refused(&[(general, "http://h"), (signal, "bad")]).contains(signal));
    let off = resolved(&[(signal, "bad"), ("OTEL_LOGS_EXPORTER", "none")]);
    assert!(off.settings.exporters.logs.otlp.is_none());

    let mut overrides = Overrides::default();
    overrides.set(key::ENDPOINT, SettingValue::Text("nowhere".to_owned()));
    let error = resolve(&Environment::empty(), &overrides).expect_err("no URL").to_string();
    assert!(error.starts_with("invalid `TelemetryBuilder::endpoint`: "), "{error}");
}

#[test]
fn every_signal_finds_its_own_url() {
    let resolved = resolved(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:p@h:4318/base"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc"),
    ]);
    let exporters = &resolved.settings.exporters;
    let url =
        |otlp: &Option<crate::config::OtlpSettings>| otlp.as_ref().map(|otlp| otlp.url.to_string());
    assert_eq!(url(&exporters.traces.otlp).as_deref(), Some("http://h:4318/base/v1/traces"));
    assert_eq!(url(&exporters.logs.otlp).as_deref(), Some("http://logs/"));
    assert_eq!(url(&exporters.metrics.otlp).as_deref(), Some("http://h:4318/"));
    let traces = report(&resolved, "traces.endpoint");
    assert_eq!(traces.value, "http://h:4318/base/v1/traces");
    assert_eq!(traces.given.as_deref(), Some("http://***@h:4318/base"));
    assert_eq!(
        messages(&resolved),
        [
            "ignored the user information of `OTEL_EXPORTER_OTLP_ENDPOINT`: it is not sent",
            "ignored the path of `OTEL_EXPORTER_OTLP_ENDPOINT`: it is not sent",
            "`OTEL_EXPORTER_OTLP_ENDPOINT`: port 4318 usually takes OTLP/HTTP, but the protocol is \
             `grpc`; if exports fail, set the protocol to `http/protobuf`",
        ]
    );
}

#[cfg(not(feature = "_tls"))]
#[test]
fn https_without_tls_names_the_feature() {
    let error = refused(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://h")]);
    assert!(error.contains("`tls-ring`"), "{error}");
}

#[cfg(not(feature = "zstd"))]
#[test]
fn a_compression_that_is_not_built_in_sends_plain_bodies() {
    let resolved = resolved(&[("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd")]);
    assert_eq!(report(&resolved, "traces.compression").value, "none");
    assert!(messages(&resolved).concat().contains("the feature `zstd`"));
}
