//! Runtimes that can be seen: their metrics, and who blocks them.

mod config;
mod instruments;
mod judge;
mod marks;
mod observed;
mod probe;
#[cfg(not(tokio_unstable))]
mod stable;
mod stall;
mod tell;
#[cfg(tokio_unstable)]
mod unstable;
mod watch;

use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;

pub use config::RuntimeConfig;
pub(crate) use marks::{Mark, mark_name, mark_span};
pub use observed::ObserveRuntimeError;
pub(crate) use watch::{RuntimeWatch, RuntimeWatchParts};

#[cfg(not(tokio_unstable))]
use stable as further;
#[cfg(tokio_unstable)]
use unstable as further;

static INSTALLED: OnceLock<Arc<RuntimeWatch>> = OnceLock::new();

/// Makes this the watch of the process, and observes the runtime that the caller is in. Once per
/// process, as installation is.
pub(crate) fn set_installed_runtime_watch(watch: &Arc<RuntimeWatch>) {
    // The caller holds the lock of installation, so a second one never comes here.
    INSTALLED.get_or_init(|| Arc::clone(watch));
    if let Ok(handle) = Handle::try_current() {
        let name = handle.name().unwrap_or(DEFAULT_NAME);
        // It is the first, and the watch has just begun.
        watch.observe(name, &handle).unwrap_or_default();
    }
}

/// Observes a runtime: its `tokio.*` metrics are emitted under this name, and its workers are told
/// when they are blocked.
///
/// The runtime in which telemetry was installed is observed already, under its own name or as
/// `main`; observing it again renames it. A runtime is forgotten when it is dropped. On the runtime
/// this costs one task, which is woken once a second while there is other work.
///
/// For telemetry that is not installed there is
/// [`Telemetry::observe_runtime`](crate::Telemetry::observe_runtime).
///
/// # Errors
///
/// No telemetry is installed, or it does not watch runtimes; another runtime has the name; there
/// are 16 already.
///
/// # Examples
///
/// ```
/// use beacon::task::observe_runtime;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = beacon::init_telemetry()?;
/// let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
/// observe_runtime("ingest", runtime.handle())?;
/// # drop((runtime, telemetry));
/// # Ok(())
/// # }
/// ```
pub fn observe_runtime(name: &str, runtime: &Handle) -> Result<(), ObserveRuntimeError> {
    let watch = INSTALLED.get().ok_or(ObserveRuntimeError::NotInstalled)?;
    watch.observe(name, runtime)
}

/// What a runtime without a name is called when telemetry is installed in it.
const DEFAULT_NAME: &str = "main";
