//! Rolling files under load: each line once, none torn, and never more than was asked for.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::thread;

use beacon::Telemetry;
use beacon::config::Environment;
use serde_json::Value;
use tracing::dispatcher::with_default;
use tracing::{Dispatch, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

const THREADS: u64 = 8;
/// The whole count takes a debug build half a minute.
const LINES: u64 = if cfg!(debug_assertions) { 2_500 } else { 50_000 };
const FILE_BYTES_MAX: u64 = if cfg!(debug_assertions) { 1 << 17 } else { 1 << 20 };

/// A directory that is gone with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("beacon-rolling-{}-{name}", std::process::id())))
    }

    fn log_file(&self) -> PathBuf {
        self.0.join("app.log")
    }

    /// Bytes on the disk of the closed files, by name: the oldest first.
    fn closed(&self) -> BTreeMap<PathBuf, u64> {
        let entries = fs::read_dir(&self.0).expect("it is there");
        let files = entries.map(|entry| {
            let entry = entry.expect("it is there");
            (entry.path(), entry.metadata().expect("it is there").len())
        });
        files.filter(|(path, _)| *path != self.log_file()).collect()
    }

    /// The lines of all files, the oldest first.
    fn lines(&self) -> Vec<Value> {
        let mut lines = Vec::new();
        for path in self.closed().into_keys().chain([self.log_file()]) {
            let text = read(&path);
            assert!(text.ends_with('\n'), "{}", path.display());
            let bytes = u64::try_from(text.len()).expect("it is small");
            assert!(bytes <= FILE_BYTES_MAX, "{}: {bytes}", path.display());
            lines.extend(text.lines().map(|line| -> Value {
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            }));
        }
        lines
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("it is ours");
    }
}

fn read(path: &Path) -> String {
    let mut text = String::new();
    let file = fs::File::open(path).expect("it is there");
    plain(path, file).read_to_string(&mut text).expect("it is whole");
    text
}

fn plain(path: &Path, file: fs::File) -> Box<dyn std::io::Read> {
    let is_compressed = path.extension().is_some_and(|extension| extension == "gz");
    if is_compressed { Box::new(flate2::read::GzDecoder::new(file)) } else { Box::new(file) }
}

/// Has eight threads log as fast as they can, and waits for the end.
fn log_under_load(directory: &Directory, keep_files_max: u64, keep_bytes_max: u64) {
    let environment = Environment::from_iter([("OTEL_SDK_DISABLED", "true")]);
    let telemetry = Telemetry::builder()
        .environment(environment)
        .diagnostics_off_stderr()
        .log_file(directory.log_file().to_string_lossy())
        .log_file_max_bytes(FILE_BYTES_MAX)
        .log_file_keep(keep_files_max)
        .log_file_keep_bytes(keep_bytes_max)
        .log_file_compress(true)
        .log_lossy(false)
        .shutdown_timeout(std::time::Duration::from_mins(1))
        .build()
        .expect("the settings are right");
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(telemetry.layer()));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let dispatch = &dispatch;
            scope.spawn(move || {
                with_default(dispatch, || {
                    let _span = info_span!("load", thread).entered();
                    for line in 0..LINES {
                        info!(line, text = "a \"text\"\nof two lines", "under load");
                    }
                });
            });
        }
    });
    telemetry.shutdown_blocking().expect("nothing is held");
}

#[test]
fn each_line_is_there_once_and_whole() {
    let directory = Directory::new("once");
    log_under_load(&directory, 10_000, 1 << 40);
    let mut next = BTreeMap::new();
    for line in directory.lines() {
        let thread = line["thread"].as_u64().expect("it has one");
        // Each thread's lines are in its order, over all files.
        let next: &mut u64 = next.entry(thread).or_default();
        assert_eq!(line["line"].as_u64(), Some(*next), "{line}");
        assert_eq!(line["text"], "a \"text\"\nof two lines");
        *next += 1;
    }
    assert_eq!(next, (0..THREADS).map(|thread| (thread, LINES)).collect());
    let closed = directory.closed();
    assert!(closed.len() > 10, "{closed:?}");
    assert!(closed.keys().all(|path| path.extension().is_some_and(|name| name == "gz")));
}

#[test]
fn what_stays_is_the_newest_and_within_the_limits() {
    let directory = Directory::new("limits");
    log_under_load(&directory, 5, 1 << 40);
    assert_eq!(directory.closed().len(), 5);
    let last: Vec<_> = directory.lines().into_iter().map(|line| line["line"].as_u64()).collect();
    assert!(last.contains(&Some(LINES - 1)), "the newest lines stay");

    let directory = Directory::new("bytes");
    log_under_load(&directory, 10_000, FILE_BYTES_MAX / 4);
    let closed = directory.closed();
    let bytes: u64 = closed.values().sum();
    assert!(!closed.is_empty() && bytes <= FILE_BYTES_MAX / 4, "{closed:?}");
}
