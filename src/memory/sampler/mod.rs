//! The thread `beacon-memory`: samples at an interval, and hangs in nothing.

mod helper;
mod probe;
mod round;
mod shares;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use opentelemetry::metrics::Meter;
use tokio::sync::oneshot;

use crate::clock::SharedClock;
use crate::config::MemorySettings;
use crate::diagnostics::Diagnostics;
use crate::error::InitError;
use crate::memory::board::Board;
use crate::memory::instruments::Groups;
use crate::memory::latest::Latest;
use crate::memory::sampler::round::Rounds;
use crate::memory::sources::SystemRoot;
use crate::memory::watch::Watch;
use crate::memory::{instruments, sources};
use crate::suppression::suppress_thread;
use crate::wait::wait_for;

pub(crate) use probe::{Read, Source};

/// What the sampler needs of the rest.
#[derive(Debug)]
pub(crate) struct SamplerParts {
    pub(crate) settings: MemorySettings,
    pub(crate) clock: SharedClock,
    pub(crate) voice: Arc<Diagnostics>,
    /// Where the instruments go; `None`: metrics go nowhere, and samples are taken all the same.
    pub(crate) meter: Option<Meter>,
    /// Whether the process was found to run in a container.
    pub(crate) is_in_container: bool,
}

/// A handle on the sampling thread.
#[derive(Debug)]
pub(crate) struct MemorySampler {
    latest: Arc<Latest>,
    is_stopping: Arc<AtomicBool>,
    /// Beside its handle, so that nobody who tells it to stop waits for whoever waits for its end.
    thread: Thread,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    thread: JoinHandle<()>,
    ended: oneshot::Receiver<()>,
}

impl MemorySampler {
    /// Starts the thread. The first sample is taken at once, and not waited for.
    pub(crate) fn start(parts: SamplerParts, watch: Watch) -> Result<Self, InitError> {
        let all = sources::all(&SystemRoot::default(), &parts.settings);
        Self::start_with(parts, all, SOURCE_TIMEOUT, watch)
    }

    fn start_with(
        parts: SamplerParts,
        sources: Vec<Source>,
        source_timeout: Duration,
        watch: Watch,
    ) -> Result<Self, InitError> {
        let interval = parts.settings.sample_interval;
        let stale_after = interval.saturating_mul(STALE_INTERVALS);
        let board = Arc::new(Board::new(Arc::clone(&parts.clock), stale_after));
        let latest = Arc::new(Latest::new(Arc::clone(&parts.clock), Arc::clone(&board)));
        if let Some(meter) = &parts.meter {
            let groups = Groups {
                container: parts.settings.container_metrics && parts.is_in_container,
                system: parts.settings.system_metrics,
                utilization: parts.settings.utilization_metrics,
            };
            instruments::register(meter, &board, groups);
        }
        let is_stopping = Arc::new(AtomicBool::new(false));
        let rounds =
            Rounds::new(sources, source_timeout, &latest, &parts.voice, &is_stopping, watch);
        let (end, ended) = oneshot::channel();
        let clock = parts.clock;
        let thread = thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || {
                run(rounds, &clock, interval);
                // Nobody may be waiting.
                let _ = end.send(());
            })
            .map_err(|source| InitError::Thread { name: THREAD_NAME, source })?;
        let own = thread.thread().clone();
        let running = Mutex::new(Some(Running { thread, ended }));
        Ok(Self { latest, is_stopping, thread: own, running })
    }

    /// What was sampled last.
    pub(crate) const fn latest(&self) -> &Arc<Latest> {
        &self.latest
    }

    /// Tells the thread to end, and does not wait.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.thread.unpark();
    }

    /// Ends the thread, and waits for it at most for `limit`. A source that hangs is not waited
    /// for: its thread ends when it comes back.
    pub(crate) fn end(&self, limit: Duration) {
        self.stop();
        if self.thread.id() == thread::current().id() {
            // It cannot wait for itself.
            return;
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Running { mut ended, thread }) = running.take() else { return };
        // An answer that never comes because the thread has panicked is an answer as well.
        if wait_for(&mut ended, limit).is_some() {
            // A panic on the thread was reported where it happened, and nothing is left to do.
            drop(thread.join());
        } else {
            *running = Some(Running { thread, ended });
        }
    }
}

impl Drop for MemorySampler {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(mut rounds: Rounds, clock: &SharedClock, interval: Duration) {
    let _suppressed = suppress_thread();
    while !rounds.is_stopping() {
        rounds.sample();
        // From the end of one sample to the start of the next: one that took long is not followed
        // by a burst.
        let next = clock.now().saturating_add(interval);
        while clock.now() < next && !rounds.is_stopping() {
            clock.park_until(next);
        }
    }
    rounds.end();
}

/// The name of the sampling thread.
const THREAD_NAME: &str = "beacon-memory";

/// How long a source may take. A file of `/proc` takes microseconds; what takes this long hangs.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(1);

/// A sample that is older than this many intervals is not shown any more.
const STALE_INTERVALS: u32 = 4;

#[cfg(test)]
mod tests;
