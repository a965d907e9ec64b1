//! The result for people.

mod accounts;
mod metrics;
mod tree;

use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::time::Duration;

use beacon::collector::Collector;
use beacon::config::EffectiveConfig;
use beacon::{Signal, TelemetryReport};

use crate::demo::load::Load;
use crate::demo::received::Received;
use crate::demo::target::destination;

/// Everything that is shown at the end.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    pub(super) config: &'a EffectiveConfig,
    pub(super) load: &'a Load,
    pub(super) collector: Option<&'a Collector>,
    pub(super) report: &'a TelemetryReport,
    pub(super) received: Option<Received>,
    pub(super) shutdown: Duration,
    /// The accounts and nothing else.
    pub(super) is_short: bool,
}

impl Summary<'_> {
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if self.is_short {
            return accounts::write(out, self.report, self.received);
        }
        self.write_destinations(out)?;
        if let Some(collector) = self.collector {
            collector.read(|store| {
                tree::write(out, store)?;
                metrics::write(out, store)
            })?;
        } else {
            writeln!(
                out,
                "\nA trace and the metrics can only be shown when they go to the collector inside."
            )?;
        }
        accounts::write(out, self.report, self.received)?;
        writeln!(out, "\nShutdown took {} ms.", self.shutdown.as_millis())
    }

    fn write_destinations(&self, out: &mut impl Write) -> io::Result<()> {
        let requests = self.load.requests.load(Ordering::Relaxed);
        let errors = self.load.server_errors.load(Ordering::Relaxed);
        let unanswered = self.load.unanswered.load(Ordering::Relaxed);
        write!(out, "The client made {requests} requests; {errors} were answered with an error")?;
        if unanswered > 0 {
            write!(out, ", {unanswered} not at all")?;
        }
        let place = match self.collector {
            Some(_) => "the collector inside this command",
            None => "where the arguments and the environment say",
        };
        writeln!(out, ".\nTheir telemetry went to {place}:\n")?;
        for signal in Signal::ALL {
            writeln!(out, "  {:<8} {}", signal.name(), destination(self.config, signal))?;
        }
        Ok(())
    }
}
