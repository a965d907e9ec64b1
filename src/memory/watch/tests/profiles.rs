//! Heap profiles beside alerts.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::service::{Service, leaking, wait_until};
use crate::memory::watch::profiles::ProfileWriter;
use crate::testing::TestTelemetry;

/// Removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("beacon-profiles-{name}-{}", std::process::id());
        let own = Self(std::env::temp_dir().join(name));
        drop(fs::remove_dir_all(&own.0));
        own
    }

    fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.0) else { return Vec::new() };
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }

    fn wait_for(&self, expected: &[&str]) {
        wait_until(&format!("there is {expected:?}"), || self.names() == expected);
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn writer(directory: &Directory, keep_max: usize, test: &TestTelemetry) -> ProfileWriter {
    let make = Arc::new(|| Ok(b"profile".to_vec()));
    let voice = Arc::clone(test.telemetry().pipeline().voice());
    ProfileWriter::new(directory.0.clone(), keep_max, make, voice)
}

#[test]
fn a_confirmed_leak_comes_with_a_profile() {
    let directory = Directory::new("confirmed");
    let other = TestTelemetry::start().unwrap();
    let mut service = Service::start_with(|parts| {
        parts.profiles = Some(writer(&directory, 10, &other));
    });
    service.run(30.0 * 60.0, leaking);
    directory.wait_for(&["beacon-heap-5e0be100-1.pb.gz"]);
    let alerts = service.alerts();
    let name =
        |log: &crate::collector::ReceivedLog| log.attribute("beacon.leak.profile_id").cloned();
    assert_eq!(name(&alerts[0]), None, "only suspected");
    assert_eq!(name(&alerts[1]).unwrap(), "beacon-heap-5e0be100-1.pb.gz");
    assert!(
        alerts[1].body.to_string().ends_with("compare the heap profile with one from a quiet time")
    );
}

#[test]
fn profiles_are_few_and_an_hour_apart() {
    let directory = Directory::new("few");
    let test = TestTelemetry::start().unwrap();
    let mut writer = writer(&directory, 2, &test);
    assert!(writer.write(0.0, "a").is_some());
    directory.wait_for(&["beacon-heap-a.pb.gz"]);
    assert_eq!(writer.write(59.9, "b"), None);
    assert!(writer.write(60.0, "c").is_some());
    directory.wait_for(&["beacon-heap-a.pb.gz", "beacon-heap-c.pb.gz"]);
    fs::write(directory.0.join("not-ours"), "").unwrap();
    assert!(writer.write(120.0, "d").is_some());
    directory.wait_for(&["beacon-heap-c.pb.gz", "beacon-heap-d.pb.gz", "not-ours"]);
}

#[test]
fn why_there_is_no_profile_is_said() {
    let directory = Directory::new("failing");
    let test = TestTelemetry::start().unwrap();
    let voice = Arc::clone(test.telemetry().pipeline().voice());
    let make = Arc::new(|| Err("the heap is not sampled".to_owned()));
    let mut writer = ProfileWriter::new(directory.0.clone(), 2, make, voice);
    assert!(writer.write(0.0, "a").is_some());
    let is_said = || {
        let all = test.diagnostics();
        all.iter().any(|said| said.message.ends_with("pb.gz`: the heap is not sampled"))
    };
    wait_until("it was said", is_said);
}
