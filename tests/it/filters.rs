//! Filters of logs and of spans, and how they change while a service runs.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::testing::ManualClock;
use beacon::{InitError, Telemetry};
use tracing::dispatcher::with_default;
use tracing::{Dispatch, debug, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::{Service, eventually};

const TEN_MINUTES: Duration = Duration::from_mins(10);

/// Waits until the timer of a change for a while has been set.
fn await_timer(clock: &ManualClock, what: &str) {
    eventually(what, || clock.next_wake_up().is_some());
}

#[test]
fn no_log_level_removes_a_span() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector).set("RUST_LOG", "error").start();
    service.run(|| {
        info_span!("outer").in_scope(|| {
            info_span!("inner").in_scope(|| {
                info!("not wanted");
                error!("wanted");
            });
        });
    });
    service.telemetry.shutdown_blocking().expect("the collector works");
    let names: BTreeSet<_> = collector.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["inner", "outer"].map(str::to_owned).into());
    assert_eq!(collector.logs().len(), 1);
}

#[test]
fn a_span_that_is_filtered_out_leaves_no_dangling_ids() {
    let collector = Collector::start().expect("a collector starts");
    let folder = std::env::temp_dir().join(format!("beacon-dangling-{}", std::process::id()));
    let path = folder.join("app.log");
    let service = Service::builder(&collector)
        .set("BEACON_TRACE", "info,muted=off")
        .set("BEACON_LOG", "debug")
        .set("BEACON_LOG_FILE", path.display())
        .start();
    service.run(|| {
        info_span!(target: "muted", "root").in_scope(|| info!("no span"));
        info_span!("seen").in_scope(|| {
            info_span!(target: "muted", "unseen").in_scope(|| {
                info!("in seen");
                info_span!("deep").in_scope(|| debug!("in deep"));
            });
        });
    });
    service.telemetry.shutdown_blocking().expect("the collector works");
    let spans = collector.spans();
    let id_of = |name: &str| {
        let span = spans.iter().find(|span| span.name == name).expect("it arrived");
        (span.trace_id.clone(), span.span_id.clone())
    };
    let none = (String::new(), String::new());
    let expected = [("no span", none), ("in seen", id_of("seen")), ("in deep", id_of("deep"))];
    assert_eq!(spans.len(), 2);
    let text = fs::read_to_string(&path).expect("it was written");
    fs::remove_dir_all(&folder).expect("it is ours");
    for (body, ids) in expected {
        let line = text.lines().find(|line| line.contains(body)).expect("it is there");
        let line: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
        let id = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        assert_eq!((id("trace_id"), id("span_id")), ids, "{body}");
        let logs = collector.logs();
        let log = logs.into_iter().find(|log| log.body == body).expect("it arrived");
        assert_eq!((log.trace_id, log.span_id), ids, "{body}");
    }
    let deep = spans.iter().find(|span| span.name == "deep").expect("it arrived");
    assert_eq!(deep.parent_span_id, id_of("seen").1);
}

#[test]
fn a_change_for_a_while_goes_back_by_itself() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service = Service::builder(&collector).clock(&clock).start();
    let telemetry = &service.telemetry;
    let record = |message: &str| service.run(|| debug!("{message}"));

    record("before");
    let old = telemetry.set_log_filter_for("debug", TEN_MINUTES).expect("it is right");
    assert_eq!((old.as_str(), telemetry.log_filter().as_str()), ("info", "debug"));
    record("meanwhile");
    eventually("the filter goes back", || {
        // Other things wait for the clock too, so it goes on until the time is over.
        clock.advance(Duration::from_mins(1));
        telemetry.log_filter() == "info"
    });
    assert!(clock.elapsed() >= TEN_MINUTES);
    record("after");
    telemetry.shutdown_blocking().expect("the collector works");
    let bodies: Vec<_> = collector.logs().into_iter().map(|log| log.body.to_string()).collect();
    assert_eq!(bodies, ["meanwhile"]);
}

#[test]
fn of_several_changes_the_last_one_counts() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service = Service::builder(&collector).clock(&clock).start();
    let telemetry = &service.telemetry;
    let minutes = |minutes| Duration::from_mins(minutes);

    // Another one for a while goes back to what held for good, at its own time.
    telemetry.set_log_filter_for("debug", minutes(10)).expect("it is right");
    let old = telemetry.set_log_filter_for("trace", minutes(30)).expect("it is right");
    assert_eq!(old, "debug");
    await_timer(&clock, "the timer is set");
    eventually("the filter goes back", || {
        clock.advance(minutes(1));
        telemetry.log_filter() != "trace"
    });
    assert_eq!(telemetry.log_filter(), "info");
    assert!(clock.elapsed() >= minutes(30));

    // One for good ends it.
    telemetry.set_log_filter_for("debug", minutes(10)).expect("it is right");
    telemetry.set_log_filter("warn").expect("it is right");
    // A later one would go back after the earlier one's time.
    telemetry.set_log_filter_for("trace", minutes(20)).expect("it is right");
    eventually("the filter goes back", || {
        clock.advance(minutes(1));
        telemetry.log_filter() != "trace"
    });
    assert_eq!(telemetry.log_filter(), "warn");
}

#[test]
fn filters_of_spans_change_too() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector).start();
    let record = || service.run(|| info_span!("work").in_scope(|| info!("done")));
    record();
    assert_eq!(service.telemetry.set_trace_filter("off").expect("it is right"), "info");
    record();
    assert_eq!(service.telemetry.trace_filter(), "off");
    let report = service.telemetry.shutdown_blocking().expect("the collector works");
    assert_eq!((report.traces.delivered, report.logs.delivered), (1, 2));
}

#[test]
fn disabled_telemetry_only_checks_directives() {
    let environment = Environment::from_iter([("OTEL_SDK_DISABLED", "true")]);
    let telemetry = Telemetry::builder().environment(environment).build().expect("it is right");
    assert!(telemetry.set_log_filter("shop=loud").is_err());
    assert_eq!(telemetry.set_log_filter_for("debug", TEN_MINUTES).expect("it is right"), "info");
    assert_eq!(telemetry.log_filter(), "info");
}

#[test]
fn a_change_for_a_while_needs_no_export() {
    let folder = std::env::temp_dir().join(format!("beacon-filters-{}", std::process::id()));
    let none =
        ["TRACES", "METRICS", "LOGS"].map(|signal| (format!("OTEL_{signal}_EXPORTER"), "none"));
    let disabled = ("OTEL_SDK_DISABLED".to_owned(), "true");
    for (name, variables) in [("disabled", vec![disabled]), ("none", none.to_vec())] {
        let path = folder.join(name);
        let clock = ManualClock::new();
        let telemetry = Telemetry::builder()
            .environment(Environment::from_iter(variables))
            .diagnostics_off_stderr()
            .log_file(path.to_string_lossy())
            .manual_clock(clock.clone())
            .build()
            .expect("it is right");
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        let dispatch = Dispatch::new(subscriber);
        let record = |message: &str| with_default(&dispatch, || debug!("{message}"));
        record("before");
        assert_eq!(
            telemetry.set_log_filter_for("debug", TEN_MINUTES).expect("it is right"),
            "info"
        );
        record("meanwhile");
        eventually("the filter goes back", || {
            clock.advance(Duration::from_mins(1));
            telemetry.log_filter() == "info"
        });
        assert!(clock.elapsed() >= TEN_MINUTES, "{name}");
        record("after");
        assert_eq!(telemetry.set_log_filter("trace").expect("it is right"), "info");
        record("later");
        telemetry.shutdown_blocking().expect("nothing is held");
        let text = fs::read_to_string(&path).expect("it was written");
        let found = ["before", "meanwhile", "after", "later"].map(|word| text.contains(word));
        assert_eq!(found, [false, true, false, true], "{name}: {text}");
    }
    fs::remove_dir_all(&folder).expect("it is ours");
}

#[test]
fn a_filter_file_beats_the_other_settings_and_must_be_good() {
    let folder = std::env::temp_dir().join(format!("beacon-filter-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the test");
    let path = folder.join("filter");
    let start = || {
        let path = path.to_string_lossy().into_owned();
        let variables = [("BEACON_LOG", "warn"), ("OTEL_LOGS_EXPORTER", "none")];
        let telemetry = Telemetry::builder()
            .environment(Environment::from_iter(variables))
            .diagnostics_off_stderr()
            .log_filter_file(path)
            .shutdown_timeout(Duration::from_millis(1));
        telemetry.build().map(|telemetry| telemetry.log_filter())
    };
    assert_eq!(start().expect("it may come later"), "warn");
    fs::write(&path, "# for the night\n info\n\nshop=debug, cart=trace\n").expect("it is ours");
    assert_eq!(start().expect("it is good"), "info,shop=debug,cart=trace");
    for (text, reason) in [
        ("info\nshop=loud", "got `shop=loud`"),
        ("# nothing", "got ``"),
        (&"a".repeat(70_000), "no regular file"),
    ] {
        fs::write(&path, text).expect("it is ours");
        let error = start().expect_err("it is bad");
        assert!(matches!(error, InitError::InvalidSetting { .. }), "{error}");
        let message = error.to_string();
        assert!(message.starts_with("invalid `TelemetryBuilder::log_filter_file`"), "{message}");
        assert!(message.contains(reason), "{message}");
    }
    fs::remove_dir_all(&folder).expect("it is ours");
}
