//! Lines for people: the same events as log records, on the console and in a file.

mod batch;
mod console;
mod escape;
mod file;
mod json;
mod line;
mod logfmt;
mod people;
mod scratch;
mod stamp;
#[cfg(test)]
mod tests;
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
use crate::export::encode::TraceIds;
use crate::export::encode::unix_nanos;
use crate::logging::field_list::FieldCollector;
use crate::logging::redact::Redactor;
use crate::logging::span_fields::SpanFields;

pub(crate) use self::writer::LineCounts;

/// All sinks of lines. At least one.
#[derive(Debug)]
pub(crate) struct Lines {
    sinks: Vec<LineSink>,
    redactor: Arc<Redactor>,
    clock: SharedClock,
}

/// One sink, and how its lines look.
#[derive(Debug)]
struct LineSink {
    name: &'static str,
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
    pub(crate) trace: Option<TraceIds>,
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
        clock: &SharedClock,
        redactor: &Arc<Redactor>,
        voice: &Arc<Diagnostics>,
    ) -> Result<Option<Arc<Self>>, InitError> {
        let mut sinks = Vec::new();
        let stream = match console {
            LogConsole::Off => None,
            LogConsole::Stderr => Some(ConsoleStream::Stderr),
            LogConsole::Stdout => Some(ConsoleStream::Stdout),
        };
        if let Some(stream) = stream {
            sinks.push(console_sink(settings, stream, voice)?);
        }
        if let Some(file) = &settings.file {
            sinks.push(file_sink(settings, file, clock, voice)?);
        }
        if sinks.is_empty() {
            return Ok(None);
        }
        let (redactor, clock) = (Arc::clone(redactor), Arc::clone(clock));
        Ok(Some(Arc::new(Self { sinks, redactor, clock })))
    }

    /// Writes the event to each sink that takes its level.
    ///
    /// Runs the user's `Debug` and `Display` code once, however many sinks there are, with no lock
    /// held and no buffer shared.
    pub(crate) fn write_event<S>(
        &self,
        event: &Event<'_>,
        trace: Option<TraceIds>,
        ctx: &Context<'_, S>,
    ) where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let metadata = event.metadata();
        let origin = LineOrigin { level: *metadata.level(), target: metadata.target(), trace };
        if !self.wants(origin.level) {
            return;
        }
        let mut scratch = LineScratch::take();
        let buffers = &mut scratch.0;
        event.record(&mut FieldCollector::new(&mut buffers.fields, &self.redactor));
        for span in ctx.event_scope(event).into_iter().flatten() {
            buffers.span_names.push(span.name());
            if let Some(SpanFields(fields)) = span.extensions().get() {
                buffers.span_fields.add_missing(fields, &buffers.fields);
            }
        }
        self.emit(origin, buffers);
    }

    /// Writes a line of something that is no `tracing` event. `record` gives its fields; the
    /// message is the one named `message`.
    #[cfg_attr(not(test), expect(dead_code, reason = "for records that come from elsewhere"))]
    pub(crate) fn write(
        &self,
        origin: LineOrigin<'_>,
        record: impl FnOnce(&mut FieldCollector<'_>),
    ) {
        if !self.wants(origin.level) {
            return;
        }
        let mut scratch = LineScratch::take();
        let buffers = &mut scratch.0;
        record(&mut FieldCollector::new(&mut buffers.fields, &self.redactor));
        self.emit(origin, buffers);
    }

    fn wants(&self, level: Level) -> bool {
        self.sinks.iter().any(|sink| level <= sink.level)
    }

    fn emit(&self, origin: LineOrigin<'_>, buffers: &mut Buffers) {
        let Buffers { fields, span_fields, span_names, stamp, line: text } = buffers;
        stamp.set(unix_nanos(self.clock.wall()));
        let LineOrigin { level, target, trace } = origin;
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

    /// What became of the lines of each sink so far.
    #[expect(dead_code, reason = "for the self-metrics")]
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, LineCounts)> {
        self.sinks.iter().map(|sink| (sink.name, sink.writer.counts()))
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
    voice: &Arc<Diagnostics>,
) -> Result<LineSink, InitError> {
    let is_terminal = stream.is_terminal();
    let default = if is_terminal { LogFormat::Pretty } else { LogFormat::Json };
    let is_colored = match settings.color {
        LogColor::Always => true,
        LogColor::Auto => is_terminal,
        LogColor::Never => false,
    };
    let target = stream.name().to_owned();
    let parts = parts(CONSOLE, "beacon-console", &target, settings, voice);
    Ok(LineSink {
        name: CONSOLE,
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
    clock: &SharedClock,
    voice: &Arc<Diagnostics>,
) -> Result<LineSink, InitError> {
    let rolling = RollingFile::open(file, Arc::clone(clock), Arc::clone(voice))?;
    let target = format!("`{}`", file.path.display());
    let parts = parts(FILE, "beacon-file", &target, settings, voice);
    Ok(LineSink {
        name: FILE,
        target,
        format: file.format,
        is_colored: false,
        level: file.level,
        writer: LineWriter::start(parts, rolling)?,
    })
}

fn parts(
    sink: &'static str,
    thread: &'static str,
    target: &str,
    settings: &LineSettings,
    voice: &Arc<Diagnostics>,
) -> WriterParts {
    WriterParts {
        sink,
        thread,
        target: target.to_owned(),
        bytes_max: settings.buffer_bytes_max,
        is_lossy: settings.is_lossy,
        voice: Arc::clone(voice),
    }
}

const CONSOLE: &str = "console";
const FILE: &str = "file";
