//! A thread for what has to happen later, where there is no export thread to do it: filters of
//! lines go back in time also while telemetry is disabled.

use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::error::InitError;
use crate::export::courier::Spawner;
use crate::suppression::{mark_thread, suppress_thread};

/// Ends the thread when dropped, without waiting.
#[derive(Debug)]
pub(crate) struct TimerThread {
    spawner: Spawner,
    _life: oneshot::Sender<()>,
}

impl TimerThread {
    /// # Errors
    ///
    /// The system gave no thread.
    pub(crate) fn start() -> Result<Self, InitError> {
        let failed = |source| InitError::Thread { name: THREAD_NAME, source };
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .thread_name("beacon-timer-io")
            .on_thread_start(mark_thread)
            .max_blocking_threads(1)
            .build()
            .map_err(failed)?;
        let spawner = Spawner::of(&runtime);
        let (life, end) = oneshot::channel();
        // Detached: it ends with the pipeline and holds nothing that could wait.
        let _detached = thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || run(runtime, end))
            .map_err(failed)?;
        Ok(Self { spawner, _life: life })
    }

    pub(crate) const fn spawner(&self) -> &Spawner {
        &self.spawner
    }
}

fn run(runtime: Runtime, end: oneshot::Receiver<()>) {
    let _suppressed = suppress_thread();
    // Nothing is ever sent: the end of the sender is the end.
    runtime.block_on(end).unwrap_or_default();
    // The filter file may lie on a disk that hangs.
    runtime.shutdown_background();
}

const THREAD_NAME: &str = "beacon-timer";
