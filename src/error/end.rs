//! What can go wrong at the end, and at a flush.

use std::error::Error;
use std::fmt;

use crate::report::TelemetryReport;
use crate::signal::Signal;

/// Not everything that was held at the time of a flush was settled in time.
///
/// Nothing is lost by that: what is not delivered stays held.
pub struct FlushError {
    /// Boxed, so that a `Result` stays small.
    report: Box<TelemetryReport>,
}

impl FlushError {
    pub(crate) fn new(report: TelemetryReport) -> Self {
        Self { report: Box::new(report) }
    }

    /// Returns the counts at the end of the flush.
    pub fn report(&self) -> &TelemetryReport {
        &self.report
    }
}

impl fmt::Debug for FlushError {
    /// As `Display`: it is what `main` shows, and what `expect` does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FlushError({self})")
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "flush did not complete in time; {}", self.report)
    }
}

impl Error for FlushError {}

/// Something was not delivered before the end.
///
/// It names what was lost, signal by signal. [`source`](Error::source) is why the first of them
/// was.
///
/// # Examples
///
/// ```
/// use beacon::{Signal, Telemetry};
/// use beacon::config::Environment;
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let nobody_listens = "http://127.0.0.1:1";
/// let telemetry = Telemetry::builder()
///     .environment(Environment::empty())
///     .endpoint(nobody_listens)
///     .signal_exporters(Signal::Metrics, &[])
///     .build()?;
/// let subscriber = tracing_subscriber::registry().with(telemetry.layer());
/// tracing::subscriber::with_default(subscriber, || tracing::info!("lost"));
/// let error = telemetry.shutdown_blocking().unwrap_err();
/// assert_eq!(error.to_string(), "shutdown could not deliver 1 log record");
/// assert_eq!(error.lost(), [(Signal::Logs, 1)]);
/// assert!(error.report().is_conserved());
/// # Ok::<(), beacon::InitError>(())
/// ```
pub struct ShutdownError {
    lost: Vec<(Signal, u64)>,
    causes: Vec<(Signal, Cause)>,
    /// Boxed, so that a `Result` stays small.
    report: Box<TelemetryReport>,
}

/// The items of one signal that were given up.
#[derive(Debug)]
pub(crate) struct Loss {
    pub(crate) signal: Signal,
    pub(crate) items: u64,
    /// Why the last attempt failed. `None`: none failed, the time was up.
    pub(crate) cause: Option<String>,
}

impl ShutdownError {
    pub(crate) fn new(losses: Vec<Loss>, report: TelemetryReport) -> Self {
        let lost = losses.iter().map(|loss| (loss.signal, loss.items)).collect();
        let cause = |loss: Loss| (loss.signal, Cause(loss.cause.unwrap_or_else(time_was_up)));
        let causes = losses.into_iter().map(cause).collect();
        Self { lost, causes, report: Box::new(report) }
    }

    /// Returns what became of everything.
    pub fn report(&self) -> &TelemetryReport {
        &self.report
    }

    /// Returns the items that shutdown gave up, by signal; signals that lost nothing are absent.
    pub fn lost(&self) -> &[(Signal, u64)] {
        &self.lost
    }

    /// Returns why the items of a signal were given up, in plain words; `None` for a signal that
    /// lost nothing.
    pub fn cause(&self, signal: Signal) -> Option<&str> {
        let (_, cause) = self.causes.iter().find(|(own, _)| *own == signal)?;
        Some(&cause.0)
    }

    /// Returns what was lost, and why the first of it was.
    pub(crate) fn with_cause(&self) -> String {
        match self.source() {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }
}

fn time_was_up() -> String {
    "the shutdown timeout came first".to_owned()
}

impl fmt::Debug for ShutdownError {
    /// With the cause: it is what `main` shows, and what `expect` does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShutdownError({})", self.with_cause())
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shutdown could not deliver")?;
        for (index, (signal, items)) in self.lost.iter().enumerate() {
            let separator = if index == 0 { " " } else { ", " };
            let plural = if *items == 1 { "" } else { "s" };
            write!(f, "{separator}{items} {}{plural}", signal.item())?;
        }
        Ok(())
    }
}

impl Error for ShutdownError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.causes.first().map(|(_, cause)| cause as _)
    }
}

/// Why the items of one signal were given up.
#[derive(Debug)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cause {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shutdown_error() -> ShutdownError {
        let refused = Some("connection refused".to_owned());
        let losses = vec![
            Loss { signal: Signal::Traces, items: 1, cause: refused },
            Loss { signal: Signal::Logs, items: 20, cause: None },
        ];
        ShutdownError::new(losses, TelemetryReport::default())
    }

    #[test]
    fn errors_say_what_was_lost_in_one_line() {
        let nothing = "traces: emitted 0, delivered 0, rejected 0, held 0; \
                       logs: emitted 0, delivered 0, rejected 0, held 0; \
                       metrics: emitted 0, delivered 0, rejected 0, held 0";
        let flush = FlushError::new(TelemetryReport::default());
        assert_eq!(flush.to_string(), format!("flush did not complete in time; {nothing}"));
        assert_eq!(format!("{flush:?}"), format!("FlushError({flush})"));
        let lost = "shutdown could not deliver 1 span, 20 log records";
        assert_eq!(shutdown_error().to_string(), lost);
        let shown = format!("ShutdownError({lost}: connection refused)");
        assert_eq!(format!("{:?}", shutdown_error()), shown);
    }

    #[test]
    fn each_loss_has_its_cause_and_the_first_one_is_the_source() {
        let error = shutdown_error();
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("connection refused"));
        assert_eq!(error.cause(Signal::Traces), Some("connection refused"));
        assert_eq!(error.cause(Signal::Logs), Some("the shutdown timeout came first"));
        assert_eq!(error.cause(Signal::Metrics), None);
    }
}
