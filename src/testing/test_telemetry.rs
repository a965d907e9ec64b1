//! Telemetry for one test.

use std::future::Future;

use opentelemetry::metrics::Meter;
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

use super::TestError;
use super::heard::Heard;
use super::interest::keep_asking;
use super::scope::{EnteredTest, InTest};
use crate::builder::TelemetryBuilder;
use crate::collector::Collector;
use crate::config::Environment;
use crate::memory::MemoryConfig;
use crate::task::RuntimeConfig;
use crate::telemetry::Telemetry;

/// Captures what the code under test records. Start one in each test.
///
/// It is a whole [`Telemetry`] that delivers to a [`Collector`] inside the process, so a test sees
/// what a backend would see. It touches no globals and reads no environment: tests with telemetry
/// of their own run in parallel, with different filters too.
///
/// What runs inside of [`enter`](Self::enter), [`with`](Self::with) and
/// [`capture`](Self::capture) is captured. Everything that reads first delivers what has been
/// recorded, by blocking for a few milliseconds; this works in every runtime and none.
///
/// A span is captured when it ends: when its last handle is dropped. Messages about something
/// missing tell how many spans were entered and had not ended.
///
/// Memory is not sampled, unless the test [says so](crate::TelemetryBuilder::memory).
///
/// Dropping it ends its threads within the shutdown timeout, normally at once, and prints nothing.
///
/// # Examples
///
/// ```
/// use beacon::testing::{TestError, TestTelemetry};
/// use tracing::{info, info_span};
///
/// fn greet(name: &str) {
///     info_span!("greet", name).in_scope(|| info!("hello"));
/// }
///
/// fn greeting_is_traced() -> Result<(), TestError> {
///     let test = TestTelemetry::start()?;
///     test.with(|| greet("Ada"));
///
///     let span = test.span("greet")?;
///     assert_eq!(span.attribute("name")?, "Ada");
///     span.log("hello")?;
///     Ok(())
/// }
/// # greeting_is_traced().unwrap();
/// ```
#[derive(Debug)]
pub struct TestTelemetry {
    // In the order in which they end: the recording, the delivery, the receiver.
    dispatch: Dispatch,
    pub(super) telemetry: Telemetry,
    pub(super) collector: Collector,
    pub(super) heard: Heard,
}

impl TestTelemetry {
    /// Starts telemetry that captures spans and events of every level.
    ///
    /// # Errors
    ///
    /// When the system refuses a port or a thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// test.with(|| tracing::trace!("seen"));
    /// test.log("seen")?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    #[track_caller]
    pub fn start() -> Result<Self, TestError> {
        Self::start_with(|builder| builder)
    }

    /// Starts telemetry with settings of the test's own: filters, a sampler, variables as a map, a
    /// [`ManualClock`](super::ManualClock).
    ///
    /// The endpoint is replaced, and nothing goes to standard error. Everything else holds as in a
    /// service, so a signal that is switched off, or has an endpoint of its own, is not captured.
    ///
    /// # Errors
    ///
    /// When a setting is wrong, or the system refuses a port or a thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start_with(|builder| builder.log_filter("warn"))?;
    /// test.with(|| {
    ///     tracing::info!("quiet");
    ///     tracing::warn!("loud");
    /// });
    /// assert_eq!(test.logs()?.len(), 1);
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    #[track_caller]
    pub fn start_with(
        configure: impl FnOnce(TelemetryBuilder) -> TelemetryBuilder,
    ) -> Result<Self, TestError> {
        keep_asking();
        let collector = match Collector::start() {
            Ok(collector) => collector,
            Err(error) => return Err(TestError::caused("cannot start the collector", error)),
        };
        let heard = Heard::default();
        let ear = heard.clone();
        let builder = Telemetry::builder()
            .environment(Environment::empty())
            .trace_filter("trace")
            .log_filter("trace")
            .diagnostic_hook(move |diagnostic| ear.push(diagnostic))
            // A test asks for what its code records; memory is sampled when the test says so.
            .memory(MemoryConfig::disabled())
            .runtime(RuntimeConfig::disabled())
            // What happened at the same time arrives in the same order in every run.
            .requests_in_flight(1);
        let builder = configure(builder).endpoint(collector.endpoint()).diagnostics_off_stderr();
        let telemetry = match builder.build() {
            Ok(telemetry) => telemetry,
            Err(error) => return Err(TestError::caused("cannot start telemetry", error)),
        };
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        Ok(Self { dispatch: Dispatch::new(subscriber), telemetry, collector, heard })
    }

    /// Captures what this thread records until the guard is dropped.
    ///
    /// In a test on a current-thread runtime, the default of `#[tokio::test]`, this includes
    /// every spawned task. For other threads see [`capture`](Self::capture) and
    /// [`with`](Self::with).
    ///
    /// Spans that surround the scope are not parents of what is captured.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// let _entered = test.enter();
    /// tracing::info!("seen");
    /// test.log("seen")?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub fn enter(&self) -> EnteredTest<'_> {
        EnteredTest::new(&self.dispatch)
    }

    /// Captures what this thread records during the call. Call it on each thread that the test
    /// starts by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| test.with(|| tracing::info!("from a thread")));
    /// });
    /// test.log("from a thread")?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub fn with<T>(&self, run: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        run()
    }

    /// Captures what the future records, on whatever threads it is polled.
    ///
    /// A task that it spawns on a runtime of several threads is captured when it is spawned with
    /// [`with_current_subscriber`](tracing::instrument::WithSubscriber::with_current_subscriber).
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let test = TestTelemetry::start()?;
    /// test.capture(async { tracing::info!("seen") }).await;
    /// test.log("seen")?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// # })?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub fn capture<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        InTest::new(self.dispatch.clone(), future)
    }

    /// Returns the telemetry behind it: its health, its counts, its layer for a subscriber of the
    /// test's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    /// use tracing_subscriber::layer::SubscriberExt as _;
    ///
    /// let test = TestTelemetry::start()?;
    /// let own = tracing_subscriber::registry().with(test.telemetry().layer());
    /// tracing::subscriber::with_default(own, || tracing::info!("seen"));
    /// test.log("seen")?;
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub const fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Returns a meter whose metrics are captured. Give it to the code under test.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::testing::TestTelemetry;
    ///
    /// let test = TestTelemetry::start()?;
    /// let temperature = test.meter("oven").i64_gauge("oven.temperature").build();
    /// temperature.record(180, &[]);
    /// assert_eq!(test.metric("oven.temperature")?.value(&[])?.as_i64(), Some(180));
    /// # Ok::<(), beacon::testing::TestError>(())
    /// ```
    pub fn meter(&self, name: &'static str) -> Meter {
        self.telemetry.meter(name)
    }
}
