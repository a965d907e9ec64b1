//! The only place that touches globals: once per process, all or nothing.

use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use crate::builder::TelemetryBuilder;
use crate::error::InitError;
use crate::logging::LogConsole;
use crate::telemetry::Telemetry;

/// Where telemetry was installed. Held locked during the whole installation, so that of two
/// callers that race one installs and the other learns who it was.
static INSTALLED_AT: Mutex<Option<&'static Location<'static>>> = Mutex::new(None);

pub(crate) fn install(
    builder: TelemetryBuilder,
    caller: &'static Location<'static>,
) -> Result<Telemetry, InitError> {
    let mut installed_at = INSTALLED_AT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(first) = *installed_at {
        return Err(InitError::AlreadyInstalled { first });
    }
    let telemetry = builder.start(LogConsole::Stdout)?;
    // To set a subscriber is the only way to learn whether another one is there: `has_been_set`
    // also tells of subscribers that belonged to one thread for a while.
    if !telemetry.set_global_subscriber() {
        telemetry.discard();
        return Err(InitError::ForeignSubscriber);
    }
    telemetry.set_global_providers();
    telemetry.set_installed();
    *installed_at = Some(caller);
    // A hook is the user's code, and may ask for anything.
    drop(installed_at);
    telemetry.say_started();
    Ok(telemetry)
}
