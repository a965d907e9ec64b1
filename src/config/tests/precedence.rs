//! Which source wins.

use super::*;

#[test]
fn code_beats_the_signal_beats_the_general_beats_the_default() {
    let timeout = |pairs: Pairs<'_>, overrides: &Overrides| {
        let resolved = resolve(&from(pairs), overrides).expect("nothing is bad");
        let otlp = resolved.settings.exporters.traces.otlp.as_ref().expect("otlp is the default");
        let row = report(&resolved, "traces.timeout");
        (otlp.timeout.map(|timeout| timeout.as_millis()), row.origin, messages(&resolved).len())
    };
    let (general, signal) = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT");
    let none = Overrides::default();
    let mut general_code = Overrides::default();
    general_code.set(key::TIMEOUT, SettingValue::Duration(Duration::from_millis(4)));
    let mut signal_code = general_code.clone();
    signal_code.set("traces.timeout", SettingValue::Duration(Duration::from_millis(3)));

    let both: Pairs<'_> = &[(signal, "2"), (general, "1")];
    let from_signal = Origin::Variable(signal);
    let from_general = Origin::Variable(general);
    assert_eq!(timeout(&[], &none), (Some(10_000), Origin::Default, 0));
    assert_eq!(timeout(&[(general, "1")], &none), (Some(1), from_general, 0));
    assert_eq!(timeout(both, &none), (Some(2), from_signal, 0));
    assert_eq!(timeout(both, &general_code), (Some(4), Origin::Code, 0));
    assert_eq!(timeout(both, &signal_code), (Some(3), Origin::Code, 0));
    // Bad and empty values fall through, bad ones with a warning.
    assert_eq!(timeout(&[(signal, "x"), (general, "1")], &none), (Some(1), from_general, 1));
    assert_eq!(timeout(&[(signal, ""), (general, "1")], &none), (Some(1), from_general, 0));
    assert_eq!(
        timeout(&[(signal, "x"), (general, "y")], &none),
        (Some(10_000), Origin::Default, 2)
    );
    // No limit is a value like any other.
    assert_eq!(timeout(&[(signal, "0"), (general, "1")], &none), (None, from_signal, 0));
}

#[test]
fn code_passes_the_same_range_check() {
    let error = |key, value: SettingValue| {
        let mut overrides = Overrides::default();
        overrides.set(key, value);
        resolve(&Environment::empty(), &overrides).expect_err("out of range").to_string()
    };
    assert_eq!(
        error(key::QUEUE_BYTES, SettingValue::Integer(12)),
        "invalid `TelemetryBuilder::queue_bytes`: expected a size of at least `64KiB`, got `12B`"
    );
    assert_eq!(
        error(key::METRICS_INTERVAL, SettingValue::Duration(Duration::ZERO)),
        "invalid `TelemetryBuilder::metrics_interval`: expected whole milliseconds of at least \
         `1`, got `0s`"
    );
    assert_eq!(
        error(key::TRACE_FILTER, SettingValue::Text("info,a=b=c".to_owned())),
        "invalid `TelemetryBuilder::trace_filter`: expected filter directives such as \
         `info,hyper=warn`, got `a=b=c`"
    );
    assert_eq!(
        error(key::SERVICE_NAME, SettingValue::Text(String::new())),
        "invalid `TelemetryBuilder::service_name`: expected text in UTF-8 that is not empty, got ``"
    );
    let mut overrides = Overrides::default();
    overrides.set_sampler(Sampler::TraceIdRatio(f64::NAN));
    let error = resolve(&Environment::empty(), &overrides).expect_err("no ratio").to_string();
    assert_eq!(
        error,
        "invalid `TelemetryBuilder::sampler`: expected a number from `0` to `1`, got `NaN`"
    );
}

#[test]
fn a_bad_boolean_of_a_signal_is_false_and_not_the_general_one() {
    let resolved = resolved(&[
        ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
        ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", "yes"),
    ]);
    assert_eq!(report(&resolved, "traces.insecure").value, "false");
    assert_eq!(report(&resolved, "logs.insecure").value, "true");
}

#[test]
fn a_sampler_of_code_takes_no_argument_from_a_variable() {
    let mut overrides = Overrides::default();
    overrides.set_sampler(Sampler::TraceIdRatio(0.5));
    let environment = from(&[("OTEL_TRACES_SAMPLER_ARG", "0.1")]);
    let resolved = resolve(&environment, &overrides).expect("nothing is bad");
    assert_eq!(resolved.settings.sampler, Sampler::TraceIdRatio(0.5));
}

#[test]
fn the_name_from_code_beats_an_attribute_from_code() {
    let mut overrides = Overrides::default();
    overrides.add_pair(key::RESOURCE_ATTRIBUTES, "service.name".to_owned(), "attribute".to_owned());
    let attributes = |overrides: &Overrides| {
        let environment = from(&[("OTEL_SERVICE_NAME", "variable")]);
        resolve(&environment, overrides).expect("good").settings.resource.code_attributes
    };
    assert_eq!(attributes(&overrides), [("service.name".to_owned(), "attribute".to_owned())]);
    overrides.set(key::SERVICE_NAME, SettingValue::Text("setter".to_owned()));
    assert_eq!(attributes(&overrides), [("service.name".to_owned(), "setter".to_owned())]);
}

#[test]
fn headers_of_code_join_those_of_variables_name_by_name() {
    let environment = from(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "general=1"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-a=variable,x-b=variable"),
    ]);
    let mut overrides = Overrides::default();
    overrides.add_pair(key::HEADERS, "X-A".to_owned(), "general code".to_owned());
    overrides.add_pair(key::HEADERS, "x-c".to_owned(), "general code".to_owned());
    overrides.add_pair("traces.headers", "x-c".to_owned(), "code".to_owned());
    let resolved = resolve(&environment, &overrides).expect("good");
    let headers = |otlp: &Option<crate::config::OtlpSettings>| -> Vec<String> {
        let headers = otlp.iter().flat_map(|otlp| &otlp.headers);
        let text = |value: &http::HeaderValue| value.to_str().expect("ASCII").to_owned();
        headers.map(|(name, value)| format!("{name}={}", text(value))).collect()
    };
    let exporters = &resolved.settings.exporters;
    assert_eq!(headers(&exporters.traces.otlp), ["x-b=variable", "x-a=general code", "x-c=code"]);
    assert_eq!(
        headers(&exporters.logs.otlp),
        ["general=1", "x-a=general code", "x-c=general code"]
    );
    assert_eq!(report(&resolved, "traces.headers").value, "x-b=***,x-a=***,x-c=***");
}

#[test]
fn a_warning_belongs_to_the_rows_that_read_its_variable() {
    let resolved = resolved(&[
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "bad"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1"),
    ]);
    assert_eq!(report(&resolved, "traces.timeout").warning, None);
    assert!(report(&resolved, "logs.timeout").warning.is_some());
    assert_eq!(messages(&resolved).len(), 1);
}

#[test]
fn the_limit_of_spans_beats_the_one_of_all_attributes() {
    let limits = |pairs: Pairs<'_>| {
        let resolved = resolved(pairs);
        let (spans, logs) = (resolved.settings.span_limits, resolved.settings.log_limits);
        ([spans.attributes_max, logs.attributes_max], messages(&resolved).len())
    };
    let (all, of_spans) = ("OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT");
    assert_eq!(limits(&[]), ([128, 128], 0));
    assert_eq!(limits(&[(all, "7")]), ([7, 7], 0));
    assert_eq!(limits(&[(all, "7"), (of_spans, "0")]), ([0, 7], 0));
    assert_eq!(limits(&[(all, "7"), (of_spans, "-1")]), ([7, 7], 1));
    assert_eq!(limits(&[(all, "many")]), ([128, 128], 1));
}
