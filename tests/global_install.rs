//! Installation: once per process, all or nothing. Each case runs in a process of its own.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]

mod child;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use beacon::collector::{Collector, ReceivedMetricValue};
use beacon::config::Environment;
use beacon::opentelemetry::global;
use beacon::opentelemetry::trace::{Span as _, Tracer as _};
use beacon::{InitError, Telemetry, TelemetryBuilder};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, info, info_span};

use crate::child::{beacon_threads, run, wait_until};

#[test]
fn a_second_install_names_the_first() {
    run("a_second_install_names_the_first", &[], || {
        let collector = Collector::start().expect("a collector starts");
        let line = line!() + 1;
        let telemetry = builder(&collector).install().expect("the first");
        let check = |error: InitError| {
            let place = format!("{}:{line}:45", file!());
            let expected = format!("telemetry is already installed, by the call at {place}");
            assert_eq!(error.to_string(), expected);
        };
        check(builder(&collector).install().expect_err("the second"));
        check(beacon::init_telemetry().expect_err("the third"));
        // The first is not disturbed, and its end does not make room for another.
        info_span!("work").in_scope(|| {});
        let report = telemetry.shutdown_blocking().expect("the collector works");
        assert_eq!(report.traces.delivered, 1);
        check(builder(&collector).install().expect_err("after the shutdown"));
        wait_until("no thread is left", || beacon_threads().is_empty());
    });
}

#[test]
fn of_many_that_install_at_once_one_succeeds() {
    const CALLERS: usize = 8;
    run("of_many_that_install_at_once_one_succeeds", &[], || {
        let collector = Collector::start().expect("a collector starts");
        let together = Barrier::new(CALLERS);
        let line = line!() + 3;
        let install = || {
            together.wait();
            builder(&collector).install()
        };
        let outcomes: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(install)).collect();
            callers.into_iter().map(|caller| caller.join().expect("no panic")).collect()
        });
        let (installed, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(installed.len(), 1);
        for error in refused {
            let error = error.expect_err("was refused");
            assert!(error.to_string().contains(&format!("{}:{line}:", file!())), "{error}");
        }
        // A thread takes its name when it begins to run.
        wait_until("six threads run", || beacon_threads().len() == 6);
    });
}

#[test]
fn a_foreign_subscriber_stays_and_nothing_is_half_installed() {
    run("a_foreign_subscriber_stays_and_nothing_is_half_installed", &[], || {
        let seen = Arc::new(AtomicUsize::new(0));
        let foreign = CountingSubscriber(Arc::clone(&seen));
        tracing::subscriber::set_global_default(foreign).expect("it is the first");
        let collector = Collector::start().expect("a collector starts");
        let said = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..2 {
            let said = Arc::clone(&said);
            let builder = builder(&collector).diagnostic_hook(move |diagnostic| {
                said.lock().expect("no panic").push(diagnostic.to_string());
            });
            let error = builder.install().expect_err("another subscriber is there");
            assert!(matches!(error, InitError::ForeignSubscriber), "{error}");
            wait_until("no thread is left", || beacon_threads().is_empty());
        }
        assert_eq!(*said.lock().expect("no panic"), [""; 0], "nothing was started");
        seen.store(0, Ordering::Relaxed);
        info!("for the foreign one");
        assert_eq!(seen.load(Ordering::Relaxed), 1);
        assert!(!global::tracer("test").start("span").span_context().is_valid());
        assert!(propagated_fields().is_empty());
        // What the error advises.
        let telemetry = builder(&collector).build().expect("it needs no globals");
        telemetry.shutdown_blocking().expect("the collector works");
    });
}

#[test]
fn to_build_touches_no_global() {
    run("to_build_touches_no_global", &[], || {
        let collector = Collector::start().expect("a collector starts");
        let built = [(); 2].map(|()| builder(&collector).build().expect("it needs no globals"));
        assert!(!tracing::dispatcher::has_been_set());
        assert!(!global::tracer("test").start("span").span_context().is_valid());
        assert!(propagated_fields().is_empty());
        global::meter("test").u64_counter("orders").build().add(3, &[]);
        info_span!("of nobody").in_scope(|| info!("to nobody"));
        for telemetry in built {
            let report = telemetry.shutdown_blocking().expect("the collector works");
            assert_eq!((report.traces.emitted, report.logs.emitted), (0, 0));
        }
        assert!(collector.metric_points("orders").is_empty());
        let telemetry = builder(&collector).install().expect("nothing stands in the way");
        telemetry.shutdown_blocking().expect("the collector works");
    });
}

#[test]
fn a_subscriber_of_one_thread_is_no_foreign_one() {
    run("a_subscriber_of_one_thread_is_no_foreign_one", &[], || {
        let scoped = CountingSubscriber(Arc::default());
        tracing::subscriber::with_default(scoped, || info!("for the scoped one"));
        let collector = Collector::start().expect("a collector starts");
        let telemetry = builder(&collector).install().expect("no other is global");
        info_span!("work").in_scope(|| {});
        let report = telemetry.shutdown_blocking().expect("the collector works");
        assert_eq!(report.traces.delivered, 1);
    });
}

#[test]
fn a_wrong_setting_leaves_room_for_a_right_one() {
    run("a_wrong_setting_leaves_room_for_a_right_one", &[], || {
        let collector = Collector::start().expect("a collector starts");
        let wrong: [fn(TelemetryBuilder) -> TelemetryBuilder; 4] = [
            |builder| builder.endpoint("no url"),
            |builder| builder.queue_bytes(1),
            |builder| builder.log_filter("=="),
            |builder| builder.environment(Environment::from_iter([("BEACON_QUEUE_BYTES", "?")])),
        ];
        for make_wrong in wrong {
            let error = make_wrong(builder(&collector)).install().expect_err("it is wrong");
            assert!(matches!(error, InitError::InvalidSetting { .. }), "{error}");
            wait_until("no thread is left", || beacon_threads().is_empty());
            assert!(!tracing::dispatcher::has_been_set());
        }
        let telemetry = builder(&collector).install().expect("it is right");
        info_span!("work").in_scope(|| {});
        let report = telemetry.shutdown_blocking().expect("the collector works");
        assert_eq!(report.traces.delivered, 1);
    });
}

#[test]
fn a_collector_may_come_later() {
    run("a_collector_may_come_later", &[], || {
        let collector = Collector::start().expect("a collector starts");
        collector.pause_listening();
        let telemetry = builder(&collector).install().expect("it may come later");
        info_span!("work").in_scope(|| {});
        collector.resume_listening().expect("the port is still ours");
        let report = telemetry.shutdown_blocking().expect("the collector works");
        assert_eq!(report.traces.delivered, 1);
    });
}

#[test]
fn globals_work_after_install_and_no_thread_outlives_shutdown() {
    run("globals_work_after_install_and_no_thread_outlives_shutdown", &[], || {
        let collector = Collector::start().expect("a collector starts");
        let telemetry = builder(&collector).install().expect("it is the first");
        wait_until("six threads run", || beacon_threads().len() == 6);

        global::meter("test").u64_counter("orders").build().add(3, &[]);
        global::tracer("test").start("by hand").end();
        info_span!("by macro").in_scope(|| info!("inside"));
        assert_eq!(propagated_fields(), ["baggage", "traceparent", "tracestate"]);

        telemetry.shutdown_blocking().expect("the collector works");
        wait_until("no thread is left", || beacon_threads().is_empty());
        let orders: Vec<_> =
            collector.metric_points("orders").into_iter().map(|point| point.value).collect();
        assert_eq!(orders, [ReceivedMetricValue::Int(3)]);
        let mut spans: Vec<_> = collector.spans().into_iter().map(|span| span.name).collect();
        spans.sort();
        assert_eq!(spans, ["by hand", "by macro"]);
        assert_eq!(collector.logs().len(), 1);
        // Late work is harmless.
        global::meter("test").u64_counter("orders").build().add(3, &[]);
        info_span!("late").in_scope(|| info!("late"));
        assert_eq!(telemetry.stats().traces.delivered, 2);
        assert!(telemetry.stats().is_conserved());
    });
}

#[test]
fn export_never_observes_itself_and_mutes_nobody_else() {
    let name = "export_never_observes_itself_and_mutes_nobody_else";
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let collector = Collector::start().expect("a collector starts");
        // A name, so that it is looked up.
        let endpoint = collector.endpoint().replace("127.0.0.1", "localhost");
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("BEACON_TRACE", "trace"),
            ("BEACON_LOG", "trace"),
            ("BEACON_THREAD_ATTRIBUTES", "true"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
        ];
        let stderr = run(name, &variables, || {
            let telemetry = beacon::init_telemetry().expect("it is the first");
            let meter = global::meter("test");
            let gauge = meter.u64_observable_gauge("gauge").with_callback(|observer| {
                info_span!("in a callback").in_scope(|| info!("in a callback"));
                observer.observe(1, &[]);
            });
            let _gauge = gauge.build();
            for _ in 0..10 {
                info_span!(target: "h2::client", "of the user").in_scope(|| {
                    info!(target: "hyper::client", "of the user");
                });
            }
            for _ in 0..3 {
                telemetry.flush_blocking().expect("the collector works");
            }
            telemetry.shutdown_blocking().expect("the collector works");
        });
        if stderr.is_none() {
            return;
        }
        let of_others: Vec<_> =
            collector.spans().into_iter().filter(|span| span.name != "of the user").collect();
        assert!(of_others.is_empty(), "{protocol}: {of_others:#?}");
        assert_eq!(collector.totals().spans(), 10, "{protocol}");
        assert_eq!(collector.totals().log_records(), 10, "{protocol}: {:#?}", collector.logs());
    }
}

fn builder(collector: &Collector) -> TelemetryBuilder {
    Telemetry::builder()
        .environment(Environment::empty())
        .endpoint(collector.endpoint())
        .shutdown_timeout(Duration::from_secs(10))
}

/// The headers that the global propagator writes.
fn propagated_fields() -> Vec<String> {
    let mut fields: Vec<_> = global::get_text_map_propagator(|propagator| {
        propagator.fields().map(str::to_owned).collect()
    });
    fields.sort();
    fields
}

/// Takes everything and counts events.
struct CountingSubscriber(Arc<AtomicUsize>);

impl Subscriber for CountingSubscriber {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, _event: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}
