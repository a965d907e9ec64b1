//! Where the requests of one signal go: OTLP, the console, or both.

use std::time::SystemTime;

use crate::export::wire::{Console, Outcome, PrepareError, Prepared, Wire};

/// The destinations of one signal. The console is a copy when there is an OTLP destination, and
/// the destination itself when there is none.
#[derive(Debug)]
pub(crate) struct Sink {
    wire: Option<Wire>,
    console: Option<Console>,
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

    pub(crate) fn wire(&self) -> Option<&Wire> {
        self.wire.as_ref()
    }

    /// Transcodes and compresses, once for all attempts.
    pub(crate) fn prepare(&self, body: Vec<u8>, bytes_max: usize) -> Result<Ready, PrepareError> {
        let for_console = self.console.as_ref().map(|console| (console, body.clone()));
        let ready = match &self.wire {
            Some(wire) => Ready::Wire(wire.prepare(body, bytes_max)?),
            None => Ready::Written,
        };
        if let Some((console, body)) = for_console {
            let written = console.write(&body);
            // With an OTLP destination the console is a courtesy: it loses lines, not items.
            if self.wire.is_none() {
                written?;
            }
        }
        Ok(ready)
    }

    pub(crate) async fn attempt(&self, ready: &Ready, wall: SystemTime) -> Outcome {
        match (ready, &self.wire) {
            (Ready::Wire(prepared), Some(wire)) => wire.attempt(prepared, wall).await,
            _ => Outcome::Delivered { rejected: 0, advice: None, status: None },
        }
    }
}
