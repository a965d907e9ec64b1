//! Where the requests of one signal go: OTLP, the console, or both.

use std::fmt;
use std::io::Stdout;
use std::sync::{Mutex, PoisonError};

use crate::Signal;
use crate::export::metrics::Destination;
use crate::export::wire::{Console, ConsoleError, Outcome, PrepareError, Prepared, Wire};

/// The destinations of one signal. The console is a copy when there is an OTLP destination, and
/// the destination itself when there is none.
#[derive(Debug)]
pub(crate) struct Sink {
    wire: Option<Wire>,
    console: Option<Mutex<Console<Stdout>>>,
}

/// A request that is ready to be attempted any number of times.
#[derive(Clone, Debug)]
pub(crate) enum Ready {
    /// The console has it; that is all.
    Written,
    Wire(Prepared),
}

impl Sink {
    pub(crate) fn new(wire: Option<Wire>, console: Option<Console<Stdout>>) -> Self {
        Self { wire, console: console.map(Mutex::new) }
    }

    /// The destination as the self-metrics tell it.
    pub(crate) fn destination(&self) -> Destination {
        match &self.wire {
            Some(wire) => Destination {
                exporter_type: wire.component_type(),
                server: Some((wire.server_address().to_owned(), wire.server_port())),
            },
            None => Destination { exporter_type: "Console", server: None },
        }
    }

    /// Tells whether the console is all there is: what it loses is lost.
    pub(crate) fn is_console_only(&self) -> bool {
        self.wire.is_none()
    }

    /// Shows a request on the console, if there is one. Blocks as long as standard output does.
    pub(crate) fn show(&self, signal: Signal, body: &[u8]) -> Result<(), ConsoleError> {
        match &self.console {
            None => Ok(()),
            Some(console) => {
                console.lock().unwrap_or_else(PoisonError::into_inner).write(signal, body)
            }
        }
    }

    /// Transcodes and compresses, once for all attempts.
    pub(crate) fn prepare(&self, body: Vec<u8>, bytes_max: usize) -> Result<Ready, PrepareError> {
        match &self.wire {
            Some(wire) => wire.prepare(body, bytes_max).map(Ready::Wire),
            None => Ok(Ready::Written),
        }
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
