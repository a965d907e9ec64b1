//! What a person at a terminal sees while the demo runs.

use std::future::pending;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::Ordering;
use std::time::Duration;

use beacon::Diagnostic;
use tokio::time::{Instant, interval};

use crate::demo::load::Load;

/// One line on standard error that is written again and again; nothing if that is no terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    is_terminal: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal() }
    }

    /// Shows how far the load is. Never ends.
    pub(super) async fn show(self, load: &Load, total: Duration) {
        if !self.is_terminal {
            return pending().await;
        }
        let began = Instant::now();
        let mut ticks = interval(PERIOD);
        loop {
            ticks.tick().await;
            let requests = load.requests.load(Ordering::Relaxed);
            let errors = load.server_errors.load(Ordering::Relaxed);
            let (elapsed, total) = (began.elapsed().as_secs(), total.as_secs());
            write_line(&format!(
                "{CLEAR_LINE}{elapsed} of {total} s: {requests} requests, {errors} failed"
            ));
        }
    }

    /// Removes the line.
    pub(super) fn clear(self) {
        if self.is_terminal {
            write_line(CLEAR_LINE);
        }
    }

    /// Prints what beacon says about itself, not behind the line but in its place.
    pub(super) fn say(self, diagnostic: &Diagnostic) {
        let clear = if self.is_terminal { CLEAR_LINE } else { "" };
        write_line(&format!("{clear}{diagnostic}\n"));
    }
}

fn write_line(text: &str) {
    let mut stderr = io::stderr().lock();
    // Standard error that cannot be written leaves nobody to tell.
    drop(stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()));
}

/// Back to the first column, then delete up to the end of the line.
///
/// Source: <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>, EL.
const CLEAR_LINE: &str = "\r\x1b[K";
const PERIOD: Duration = Duration::from_millis(200);
