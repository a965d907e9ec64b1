//! Where the requests of one signal go: OTLP, the console, or both.

use std::fmt;
use std::io;

use crate::export::metrics::Destination;
use crate::export::wire::{Console, Outcome, PrepareError, Prepared, Wire};

/// The destinations of one signal. The console is a copy when there is an OTLP destination, and
/// the destination itself when there is none.
#[derive(Debug)]
pub(crate) struct Sink {
    wire: Option<Wire>,
    console: Option<Console>,
}

/// Why a request cannot even be attempted.
#[derive(Debug)]
pub(crate) enum SinkError {
    Console(io::Error),
    Prepare(PrepareError),
}

/// A request that is ready to be attempted any number of times.
#[derive(Clone, Debug)]
pub(crate) enum Ready {
    /// The console has it; that is all.
    Written,
    Wire(Prepared),
}

impl Sink {
    pub(crate) fn new(wire: Option<Wire>, console: Option<Console>) -> Self {
        Self { wire, console }
    }

    /// The destination as the self-metrics tell it.
    pub(crate) fn destination(&self) -> Destination {
        match &self.wire {
            Some(wire) => Destination {
                exporter_type: wire.component_type(),
                server: Some((
                    wire.target().server_address().to_owned(),
                    wire.target().server_port(),
                )),
            },
            None => Destination { exporter_type: "Console", server: None },
        }
    }

    /// Transcodes and compresses, once for all attempts.
    pub(crate) fn prepare(&self, body: Vec<u8>, bytes_max: usize) -> Result<Ready, SinkError> {
        let for_console = self.console.as_ref().map(|console| (console, body.clone()));
        let ready = match &self.wire {
            Some(wire) => Ready::Wire(wire.prepare(body, bytes_max).map_err(SinkError::Prepare)?),
            None => Ready::Written,
        };
        if let Some((console, body)) = for_console {
            let written = console.write(&body);
            // With an OTLP destination the console is a courtesy: it loses lines, not items.
            if self.wire.is_none() {
                written.map_err(SinkError::Console)?;
            }
        }
        Ok(ready)
    }

    pub(crate) async fn attempt(&self, ready: &Ready) -> Outcome {
        match (ready, &self.wire) {
            (Ready::Wire(prepared), Some(wire)) => wire.attempt(prepared).await,
            _ => Outcome::Delivered { rejected: 0, advice: None, status: None },
        }
    }
}

impl fmt::Display for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.wire, &self.console) {
            (Some(wire), None) => write!(f, "{}", wire.target()),
            (Some(wire), Some(_)) => write!(f, "{} and the console", wire.target()),
            (None, _) => f.write_str("the console"),
        }
    }
}
