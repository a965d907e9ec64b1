//! Finished requests as lines for people: one item a line, logfmt. Not for production.

mod line;
mod metric;
#[cfg(test)]
mod tests;

use std::io;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use prost::Message;

use self::line::Line;
use crate::Signal;
use crate::civil_time::Utc;

/// Writes requests to standard output or whatever else takes bytes.
#[derive(Debug)]
pub(crate) struct Console<W> {
    writer: W,
}

impl Console<io::Stdout> {
    pub(crate) fn stdout() -> Self {
        Self::new(io::stdout())
    }
}

impl<W: io::Write> Console<W> {
    pub(crate) const fn new(writer: W) -> Self {
        Self { writer }
    }

    /// Writes the items of an `Export…ServiceRequest` with one `write_all`, so that the lines of
    /// two threads do not mix. Blocks as long as the writer does.
    ///
    /// # Errors
    ///
    /// The items are lost; the caller counts them by [`ConsoleError::error_type`].
    pub(crate) fn write(&mut self, signal: Signal, request: &[u8]) -> Result<(), ConsoleError> {
        let lines = lines(signal, request).map_err(ConsoleError::Malformed)?;
        self.writer.write_all(lines.as_bytes()).map_err(ConsoleError::Io)?;
        self.writer.flush().map_err(ConsoleError::Io)
    }
}

/// Why items did not reach the console.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsoleError {
    #[error("cannot write to the console")]
    Io(#[source] io::Error),
    #[error("cannot decode the request")]
    Malformed(#[source] prost::DecodeError),
}

impl ConsoleError {
    /// Returns the value of `error.type`.
    pub(crate) const fn error_type(&self) -> &'static str {
        match self {
            Self::Io(_) => "io_error",
            Self::Malformed(_) => "malformed",
        }
    }
}

fn lines(signal: Signal, request: &[u8]) -> Result<String, prost::DecodeError> {
    let mut lines = String::new();
    match signal {
        Signal::Logs => {
            let request = ExportLogsServiceRequest::decode(request)?;
            let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
            scopes.flat_map(|scope| &scope.log_records).for_each(|log| push_log(&mut lines, log));
        }
        Signal::Metrics => {
            let request = ExportMetricsServiceRequest::decode(request)?;
            let scopes =
                request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
            let metrics = scopes.flat_map(|scope| &scope.metrics);
            metrics.for_each(|metric| metric::push_metric(&mut lines, metric));
        }
        Signal::Traces => {
            let request = ExportTraceServiceRequest::decode(request)?;
            let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            scopes.flat_map(|scope| &scope.spans).for_each(|span| push_span(&mut lines, span));
        }
    }
    Ok(lines)
}

fn push_span(lines: &mut String, span: &Span) {
    let duration_nanos = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    let mut line = Line::start(lines, "span");
    line.text("name", &span.name);
    line.id("trace_id", &span.trace_id);
    line.id("span_id", &span.span_id);
    line.id("parent_span_id", &span.parent_span_id);
    line.plain("start", Utc(span.start_time_unix_nano));
    line.plain("duration", format_args!("{:?}", std::time::Duration::from_nanos(duration_nanos)));
    if let Some(status) = &span.status {
        match status.code() {
            StatusCode::Unset => {}
            StatusCode::Ok => line.plain("status", "ok"),
            StatusCode::Error => line.plain("status", "error"),
        }
        if !status.message.is_empty() {
            line.text("status_message", &status.message);
        }
    }
    line.attributes(&span.attributes);
    line.end();
}

fn push_log(lines: &mut String, log: &LogRecord) {
    let nanos = match log.time_unix_nano {
        0 => log.observed_time_unix_nano,
        nanos => nanos,
    };
    let mut line = Line::start(lines, "log");
    line.plain("time", Utc(nanos));
    if log.severity_text.is_empty() {
        line.plain("severity", log.severity_number);
    } else {
        line.text("severity", &log.severity_text);
    }
    if !log.event_name.is_empty() {
        line.text("event_name", &log.event_name);
    }
    if let Some(body) = &log.body {
        line.value("body", body);
    }
    line.id("trace_id", &log.trace_id);
    line.id("span_id", &log.span_id);
    line.attributes(&log.attributes);
    line.end();
}
