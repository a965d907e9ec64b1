//! The runtime behind [`run_async`](super::run_async): its timers, its connections, and the tasks
//! that are spawned from there.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

use crate::wait::wait_for;

static BACKGROUND: Mutex<Option<Background>> = Mutex::new(None);

struct Background {
    runtime: Runtime,
    /// Calls that may need it.
    users: u64,
}

/// Keeps the runtime alive.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) handle: Handle,
}

impl User {
    /// Starts the runtime if it does not run.
    ///
    /// # Errors
    ///
    /// The system gave no thread, or nothing to wait on.
    pub(crate) fn new() -> io::Result<Self> {
        let mut slot = lock();
        let background = match &mut *slot {
            Some(background) => background,
            None => slot.insert(Background { runtime: start()?, users: 0 }),
        };
        background.users = background.users.saturating_add(1);
        Ok(Self { handle: background.runtime.handle().clone() })
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(background) = &mut *lock() {
            background.users = background.users.saturating_sub(1);
        }
    }
}

/// One worker is enough, and of the flavor with workers: a task on it that blocks in a further
/// `run_async` leaves its place to another thread.
fn start() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).enable_all().thread_name(THREAD_NAME).build()
}

/// Ends the runtime, unless a call may still need it; tasks that were spawned on it are dropped. It
/// starts again when it is needed again. Waits for its threads, at most for `limit`.
pub(crate) fn end_when_idle(limit: Duration) {
    let background = lock().take_if(|background| background.users == 0);
    let Some(Background { runtime, .. }) = background else { return };
    // To wait for a runtime is forbidden to whoever is on one.
    let runtime = Arc::new(Mutex::new(Some(runtime)));
    let other = Arc::clone(&runtime);
    let (done, ended) = oneshot::channel();
    let thread = thread::Builder::new().name("beacon-wait".to_owned()).spawn(move || {
        if let Some(runtime) = take(&other) {
            runtime.shutdown_timeout(limit);
        }
        // Who has stopped waiting does not need to know.
        done.send(()).unwrap_or_default();
    });
    match thread {
        Ok(thread) if wait_for(ended, limit).is_some() => drop(thread.join()),
        Ok(_) => {}
        Err(_) => {
            if let Some(runtime) = take(&runtime) {
                runtime.shutdown_background();
            }
        }
    }
}

fn take(runtime: &Mutex<Option<Runtime>>) -> Option<Runtime> {
    runtime.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Completes after this time, whatever runtime it is polled on, and whether that has a timer or not.
/// Never completes where the system gives no thread.
pub(crate) async fn timer(limit: Duration) {
    let Ok(user) = User::new() else { return std::future::pending().await };
    let sleep = {
        let _entered = user.handle.enter();
        tokio::time::sleep(limit)
    };
    sleep.await;
}

fn lock() -> MutexGuard<'static, Option<Background>> {
    BACKGROUND.lock().unwrap_or_else(PoisonError::into_inner)
}

const THREAD_NAME: &str = "beacon-async";
