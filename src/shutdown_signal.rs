//! Waiting for the word that a service is to end.

use std::future::Future;
use std::{io, thread};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// The name of the thread that waits.
const THREAD_NAME: &str = "beacon-signal";

/// Completes when the process is asked to end: on `SIGTERM` or ctrl-c on Unix, on ctrl-c elsewhere.
///
/// Works in every runtime and none, since a thread of beacon's waits; it ends with the future. The
/// handlers are in place as soon as the future has been polled once, and stay for the life of the
/// process: from then on these signals no longer end it by themselves, also when the future is
/// dropped.
///
/// # Errors
///
/// When the system refuses the handlers or the thread. Nothing waits then, and whoever ignores the
/// error ends at once.
///
/// # Examples
///
/// ```
/// # async fn serve() {}
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// // … `let telemetry = beacon::init_telemetry()?;` …
/// tokio::select! {
///     () = serve() => {}
///     asked = beacon::shutdown_signal() => asked?,
/// }
/// // … `telemetry.shutdown().await?;` …
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn shutdown_signal() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let asked = register(&runtime)?;
    let (mut reply, answer) = oneshot::channel();
    let thread = thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || {
        let outcome = runtime.block_on(async {
            tokio::select! {
                outcome = asked => outcome,
                () = reply.closed() => Ok(()),
            }
        });
        // Nobody waits any more when the future was dropped.
        drop(reply.send(outcome));
    })?;
    let outcome = answer.await;
    // It has nothing left to do. A panic on it was reported where it happened.
    drop(thread.join());
    outcome.unwrap_or_else(|_| Err(io::Error::other("the thread that waits for signals ended")))
}

/// Puts the handlers in place.
#[cfg(unix)]
fn register(runtime: &Runtime) -> io::Result<impl Future<Output = io::Result<()>> + Send + use<>> {
    use tokio::signal::unix::{SignalKind, signal};

    let _entered = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}

#[cfg(not(unix))]
fn register(_runtime: &Runtime) -> io::Result<impl Future<Output = io::Result<()>> + Send + use<>> {
    Ok(tokio::signal::ctrl_c())
}
