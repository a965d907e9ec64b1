//! The test kit, used as a service would use it.

use std::sync::{Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use beacon::collector::{AttributeValue, ReceivedMetricValue};
use beacon::config::{Environment, Sampler};
use beacon::testing::{
    CapturedMetric, CapturedTraces, ManualClock, SpanTree, TestError, TestTelemetry,
};
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use tracing::instrument::WithSubscriber as _;
use tracing::{Instrument as _, Level, debug, error, info, info_span, trace, trace_span, warn};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

type TestResult = Result<(), TestError>;

/// The message of a check that failed, without the place.
fn message<T: std::fmt::Debug>(result: Result<T, TestError>) -> String {
    let text = match result {
        Ok(value) => return format!("no error but {value:?}"),
        Err(error) => error.to_string(),
    };
    match text.split_once(": ") {
        Some((place, message)) if place.starts_with("tests/testing.rs:") => message.to_owned(),
        _ => format!("does not name the line of the test: {text}"),
    }
}

#[test]
fn spans_logs_and_attributes_come_back_as_a_tree() -> TestResult {
    let test = TestTelemetry::start()?;
    test.with(|| {
        let _order = info_span!("order", id = 7, user = "Ada").entered();
        info!(items = 3, "cart loaded");
        info_span!("pay", otel.kind = "client").in_scope(|| error!("card refused"));
        info_span!("ship").in_scope(|| info_span!("label").in_scope(|| {}));
    });

    let order = test.span("order")?;
    assert_eq!(order.attribute("id")?, &7_i64);
    assert_eq!(order.attribute("user")?, "Ada");
    assert!(!order.has_error());
    assert_eq!(order.log("cart loaded")?.attribute("items"), Some(&AttributeValue::Int(3)));
    let children: Vec<String> = order.children().iter().map(|c| c.name().to_owned()).collect();
    assert_eq!(children, ["pay", "ship"]);
    assert!(order.child("pay")?.has_error());
    assert_eq!(order.descendant("label")?.span().trace_id, order.span().trace_id);
    assert_eq!(test.roots()?.len(), 1);
    Ok(())
}

#[test]
fn the_text_of_everything_is_the_same_in_every_run() -> TestResult {
    let expected = r#"
        trace-1
          GET /orders/{id} (server) {b=[1.0, 2.5], id="7", note="two words", ratio=1.0, z=true} error: no "luck"
            ~ producer {why=batch}
            - DEBUG a\nb {n=-1}
            - WARN [order.late] {by=5s}
            inner ok
              - ERROR broke {exception.message=oh, exception.type=std::io::Error}
        trace-2
          producer
        without a span
          - INFO alone
    "#;
    for _ in 0..3 {
        let test = TestTelemetry::start()?;
        test.with(|| {
            let producer;
            let outer = info_span!(
                "outer",
                otel.name = "GET /orders/{id}",
                otel.kind = "server",
                z = true,
                id = "7",
                note = "two words",
                ratio = 1.0,
                otel.status_code = "error",
                otel.status_description = "no \"luck\""
            );
            outer.set_attribute("b", opentelemetry::Value::Array(vec![1.0, 2.5].into()));
            {
                let _outer = outer.enter();
                debug!(n = -1, "a\nb");
                warn!(name: "order.late", by = "5s");
                let failure = std::io::Error::other("oh");
                info_span!("inner", otel.status_code = "ok")
                    .in_scope(|| error!(error = &failure as &dyn std::error::Error, "broke"));
            }
            producer = info_span!(parent: None, "producer");
            let target = producer.context();
            let target =
                opentelemetry::trace::TraceContextExt::span(&target).span_context().clone();
            outer.add_link_with_attributes(target, vec![KeyValue::new("why", "batch")]);
            drop(producer);
            info!(parent: None, "alone");
        });
        test.check(expected)?;
    }
    Ok(())
}

#[test]
fn what_differs_between_runs_can_be_masked_and_ordered() -> TestResult {
    let test = TestTelemetry::start()?;
    test.with(|| {
        for (job, port) in [("c", 3), ("a", 1), ("b", 2)] {
            let _job = info_span!("job", job, port).entered();
            info_span!("z").in_scope(|| {});
            info_span!("y").in_scope(|| info!(port, "second"));
            info!("first");
        }
    });
    test.traces()?.mask("port").in_order_of_text().check(
        "
        trace-1
          job {job=a, port=_}
            - INFO first
            y
              - INFO second {port=_}
            z
        trace-2
          job {job=b, port=_}
            - INFO first
            y
              - INFO second {port=_}
            z
        trace-3
          job {job=c, port=_}
            - INFO first
            y
              - INFO second {port=_}
            z
        ",
    )
}

#[test]
fn a_difference_shows_both_texts() -> TestResult {
    let test = TestTelemetry::start()?;
    test.with(|| info_span!("a").in_scope(|| info_span!("b", n = 1).in_scope(|| info!("hi"))));
    let wrong = test.check(
        "
        trace-1
          a
            b
              - INFO hi
        ",
    );
    let expected = "the traces differ; - expected, + captured:\n  trace-1\n    a\n-     b\n+     b \
                    {n=1}\n        - INFO hi\n";
    assert_eq!(message(wrong), expected);
    Ok(())
}

#[test]
fn a_missing_span_is_answered_with_what_was_there() -> TestResult {
    let test = TestTelemetry::start()?;
    assert_eq!(message(test.span("a")), "no span is named `a`; nothing was captured");
    assert_eq!(message(test.log("a")), "0 log records say `a`, expected 1; there are none");
    test.check("")?;

    test.with(|| {
        for _ in 0..2 {
            info_span!("twice", k = 1).in_scope(|| info!("again"));
        }
    });
    let all =
        "trace-1\n  twice {k=1}\n    - INFO again\ntrace-2\n  twice {k=1}\n    - INFO again\n";
    let cases = [
        (message(test.span("once")), format!("no span is named `once`; captured:\n{all}")),
        (
            message(test.span("twice")),
            format!("2 spans instead of 1 are named `twice`; captured:\n{all}"),
        ),
        (
            message(test.log("again")),
            "2 log records say `again`, expected 1; there are:\n  - INFO again\n  - INFO again"
                .to_owned(),
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
    let twice = &test.traces()?.spans("twice")[0];
    let tree = "  twice {k=1}\n    - INFO again\n";
    let cases = [
        (
            message(twice.child("x")),
            format!("the span `twice` has 0 instead of 1 child named `x`:\n{tree}"),
        ),
        (
            message(twice.descendant("x")),
            format!("the span `twice` has 0 instead of 1 descendant named `x`:\n{tree}"),
        ),
        (
            message(twice.attribute("x").cloned()),
            "the span has no attribute `x`:\n  twice {k=1}".to_owned(),
        ),
        (
            message(twice.log("x").cloned()),
            "0 log records in the span `twice` say `x`, expected 1; there are:\n  - INFO again"
                .to_owned(),
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
    Ok(())
}

#[test]
fn a_span_that_has_not_ended_is_counted_in_the_message() -> TestResult {
    let test = TestTelemetry::start()?;
    let _entered = test.enter();
    let open = info_span!("open");
    open.in_scope(|| info_span!("child").in_scope(|| info!("in the child")));
    open.in_scope(|| info!("in the open span"));

    let hint = "(1 span had not ended yet: it is captured when it ends)";
    let captured = "trace-1\n  child\n    - INFO in the child\nin a span not captured\n  - INFO in the \
                open span\n";
    assert_eq!(
        message(test.span("open")),
        format!("no span is named `open` {hint}; captured:\n{captured}")
    );
    drop(open);
    assert_eq!(test.span("open")?.children().len(), 1);
    assert_eq!(message(test.span("x")).matches("ended").count(), 0);
    Ok(())
}

#[test]
fn errors_read_well_when_they_are_unwrapped() {
    let wrong = TestTelemetry::start_with(|builder| builder.log_filter("no=such=level"));
    let error = wrong.expect_err("the filter means nothing");
    let text = format!("{error:?}");
    assert!(text.starts_with("tests/testing.rs:"), "{text}");
    assert!(text.contains(": cannot start telemetry\n  caused by: invalid `"), "{text}");
    assert_eq!(error.location().file(), "tests/testing.rs");
}

#[test]
fn two_kits_do_not_see_each_other() -> TestResult {
    let (one, two) = (TestTelemetry::start()?, TestTelemetry::start()?);
    one.with(|| {
        let _one = info_span!("one").entered();
        two.with(|| info_span!("two").in_scope(|| info!("inner")));
        info!("outer");
    });
    one.check("trace-1\n  one\n    - INFO outer\n")?;
    two.check("trace-1\n  two\n    - INFO inner\n")?;
    let two = two.span("two")?;
    assert!(two.span().is_root(), "what surrounds the scope is no parent");
    assert_ne!(two.span().trace_id, one.span("one")?.span().trace_id);
    Ok(())
}

#[test]
fn nothing_is_captured_outside_of_the_scope() -> TestResult {
    let test = TestTelemetry::start()?;
    info_span!("before").in_scope(|| info!("before"));
    let entered = test.enter();
    info!("inside");
    drop(entered);
    info!("after");
    test.check("without a span\n  - INFO inside\n")
}

#[test]
fn work_on_other_threads_is_captured() -> TestResult {
    let test = TestTelemetry::start()?;
    let parent = test.with(|| info_span!("parent"));
    thread::scope(|scope| {
        for name in ["a", "b"] {
            let (test, parent) = (&test, parent.clone());
            scope.spawn(move || {
                test.with(|| info_span!(parent: &parent, "work", name).in_scope(|| {}));
            });
        }
    });
    drop(parent);
    let traces = test.traces()?.in_order_of_text();
    traces.check("trace-1\n  parent\n    work {name=a}\n    work {name=b}\n")
}

#[tokio::test]
async fn entering_covers_the_tasks_of_a_current_thread_runtime() -> TestResult {
    let test = TestTelemetry::start()?;
    let _entered = test.enter();
    #[expect(clippy::disallowed_methods, reason = "the kit is what is tested")]
    let task = tokio::spawn(
        async {
            tokio::task::yield_now().await;
            info!("in the task");
        }
        .instrument(info_span!("task")),
    );
    task.await.expect("the task ends");
    test.check("trace-1\n  task\n    - INFO in the task\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_future_is_captured_with_the_tasks_it_spawns() -> TestResult {
    let test = TestTelemetry::start()?;
    let work = async {
        #[expect(clippy::disallowed_methods, reason = "the kit is what is tested")]
        let task = tokio::spawn(
            async {
                tokio::task::yield_now().await;
                info!("in the task");
            }
            .instrument(info_span!("task"))
            .with_current_subscriber(),
        );
        task.await.expect("the task ends");
    };
    #[expect(clippy::disallowed_methods, reason = "the kit is what is tested")]
    tokio::spawn(test.capture(work)).await.expect("it ends");
    test.check("trace-1\n  task\n    - INFO in the task\n")
}

#[tokio::test]
async fn a_future_that_is_dropped_half_way_is_captured_to_the_end() -> TestResult {
    struct SaysGoodbye;
    impl Drop for SaysGoodbye {
        fn drop(&mut self) {
            warn!("canceled");
        }
    }
    let test = TestTelemetry::start()?;
    let work = test.capture(async {
        let _goodbye = SaysGoodbye;
        std::future::pending::<()>().await;
    });
    tokio::select! {
        biased;
        () = work => {}
        () = tokio::task::yield_now() => {}
    }
    test.check("without a span\n  - WARN canceled\n")
}

#[test]
fn metrics_are_found_by_name_and_attributes() -> TestResult {
    let test = TestTelemetry::start()?;
    let meter = test.meter("shop");
    let orders = meter.u64_counter("shop.orders").build();
    orders.add(2, &[KeyValue::new("channel", "web"), KeyValue::new("code", 200)]);
    orders.add(1, &[KeyValue::new("channel", "app"), KeyValue::new("code", 200)]);
    meter.f64_histogram("shop.duration").build().record(0.5, &[]);
    assert_eq!(test.metric_names()?, ["shop.duration", "shop.orders"]);

    orders.add(1, &[KeyValue::new("channel", "app"), KeyValue::new("code", 200)]);
    let metric = test.metric("shop.orders")?;
    assert_eq!(metric.points().len(), 2);
    assert_eq!(metric.value(&[("channel", "web")])?, &ReceivedMetricValue::Int(2));
    assert_eq!(metric.value(&[("channel", "app"), ("code", "200")])?.as_i64(), Some(2));
    let series =
        "  shop.orders {channel=app, code=200} 2\n  shop.orders {channel=web, code=200} 2\n";
    assert_eq!(metric.to_string(), series);
    assert_eq!(
        message(metric.value(&[("code", "200")]).cloned()),
        format!("2 series of `shop.orders` instead of 1 have {{code=200}}; captured:\n{series}")
    );
    assert_eq!(test.metric("shop.duration")?.to_string(), "  shop.duration {} 1 values, sum 0.5\n");
    assert_eq!(
        message(test.metric("shop.order")),
        "no metric is named `shop.order`; captured: [shop.duration, shop.orders]"
    );
    Ok(())
}

#[test]
fn clearing_forgets_spans_and_logs_but_not_sums() -> TestResult {
    let test = TestTelemetry::start()?;
    let counter = test.meter("m").u64_counter("c").build();
    counter.add(1, &[]);
    test.with(|| info_span!("setup").in_scope(|| info!("setup")));
    test.clear()?;
    counter.add(1, &[]);
    test.with(|| info_span!("act").in_scope(|| {}));
    test.check("trace-1\n  act\n")?;
    assert_eq!(test.metric("c")?.value(&[])?.as_i64(), Some(2));
    Ok(())
}

#[test]
fn settings_are_those_of_a_service() -> TestResult {
    let variables = Environment::from_iter([("OTEL_SERVICE_NAME", "shop"), ("BEACON_LOG", "warn")]);
    let test =
        TestTelemetry::start_with(|builder| builder.environment(variables).trace_filter("info"))?;
    test.with(|| {
        trace_span!("too fine").in_scope(|| {});
        info_span!("seen").in_scope(|| info!("the builder's own filter beats the variable"));
    });
    let seen = test.span("seen")?;
    let resource = &seen.span().resource;
    assert_eq!(resource.attribute("service.name").map(ToString::to_string), Some("shop".into()));
    assert_eq!(test.roots()?.len(), 1);
    Ok(())
}

#[test]
fn a_clock_that_stands_still_stops_nothing() -> TestResult {
    let clock = ManualClock::new();
    let test = TestTelemetry::start_with(|builder| builder.manual_clock(clock.clone()))?;
    test.with(|| info!("first"));
    let first = test.log("first")?;
    clock.advance(Duration::from_secs(1));
    test.with(|| info!("second"));
    let second = test.log("second")?;
    assert_eq!(first.time_unix_nanos, 1_577_836_800_000_000_000);
    assert_eq!(second.time_unix_nanos, 1_577_836_801_000_000_000);
    Ok(())
}

#[test]
fn a_remote_parent_is_a_root_here() -> TestResult {
    let test = TestTelemetry::start()?;
    let remote = SpanContext::new(
        TraceId::from(7),
        SpanId::from(7),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    );
    let remote = opentelemetry::trace::TraceContextExt::with_remote_span_context(
        &opentelemetry::Context::new(),
        remote,
    );
    test.with(|| {
        let span = info_span!("handle");
        span.set_parent(remote).expect("the span has not started");
        span.in_scope(|| info!("hi"));
    });
    test.check("trace-1\n  handle\n    - INFO hi\n")?;
    assert_eq!(test.span("handle")?.span().trace_id, format!("{:032x}", 7));
    Ok(())
}

#[test]
fn a_very_deep_tree_is_no_problem() -> TestResult {
    const DEPTH: usize = 3_000;
    let test = TestTelemetry::start()?;
    test.with(|| {
        let mut spans = vec![info_span!("level")];
        for _ in 1..DEPTH {
            let next = info_span!(parent: spans.last().expect("one is there"), "level");
            spans.push(next);
        }
        while let Some(innermost) = spans.pop() {
            drop(innermost);
        }
    });
    let roots = test.roots()?;
    assert_eq!(roots.len(), 1);
    assert_eq!(roots[0].descendants().len(), DEPTH - 1);
    assert_eq!(test.traces()?.in_order_of_text().to_string().lines().count(), DEPTH + 1);
    Ok(())
}

#[test]
fn what_the_limits_cut_off_is_said() -> TestResult {
    let test = TestTelemetry::start()?;
    test.with(|| {
        let span = info_span!("span").entered();
        for number in 0..130 {
            span.set_attribute(format!("key{number}"), number);
        }
    });
    let line = test.span("span")?.to_string();
    assert!(line.ends_with("} (without 2 attributes)\n"), "{line}");
    Ok(())
}

#[test]
fn a_trace_that_is_not_sampled_is_not_captured() -> TestResult {
    let test = TestTelemetry::start_with(|builder| builder.sampler(Sampler::AlwaysOff))?;
    test.with(|| info_span!("span").in_scope(|| info!("log")));
    test.check("in a span not captured\n  - INFO log\n")
}

#[test]
fn what_was_lost_fails_the_test_that_reads() -> TestResult {
    let test = TestTelemetry::start_with(|builder| builder.request_bytes(1024))?;
    test.with(|| info!(text = "x".repeat(4096), "larger than a request may be"));
    for found in [
        message(test.traces()),
        message(test.span("any")),
        message(test.check("")),
        message(test.logs()),
        message(test.metric("any")),
        message(test.clear()),
    ] {
        assert!(found.starts_with("not everything was captured: "), "{found}");
        assert!(found.contains("too_large"), "{found}");
    }
    Ok(())
}

#[test]
fn a_callback_that_hangs_fails_the_test_that_reads() -> TestResult {
    let test =
        TestTelemetry::start_with(|builder| builder.shutdown_timeout(Duration::from_millis(100)))?;
    let (release, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let meter = test.meter("oven");
    let gauge = meter.i64_observable_gauge("oven.temperature");
    let _gauge = gauge
        .with_callback(move |_| {
            // Ends with an error when the test lets go.
            held.lock().expect("nobody panics").recv().expect_err("nothing is sent");
        })
        .build();
    let first = message(test.metric("oven.temperature"));
    // By now beacon has noticed what is wrong.
    let second = message(test.metric("oven.temperature"));
    drop(release);
    assert_eq!(first, "not everything was captured");
    assert!(second.contains("\n  beacon WARN: no metrics are collected"), "{second}");
    Ok(())
}

#[test]
fn a_kit_is_shared_by_threads() {
    const fn check<T: Send + Sync + 'static>() {}
    check::<TestTelemetry>();
    check::<TestError>();
    check::<CapturedTraces>();
    check::<SpanTree>();
    check::<CapturedMetric>();
}

fn say_at_every_level() {
    trace!("trace");
    debug!("debug");
    info!("info");
    warn!("warn");
    error!("error");
}

#[test]
fn fifty_tests_with_different_levels_do_not_disturb_each_other() {
    let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
    let start = Barrier::new(60);
    thread::scope(|scope| {
        // Threads without a subscriber are the first to reach the call-sites.
        for _ in 0..10 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..100 {
                    say_at_every_level();
                }
            });
        }
        for number in 0..50 {
            let (start, level) = (&start, levels[number % levels.len()]);
            scope.spawn(move || {
                start.wait();
                for _ in 0..2 {
                    let filter = level.to_string();
                    let test = TestTelemetry::start_with(|builder| builder.log_filter(filter));
                    let test = test.expect("it starts");
                    test.with(say_at_every_level);
                    let found: Vec<String> = test
                        .logs()
                        .expect("all arrive")
                        .iter()
                        .map(|l| l.body.to_string())
                        .collect();
                    let all = ["trace", "debug", "info", "warn", "error"];
                    let skipped = levels.iter().position(|own| *own == level).expect("is there");
                    assert_eq!(found, all[skipped..], "at {level}");
                }
            });
        }
    });
}
