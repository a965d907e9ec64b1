//! The same events as lines and as records.

use std::fs;
use std::path::PathBuf;

use beacon::testing::TestTelemetry;
use serde_json::Value;
use tracing::{error, info, info_span, warn};

/// A file that is gone with the test.
struct LogFile(PathBuf);

impl LogFile {
    fn new(name: &str) -> Self {
        let name = format!("beacon-it-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name).join("app.log"))
    }

    fn path(&self) -> String {
        self.0.to_str().expect("it is text").to_owned()
    }

    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.0).expect("it was written");
        text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        fs::remove_dir_all(self.0.parent().expect("it is in a directory")).expect("it is there");
    }
}

#[test]
fn lines_and_records_agree() {
    let file = LogFile::new("agree");
    let test = TestTelemetry::start_with(|builder| builder.log_file(file.path())).expect("starts");
    test.with(|| {
        info!(n = 1, "before");
        info_span!("outer", user = "ada").in_scope(|| {
            warn!(n = 2, ratio = 0.5, text = "two\nlines", "in the outer");
            let inner = info_span!("inner");
            inner.in_scope(|| error!(n = 3, ok = false, "in the inner"));
            info!(parent: &inner, n = 4, "by name");
        });
    });
    let records = test.logs().expect("they arrive");
    let lines = file.lines();
    assert_eq!(lines.len(), 4);
    for (line, record) in lines.iter().zip(&records) {
        assert!(record.body == *line["message"].as_str().expect("it has one"), "{record:?}");
        let n = record.attribute("n").expect("it has one");
        assert_eq!(line["n"].to_string(), n.to_string());
        let is_traced = !record.trace_id.is_empty();
        let id = |id: &str| is_traced.then(|| id.to_owned());
        assert_eq!(line["trace_id"].as_str().map(str::to_owned), id(&record.trace_id));
        assert_eq!(line["span_id"].as_str().map(str::to_owned), id(&record.span_id));
        assert_eq!(line["trace_flags"].as_str().map(str::to_owned), id("01"));
    }
    assert_eq!(lines.iter().filter(|line| line["user"] == "ada").count(), 3);
}

#[test]
fn what_is_built_shows_nothing_unless_asked() {
    let test = TestTelemetry::start().expect("starts");
    let report = &test.telemetry().effective_config().settings;
    assert!(report.iter().any(|row| row.key == "log.console" && row.value.is_empty()));
}
