//! Loggers whose names are known at run time only.

use std::sync::Arc;

use tracing::Level;
use tracing::dispatcher::get_default;
use tracing::level_filters::LevelFilter;

use crate::logging::LogValue;
use crate::logging::named::{self, NamedRecord};

/// Returns a logger of this name: for plug-ins, tenants, other languages.
///
/// In ordinary Rust code the macros of `tracing` are the interface: their call-sites cost next to
/// nothing while they are filtered out, and this costs an allocation or two for each record.
///
/// The name is the target that filters see, and the instrumentation scope in OTLP.
///
/// # Examples
///
/// ```
/// use beacon::logging::get_logger;
/// use beacon::testing::TestTelemetry;
///
/// let test = TestTelemetry::start()?;
/// test.with(|| {
///     let logger = get_logger("plugin.billing");
///     logger.info("operation completed", [("operation_id", 7.into()), ("is_retry", true.into())]);
/// });
/// assert_eq!(test.log("operation completed")?.attribute("operation_id"), Some(&7.into()));
/// # Ok::<(), beacon::testing::TestError>(())
/// ```
pub fn get_logger(name: impl Into<Arc<str>>) -> Logger {
    Logger { name: name.into() }
}

/// Records under a name that is known at run time only. See [`get_logger`].
///
/// A record goes where an event of a `tracing` macro at the same place would go: to the current
/// subscriber, with the ids of the current span, through the same filters. Of two fields with one
/// name the later counts. Nothing blocks, and nothing fails.
#[derive(Clone, Debug)]
pub struct Logger {
    name: Arc<str>,
}

#[expect(single_use_lifetimes, reason = "an item of an iterator cannot be anonymous yet")]
impl Logger {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether a record of this level would go anywhere now.
    pub fn enabled(&self, level: Level) -> bool {
        level <= LevelFilter::current()
            && get_default(|dispatch| named::is_wanted(dispatch, &self.name, level))
    }

    /// Records at TRACE.
    pub fn trace<'a>(&self, message: &str, fields: impl IntoIterator<Item = (&'a str, LogValue)>) {
        self.log(Level::TRACE, message, fields);
    }

    /// Records at DEBUG.
    pub fn debug<'a>(&self, message: &str, fields: impl IntoIterator<Item = (&'a str, LogValue)>) {
        self.log(Level::DEBUG, message, fields);
    }

    /// Records at INFO.
    pub fn info<'a>(&self, message: &str, fields: impl IntoIterator<Item = (&'a str, LogValue)>) {
        self.log(Level::INFO, message, fields);
    }

    /// Records at WARN.
    pub fn warn<'a>(&self, message: &str, fields: impl IntoIterator<Item = (&'a str, LogValue)>) {
        self.log(Level::WARN, message, fields);
    }

    /// Records at ERROR, which marks the current span as failed, as every ERROR event does.
    pub fn error<'a>(&self, message: &str, fields: impl IntoIterator<Item = (&'a str, LogValue)>) {
        self.log(Level::ERROR, message, fields);
    }

    /// Records at the given level.
    pub fn log<'a>(
        &self,
        level: Level,
        message: &str,
        fields: impl IntoIterator<Item = (&'a str, LogValue)>,
    ) {
        // An ERROR that the filter refuses still marks the status of its span.
        let is_wanted = level == Level::ERROR && level <= LevelFilter::current();
        if !is_wanted && !self.enabled(level) {
            return;
        }
        // The iterator is the caller's code, so it runs outside of the subscriber.
        let fields = fields.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let mut record = Some(NamedRecord::new(Arc::clone(&self.name), fields));
        get_default(move |dispatch| {
            if let Some(record) = record.take() {
                named::send(dispatch, level, &message, record);
            }
        });
    }
}
