//! Lines from end to end of this module: events in, text out.

mod formats;
pub(in crate::logging) mod properties;
mod writing;

use std::sync::{Arc, Mutex};

use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, Level};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use super::batch::Batch;
use super::writer::{LineLoss, LineTarget, LineWriter, WriterParts};
use super::{LineOrigin, LineSink, Lines};
use crate::config::log_settings::LogFormat;
use crate::diagnostics::Diagnostics;
use crate::export::encode::unix_nanos;
use crate::export::processors::LogSink;
use crate::logging::Sinks;
use crate::logging::field_list::FieldValue;
use crate::logging::log_layer::LogLayer;
use crate::logging::redact::Redactor;
use crate::logging::sinks::Occurrence;
use crate::logging::span_fields::SpanFieldsLayer;
use crate::logging::tests::{admits_all, settings, stopped_clock};
use crate::testing::ManualClock;

/// What was written, as text.
#[derive(Clone, Debug, Default)]
pub(in crate::logging) struct Memory(Arc<Mutex<String>>);

impl Memory {
    pub(in crate::logging) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl LineTarget for Memory {
    fn write(&mut self, lines: &Batch) -> Result<(), LineLoss> {
        self.0.lock().unwrap().push_str(std::str::from_utf8(lines.bytes()).unwrap());
        Ok(())
    }
}

pub(super) fn voice() -> Arc<Diagnostics> {
    Arc::new(Diagnostics::new(Arc::new(ManualClock::new()), None, false))
}

pub(super) fn parts(bytes_max: usize, is_lossy: bool) -> WriterParts {
    WriterParts {
        sink: LogSink::File,
        thread: "test-lines",
        target: "memory".to_owned(),
        bytes_max,
        is_lossy,
        counters: Arc::default(),
        voice: voice(),
    }
}

pub(in crate::logging) type Look = (LogFormat, bool, LevelFilter);

pub(in crate::logging) fn sink((format, is_colored, level): Look, memory: &Memory) -> LineSink {
    LineSink {
        sink: LogSink::File,
        target: "memory".to_owned(),
        format,
        is_colored,
        level,
        writer: LineWriter::start(parts(64 << 20, false), memory.clone()).unwrap(),
    }
}

fn lines(sinks: Vec<LineSink>) -> Arc<Lines> {
    lines_hiding(sinks, Arc::default())
}

pub(in crate::logging) fn lines_hiding(
    sinks: Vec<LineSink>,
    redactor: Arc<Redactor>,
) -> Arc<Lines> {
    Arc::new(Lines { sinks, redactor })
}

/// One sink for each look, and what they wrote when `code` ran.
pub(super) fn written(looks: &[Look], code: impl FnOnce()) -> Vec<String> {
    let memories: Vec<_> = looks.iter().map(|_| Memory::default()).collect();
    let lines = lines(looks.iter().zip(&memories).map(|(look, to)| sink(*look, to)).collect());
    let (own, counters) = (Some(Arc::clone(&lines)), Arc::default());
    let sinks = Sinks::new(None, own, &settings(), &counters, &stopped_clock());
    let logs = LogLayer::new(sinks, admits_all());
    let subscriber = Registry::default().with(SpanFieldsLayer::new(Arc::default())).with(logs);
    tracing::dispatcher::with_default(&Dispatch::new(subscriber), code);
    assert!(lines.flush(LIMIT), "lines were not written");
    memories.iter().map(Memory::text).collect()
}

/// What one sink of this format wrote.
pub(in crate::logging) fn one(format: LogFormat, code: impl FnOnce()) -> String {
    written(&[(format, false, LevelFilter::TRACE)], code).concat()
}

/// Nothing here takes long; a machine that does something else may.
pub(in crate::logging) const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

#[test]
fn a_value_that_logs_while_it_is_read_spoils_nothing() {
    let memory = Memory::default();
    let lines = lines(vec![sink((LogFormat::Compact, false, LevelFilter::TRACE), &memory)]);
    let at = Occurrence { unix_nanos: unix_nanos(stopped_clock().wall()), trace: None };
    let origin = LineOrigin { level: Level::INFO, target: "shop", at };
    lines.write(origin, |outer| {
        outer.set("first", FieldValue::Text("outer"));
        lines.write(origin, |inner| inner.set("first", FieldValue::Text("inner")));
        outer.set("second", FieldValue::Text("outer"));
    });
    assert!(lines.end(LIMIT));
    let stamp = "2023-11-14T22:13:20.123456Z  INFO shop:";
    let expected = format!("{stamp} first=inner\n{stamp} first=outer second=outer\n");
    assert_eq!(memory.text(), expected);
}
