//! Runtimes and unfinished spans of one telemetry.

use tokio::runtime::Handle;

use crate::logging::LiveSpan;
use crate::task::ObserveRuntimeError;
use crate::telemetry::Telemetry;

impl Telemetry {
    /// Returns the spans of `tracing` that this telemetry records and that have not ended, the
    /// oldest first. As [`logging::live_spans`](crate::logging::live_spans), for telemetry that is
    /// not installed.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::Telemetry;
    /// use tracing_subscriber::layer::SubscriberExt as _;
    ///
    /// let telemetry = Telemetry::builder().build()?;
    /// let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    /// tracing::subscriber::with_default(subscriber, || {
    ///     let span = tracing::info_span!("import");
    ///     assert_eq!(telemetry.live_spans()[0].name, "import");
    ///     drop(span);
    ///     assert!(telemetry.live_spans().is_empty());
    /// });
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn live_spans(&self) -> Vec<LiveSpan> {
        self.pipeline.live_spans()
    }

    /// Observes a runtime, as [`task::observe_runtime`](crate::task::observe_runtime) does for the
    /// telemetry that is installed. Telemetry that is built observes none by itself.
    ///
    /// # Errors
    ///
    /// This telemetry does not watch runtimes, or not any more; another runtime has the name; there
    /// are 16 already.
    ///
    /// # Examples
    ///
    /// ```
    /// let telemetry = beacon::Telemetry::builder().build()?;
    /// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    /// telemetry.observe_runtime("ingest", runtime.handle())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn observe_runtime(&self, name: &str, runtime: &Handle) -> Result<(), ObserveRuntimeError> {
        self.pipeline.observe_runtime(name, runtime)
    }
}
