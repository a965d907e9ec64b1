//! Standard output and standard error as targets of lines.

use std::io::{self, IsTerminal as _, Write};

use crate::logging::lines::batch::{Batch, write_counting};
use crate::logging::lines::writer::{LineLoss, LineTarget};

/// One of the process's two streams, with the lock that `print` takes as well: lines do not mix
/// with what the service prints by itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum ConsoleStream {
    Stderr,
    Stdout,
}

impl ConsoleStream {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Stderr => "standard error",
            Self::Stdout => "standard output",
        }
    }

    pub(super) fn is_terminal(self) -> bool {
        match self {
            Self::Stderr => io::stderr().is_terminal(),
            Self::Stdout => io::stdout().is_terminal(),
        }
    }
}

/// Lines on the console. A stream that nobody reads any more fails, and nothing else happens.
#[derive(Debug)]
pub(super) struct ConsoleTarget {
    stream: ConsoleStream,
    /// The last line was written in part.
    is_torn: bool,
}

impl ConsoleTarget {
    pub(super) const fn new(stream: ConsoleStream) -> Self {
        Self { stream, is_torn: false }
    }

    fn write_to(&mut self, out: &mut impl Write, lines: &Batch) -> Result<(), LineLoss> {
        if self.is_torn {
            if let (_, Err(cause)) = write_counting(out, b"\n") {
                return Err(LineLoss { lines: lines.len(), cause });
            }
            self.is_torn = false;
        }
        let (written, outcome) = write_counting(out, lines.bytes());
        let Err(cause) = outcome.and_then(|()| out.flush()) else { return Ok(()) };
        // What failed to leave the buffer of the stream counts as written: nobody knows how much.
        self.is_torn = written > 0 && lines.ends().binary_search(&written).is_err();
        Err(LineLoss { lines: lines.lines_beyond(written).max(1), cause })
    }
}

impl LineTarget for ConsoleTarget {
    fn write(&mut self, lines: &Batch) -> Result<(), LineLoss> {
        match self.stream {
            ConsoleStream::Stderr => self.write_to(&mut io::stderr().lock(), lines),
            ConsoleStream::Stdout => self.write_to(&mut io::stdout().lock(), lines),
        }
    }
}
