//! A file that cannot be written costs its lines: counted, said once, over when the cause is over,
//! and of no concern to the other sinks.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::{InitError, Telemetry};
use tracing::info;

use crate::support::Service;

/// A directory that is gone with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("beacon-sinks-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("it is ours");
        Self(path)
    }

    fn log_file(&self) -> PathBuf {
        self.0.join("app.log")
    }

    /// The numbers in the lines.
    fn numbers(&self) -> Vec<u64> {
        let text = fs::read_to_string(self.log_file()).expect("it was written");
        let lines = text
            .lines()
            .map(|line| -> serde_json::Value { serde_json::from_str(line).expect("it is JSON") });
        lines
            .map(|line| line.get("number").and_then(serde_json::Value::as_u64).expect("it has one"))
            .collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("it is ours");
    }
}

/// Records one event for each number, each of them written or lost before the next one.
fn record(service: &Service, numbers: std::ops::Range<u64>) {
    for number in numbers {
        service.run(|| info!(number, "an event"));
        service.telemetry.flush_blocking().expect("the collector works");
    }
}

/// What sinks did not get in the end: each time sink, reason and count.
fn dropped(collector: &Collector) -> Vec<[String; 3]> {
    let points = collector.metric_points("beacon.log.dropped");
    let last = points.iter().rev().take(1).map(|point| {
        let text = |key| point.attribute(key).map(ToString::to_string).unwrap_or_default();
        let count = format!("{:?}", point.value);
        [text("beacon.log.sink"), text("beacon.drop.reason"), count]
    });
    last.collect()
}

#[test]
fn a_full_disk_is_counted_said_once_and_over_when_there_is_room() {
    let (collector, directory) = (Collector::start().expect("starts"), Directory::new("full"));
    // A device that has never room.
    symlink("/dev/full", directory.log_file()).expect("it is ours");
    let builder = Service::builder(&collector).with_metrics();
    let service = builder.set("BEACON_LOG_FILE", directory.log_file().display()).start();
    record(&service, 0..5);
    assert_eq!(service.said("cannot write to").len(), 1);
    fs::remove_file(directory.log_file()).expect("it is ours");
    record(&service, 5..8);
    assert_eq!(service.said("can be written again").len(), 1);
    assert_eq!(directory.numbers(), [5, 6, 7]);
    service.telemetry.shutdown_blocking().expect("the collector works");
    assert_eq!(dropped(&collector), [["file", "io_error", "Int(5)"].map(str::to_owned)]);
    assert_eq!(collector.logs().len(), 8, "the other sinks get everything");
}

#[test]
fn a_file_that_is_removed_underneath_comes_back() {
    let (collector, directory) = (Collector::start().expect("starts"), Directory::new("removed"));
    let builder = Service::builder(&collector).with_metrics();
    let service = builder.set("BEACON_LOG_FILE", directory.log_file().display()).start();
    record(&service, 0..2);
    fs::remove_dir_all(&directory.0).expect("it is ours");
    record(&service, 2..4);
    fs::remove_file(directory.log_file()).expect("it is ours");
    record(&service, 4..6);
    assert_eq!(directory.numbers(), [4, 5]);
    assert_eq!(service.said("was moved or removed").len(), 1);
    service.telemetry.shutdown_blocking().expect("the collector works");
    assert_eq!((dropped(&collector), collector.logs().len()), (Vec::new(), 6));
}

#[test]
fn a_place_where_no_file_can_be_stops_the_start() {
    let directory = Directory::new("place");
    fs::write(directory.log_file(), "").expect("it is ours");
    let below_a_file = directory.log_file().join("app.log");
    for path in [directory.0.clone(), below_a_file, PathBuf::from("/proc/app.log")] {
        let builder = Telemetry::builder().environment(Environment::empty());
        let error = builder.log_file(path.to_string_lossy()).build().expect_err("it cannot be");
        assert!(matches!(error, InitError::LogFile { .. }), "{error}");
        let expected = format!("expected a file that can be written, got `{}`", path.display());
        assert!(error.to_string().ends_with(&expected), "{error}");
    }
}
