//! Lines for people: the same events as log records, on the console and in a file.

mod batch;
mod console;
mod digits;
mod escape;
mod file;
mod json;
mod line;
mod logfmt;
mod people;
mod scratch;
mod stamp;
#[cfg(test)]
pub(in crate::logging) mod tests;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use self::console::{ConsoleStream, ConsoleTarget};
use self::file::RollingFile;
use self::line::Line;
use self::scratch::{Buffers, LineScratch};
use self::writer::{LineWriter, WriterParts};
use crate::clock::{Clock as _, SharedClock, SystemClock};
use crate::config::log_settings::{LogColor, LogConsole, LogFormat};
use crate::config::{FileSettings, LineSettings};
use crate::diagnostics::Diagnostics;
use crate::error::InitError;
use crate::export::processors::{LogSink, RecordingCounters};
use crate::logging::field_list::{FieldCollector, FieldList};
use crate::logging::redact::Redactor;
use crate::logging::sinks::Occurrence;
use crate::logging::source::EventSource;
use crate::logging::span_fields::SpanFields;

/// All sinks of lines. At least one.
#[derive(Debug)]
pub(crate) struct Lines {
    sinks: Vec<LineSink>,
    redactor: Arc<Redactor>,
}

/// What lines share with the rest of telemetry.
#[derive(Clone, Debug)]
pub(crate) struct LineParts {
    pub(crate) clock: SharedClock,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) counters: Arc<RecordingCounters>,
    pub(crate) voice: Arc<Diagnostics>,
}

/// One sink, and how its lines look.
#[derive(Debug)]
pub(in crate::logging) struct LineSink {
    sink: LogSink,
    target: String,
    format: LogFormat,
    is_colored: bool,
    level: LevelFilter,
    writer: LineWriter,
}

/// Where a line comes from, besides its fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineOrigin<'a> {
    pub(crate) level: Level,
    pub(crate) target: &'a str,
    pub(crate) at: Occurrence,
}

impl Lines {
    /// Starts the sinks that the settings name; `None`: no sink at all.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, a thread that the system refuses.
    pub(crate) fn start(
        settings: &LineSettings,
        console: LogConsole,
        shared: &LineParts,
    ) -> Result<Option<Arc<Self>>, InitError> {
        let mut sinks = Vec::new();
        let stream = match console {
            LogConsole::Off => None,
            LogConsole::Stderr => Some(ConsoleStream::Stderr),
            LogConsole::Stdout => Some(ConsoleStream::Stdout),
        };
        if let Some(stream) = stream {
            sinks.push(console_sink(settings, stream, shared)?);
        }
        if let Some(file) = &settings.file {
            sinks.push(file_sink(settings, file, shared)?);
        }
        if sinks.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(Self { sinks, redactor: Arc::clone(&shared.redactor) })))
    }

    /// Writes the event to each sink that takes its level.
    ///
    /// Runs the user's `Debug` and `Display` code once, however many sinks there are, with no lock
    /// held and no buffer shared.
    pub(crate) fn write_event<S>(
        &self,
        event: &Event<'_>,
        source: &EventSource<'_>,
        at: Occurrence,
        ctx: &Context<'_, S>,
    ) where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let origin = LineOrigin { level: source.level(), target: source.target(), at };
        if !self.wants(origin.level) {
            return;
        }
        let mut scratch = LineScratch::take();
        let buffers = scratch.buffers();
        let (fields, call_site) = (&mut buffers.fields, event.metadata());
        let mut collector = FieldCollector::of_event(fields, &self.redactor, call_site);
        source.record_fields(event, &mut collector);
        // A panic can happen while the extensions of a span are locked, and its hook comes here.
        let scope = if source.is_of_panic() { None } else { ctx.event_scope(event) };
        for span in scope.into_iter().flatten() {
            buffers.span_names.push(span.name());
            if let Some(SpanFields(fields)) = span.extensions().get() {
                buffers.span_fields.add_missing(fields, &buffers.fields);
            }
        }
        self.emit(origin, buffers);
    }

    /// Writes a line of something that is no `tracing` event.
    pub(crate) fn write(&self, origin: LineOrigin<'_>, fill: impl FnOnce(&mut FieldList)) {
        if !self.wants(origin.level) {
            return;
        }
        let mut scratch = LineScratch::take();
        let buffers = scratch.buffers();
        fill(&mut buffers.fields);
        self.emit(origin, buffers);
    }

    fn wants(&self, level: Level) -> bool {
        self.sinks.iter().any(|sink| level <= sink.level)
    }

    fn emit(&self, origin: LineOrigin<'_>, buffers: &mut Buffers) {
        let Buffers { fields, span_fields, span_names, stamp, line: text } = buffers;
        let LineOrigin { level, target, at: Occurrence { unix_nanos, trace } } = origin;
        stamp.set(unix_nanos);
        let stamp = stamp.as_str();
        let line = Line { stamp, level, target, fields, span_fields, span_names, trace };
        let mut look = None;
        for sink in self.sinks.iter().filter(|sink| level <= sink.level) {
            // Two sinks that look alike share the text.
            if look != Some((sink.format, sink.is_colored)) {
                look = Some((sink.format, sink.is_colored));
                text.clear();
                line::push(text, &line, sink.format, sink.is_colored);
            }
            sink.writer.push(text);
        }
    }

    /// Which sinks there are.
    pub(crate) fn sinks(&self) -> impl Iterator<Item = LogSink> {
        self.sinks.iter().map(|sink| sink.sink)
    }

    /// Whether every line that was taken before was written or lost.
    pub(crate) fn is_settled(&self) -> bool {
        self.sinks.iter().all(|sink| sink.writer.is_settled())
    }

    /// Waits for that, at most for `limit` of the machine's time, all sinks together.
    pub(crate) fn flush(&self, limit: Duration) -> bool {
        self.wait_for_all(limit, LineWriter::flush)
    }

    /// Takes nothing more, and leaves it to the threads to write what is there.
    pub(crate) fn close(&self) {
        self.sinks.iter().for_each(|sink| sink.writer.close());
    }

    /// Closes and waits for the threads to be done, at most for `limit` of the machine's time, all
    /// sinks together.
    pub(crate) fn end(&self, limit: Duration) -> bool {
        self.close();
        self.wait_for_all(limit, LineWriter::end)
    }

    fn wait_for_all(&self, limit: Duration, wait: fn(&LineWriter, Duration) -> bool) -> bool {
        let clock = SystemClock::new();
        let mut is_done = true;
        for sink in &self.sinks {
            is_done &= wait(&sink.writer, limit.saturating_sub(clock.now()));
        }
        is_done
    }
}

/// Where lines go, in plain words.
impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, LineSink { target, format, .. }) in self.sinks.iter().enumerate() {
            let separator = if index == 0 { "" } else { " and " };
            write!(f, "{separator}{target} as {}", format.name())?;
        }
        Ok(())
    }
}

fn console_sink(
    settings: &LineSettings,
    stream: ConsoleStream,
    shared: &LineParts,
) -> Result<LineSink, InitError> {
    let is_terminal = stream.is_terminal();
    let default = if is_terminal { LogFormat::Pretty } else { LogFormat::Json };
    let is_colored = match settings.color {
        LogColor::Always => true,
        LogColor::Auto => is_terminal,
        LogColor::Never => false,
    };
    let target = stream.name().to_owned();
    let parts = parts(LogSink::Console, "beacon-console", &target, settings, shared);
    Ok(LineSink {
        sink: LogSink::Console,
        target,
        format: settings.format.unwrap_or(default),
        is_colored,
        level: settings.console_level,
        writer: LineWriter::start(parts, ConsoleTarget::new(stream))?,
    })
}

fn file_sink(
    settings: &LineSettings,
    file: &FileSettings,
    shared: &LineParts,
) -> Result<LineSink, InitError> {
    let rolling = RollingFile::open(file, Arc::clone(&shared.clock), Arc::clone(&shared.voice))?;
    let target = format!("`{}`", file.path.display());
    let parts = parts(LogSink::File, "beacon-file", &target, settings, shared);
    Ok(LineSink {
        sink: LogSink::File,
        target,
        format: file.format,
        is_colored: false,
        level: file.level,
        writer: LineWriter::start(parts, rolling)?,
    })
}

fn parts(
    sink: LogSink,
    thread: &'static str,
    target: &str,
    settings: &LineSettings,
    shared: &LineParts,
) -> WriterParts {
    WriterParts {
        sink,
        thread,
        target: target.to_owned(),
        bytes_max: settings.buffer_bytes_max,
        is_lossy: settings.is_lossy,
        counters: Arc::clone(&shared.counters),
        voice: Arc::clone(&shared.voice),
    }
}
