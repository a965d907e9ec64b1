//! How a service chooses what differs from the defaults.

mod delivery;
mod destination;
mod limits;
mod lines;
mod logging;
mod memory;
mod recording;
mod runtime;

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use crate::clock::{SharedClock, SystemClock};
use crate::config::{Environment, Overrides, key};
use crate::diagnostics::{Diagnostic, DiagnosticHook};
use crate::error::InitError;
use crate::install;
use crate::logging::LogConsole;
use crate::memory::LeakCallback;
use crate::telemetry::{Start, Telemetry};

/// Collects settings; [`install`](Self::install) or [`build`](Self::build) starts telemetry.
///
/// What is set here beats every variable. What is not set comes from `OTEL_*` and `BEACON_*`
/// variables, then from the defaults: see [the manual](crate::manual::environment).
///
/// A setter only remembers: a value out of range is an [`InitError`] at the end that names the
/// setter, the value and what is accepted.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use beacon::Telemetry;
/// use beacon::config::{Environment, Protocol};
///
/// let telemetry = Telemetry::builder()
///     .environment(Environment::empty())
///     .service_name("checkout")
///     .endpoint("http://127.0.0.1:4317")
///     .protocol(Protocol::Grpc)
///     .shutdown_timeout(Duration::from_millis(100))
///     .build()?;
/// # drop(telemetry);
/// # Ok::<(), beacon::InitError>(())
/// ```
#[must_use = "a builder does nothing until `install` or `build`"]
#[derive(Clone)]
pub struct TelemetryBuilder {
    overrides: Overrides,
    environment: Option<Environment>,
    hook: Option<DiagnosticHook>,
    leak_callback: Option<LeakCallback>,
    is_on_stderr: bool,
    clock: SharedClock,
    /// `None`: memory is watched by `clock`.
    memory_clock: Option<SharedClock>,
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}

impl TelemetryBuilder {
    pub(crate) fn new() -> Self {
        Self {
            overrides: Overrides::default(),
            environment: None,
            hook: None,
            leak_callback: None,
            is_on_stderr: true,
            clock: Arc::new(SystemClock::new()),
            memory_clock: None,
        }
    }

    /// Starts telemetry for the process: becomes the global `tracing` subscriber and the global
    /// OpenTelemetry providers and propagator. Once per process, atomically.
    ///
    /// # Errors
    ///
    /// A wrong setting; a second call, also from another thread at the same time; a global
    /// subscriber of someone else (use [`build`](Self::build) and [`Telemetry::layer`] then); a
    /// thread that the system refuses. After an error nothing is installed and nothing runs. A
    /// collector that cannot be reached is not an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::Telemetry;
    ///
    /// let telemetry = Telemetry::builder().disabled(true).install()?;
    /// let again = Telemetry::builder().install().unwrap_err().to_string();
    /// assert!(again.starts_with("telemetry is already installed, by the call at "));
    /// # drop(telemetry);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    #[track_caller]
    pub fn install(self) -> Result<Telemetry, InitError> {
        install::install(self, Location::caller())
    }

    /// Starts telemetry without touching any global: several can live side by side in a process.
    ///
    /// Put [`Telemetry::layer`] on a subscriber of your own. It shows lines on the console only
    /// when [`log_console`](Self::log_console) or its variable says so, since that subscriber
    /// most likely does so already.
    ///
    /// # Errors
    ///
    /// As [`install`](Self::install), without those that concern globals.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::Telemetry;
    ///
    /// let first = Telemetry::builder().disabled(true).build()?;
    /// let second = Telemetry::builder().disabled(true).build()?;
    /// # drop((first, second));
    ///
    /// let wrong = Telemetry::builder().queue_bytes(12).build().unwrap_err();
    /// let wrong = wrong.to_string();
    /// assert!(wrong.starts_with("invalid `TelemetryBuilder::queue_bytes`: expected a size"));
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn build(self) -> Result<Telemetry, InitError> {
        let telemetry = self.start(LogConsole::Off)?;
        telemetry.say_started();
        Ok(telemetry)
    }

    /// Starts telemetry, and leaves it to the caller to say so.
    /// `console` is where lines are shown when nobody says.
    pub(crate) fn start(self, console: LogConsole) -> Result<Telemetry, InitError> {
        Telemetry::start(Start {
            environment: self.environment.unwrap_or_else(Environment::from_process),
            overrides: self.overrides,
            hook: self.hook,
            leak_callback: self.leak_callback,
            is_on_stderr: self.is_on_stderr,
            console,
            memory_clock: self.memory_clock.unwrap_or_else(|| Arc::clone(&self.clock)),
            clock: self.clock,
        })
    }

    /// Reads variables from here and not from the process. Default: the process's.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Receives everything that beacon says about itself, besides standard error. Default: no hook.
    ///
    /// It is called on one of beacon's threads, or on the one that starts or ends telemetry. A hook
    /// that panics is ignored; a hook that blocks blocks delivery. Do not log with `tracing` in it
    /// what should be sent: on beacon's threads nothing is recorded.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    ///
    /// use beacon::config::Environment;
    /// use beacon::{DiagnosticLevel, Telemetry};
    ///
    /// let (sender, receiver) = mpsc::channel();
    /// let telemetry = Telemetry::builder()
    ///     .environment(Environment::empty())
    ///     .disabled(true)
    ///     .diagnostic_hook(move |diagnostic| drop(sender.send(diagnostic.clone())))
    ///     .build()?;
    /// let said = receiver.recv()?;
    /// assert_eq!(said.level, DiagnosticLevel::Info);
    /// assert_eq!(said.message, "disabled; by code: disabled=true");
    /// # drop(telemetry);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn diagnostic_hook(mut self, hook: impl Fn(&Diagnostic) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// Keeps what beacon says about itself off standard error. Default: it goes there.
    pub fn diagnostics_off_stderr(mut self) -> Self {
        self.is_on_stderr = false;
        self
    }

    /// Takes time from a clock that a test drives. Default: the system's clock.
    #[cfg(feature = "testing")]
    pub fn manual_clock(mut self, clock: crate::testing::ManualClock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Switches all three signals off: no thread, no recording; propagators stay. Default:
    /// `OTEL_SDK_DISABLED`, else false.
    pub fn disabled(mut self, is_disabled: bool) -> Self {
        self.overrides.set(key::DISABLED, is_disabled);
        self
    }

    /// Sets `service.name`. Default: `OTEL_SERVICE_NAME`, else `service.name` of
    /// `OTEL_RESOURCE_ATTRIBUTES`, else `unknown_service:` and the name of the executable.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.overrides.set(key::SERVICE_NAME, name.into());
        self
    }

    /// Adds an attribute to the resource; it beats detectors and `OTEL_RESOURCE_ATTRIBUTES`. The
    /// last value of a name wins; an empty name is an [`InitError`].
    ///
    /// A backend tells versions and environments of a service apart by `service.version` and
    /// `deployment.environment.name`, which nobody but you can know:
    ///
    /// ```
    /// # let builder = beacon::Telemetry::builder().disabled(true);
    /// let builder = builder
    ///     .resource_attribute("service.version", env!("CARGO_PKG_VERSION"))
    ///     .resource_attribute("deployment.environment.name", "staging");
    /// # drop(builder.build()?);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn resource_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.overrides.add_pair(key::RESOURCE_ATTRIBUTES, name.into(), value.into());
        self
    }
}
