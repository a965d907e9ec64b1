//! How the process ends: forgotten guards and signals. Each case runs in a process of its own.
#![cfg(unix)]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]

mod child;

use std::io::{BufRead as _, BufReader};
use std::process::Command;

use beacon::collector::Collector;
use tokio::runtime::Builder;
use tracing::info_span;

use crate::child::{command, finish, is_child, run, wait_until};

#[test]
fn a_guard_without_a_name_is_noticed() {
    let collector = Collector::start().expect("a collector starts");
    let endpoint = collector.endpoint();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let stderr = run("a_guard_without_a_name_is_noticed", &variables, || {
        #[expect(let_underscore_drop, reason = "the mistake that is to be noticed")]
        let _ = beacon::init_telemetry().expect("it is the first");
        info_span!("lost").in_scope(|| {});
    });
    let Some(stderr) = stderr else { return };
    let warning = "beacon WARN: telemetry stopped right after its start";
    assert_eq!(stderr.matches(warning).count(), 1, "{stderr}");
    assert_eq!(collector.totals().spans(), 0);
}

#[test]
fn a_guard_with_a_name_is_not_complained_about() {
    let collector = Collector::start().expect("a collector starts");
    let endpoint = collector.endpoint();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let stderr = run("a_guard_with_a_name_is_not_complained_about", &variables, || {
        let _telemetry = beacon::init_telemetry().expect("it is the first");
        info_span!("kept").in_scope(|| {});
    });
    let Some(stderr) = stderr else { return };
    assert!(!stderr.contains("WARN"), "{stderr}");
    assert_eq!(collector.totals().spans(), 1);
}

#[test]
fn a_service_that_is_asked_to_end_delivers_first() {
    const READY: &str = "ready for signals";
    let name = "a_service_that_is_asked_to_end_delivers_first";
    if is_child() {
        return serve_until_asked(READY);
    }
    for signal in ["-TERM", "-INT"] {
        let collector = Collector::start().expect("a collector starts");
        let mut command = command(name);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
        let mut child = command.spawn().expect("the test starts once more");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        while !line.contains(READY) {
            line.clear();
            let read = stdout.read_line(&mut line).expect("it prints text");
            assert!(read > 0, "{signal}: ended before it was ready: {:?}", finish(child));
        }
        let killed = Command::new("kill").arg(signal).arg(child.id().to_string()).status();
        assert!(killed.expect("there is a `kill`").success());
        child.stdout = Some(stdout.into_inner());
        finish(child);
        assert_eq!(collector.totals().spans(), 1, "{signal}");
    }
}

#[expect(clippy::print_stdout, reason = "the other process waits for it")]
fn serve_until_asked(ready: &str) {
    let runtime = Builder::new_current_thread().build().expect("a runtime starts");
    runtime.block_on(async {
        let telemetry = beacon::init_telemetry().expect("it is the first");
        info_span!("request").in_scope(|| {});
        let serve = async {
            println!("{ready}");
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            asked = beacon::shutdown_signal() => asked.expect("handlers can be set"),
            () = serve => {}
        }
        telemetry.shutdown().await.expect("the collector works");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn who_stops_waiting_for_a_signal_leaves_no_thread() {
    run("who_stops_waiting_for_a_signal_leaves_no_thread", &[], || {
        let runtime = Builder::new_current_thread().build().expect("a runtime starts");
        let mut asked = Box::pin(beacon::shutdown_signal());
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = &mut asked => panic!("nobody has asked"),
                () = std::future::ready(()) => {}
            }
        });
        wait_until("a thread waits", || child::beacon_threads() == ["beacon-signal"]);
        drop(asked);
        wait_until("no thread is left", || child::beacon_threads().is_empty());
    });
}
