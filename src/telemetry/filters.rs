//! The filters of one telemetry, changed through its guard.

use std::time::Duration;

use crate::logging::{FilterError, Filtered};
use crate::telemetry::Telemetry;

impl Telemetry {
    /// Changes which events become log records, for good, in all layers of this telemetry. Returns
    /// the directives that were in force.
    ///
    /// [`logging::set_filter`](crate::logging::set_filter) does the same for the telemetry that is
    /// installed, and tells more. Disabled telemetry checks the directives, and has
    /// nothing but lines, if those.
    ///
    /// # Errors
    ///
    /// A directive that means nothing, or no directive at all. Nothing has changed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::Telemetry;
    /// use beacon::config::Environment;
    ///
    /// let telemetry = Telemetry::builder().environment(Environment::empty()).build()?;
    /// assert_eq!(telemetry.set_log_filter("warn,my_crate=debug")?, "info");
    /// assert_eq!(telemetry.log_filter(), "warn,my_crate=debug");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_log_filter(&self, directives: &str) -> Result<String, FilterError> {
        self.filters().set(Filtered::Events, directives)
    }

    /// Changes which events become log records for a while, then goes back by itself, as
    /// [`logging::set_filter_for`](crate::logging::set_filter_for) does. Disabled telemetry
    /// without lines changes nothing.
    ///
    /// # Errors
    ///
    /// As [`set_log_filter`](Self::set_log_filter).
    pub fn set_log_filter_for(
        &self,
        directives: &str,
        duration: Duration,
    ) -> Result<String, FilterError> {
        self.filters().set_for(Filtered::Events, directives, duration)
    }

    /// Returns the directives that decide which events become log records.
    pub fn log_filter(&self) -> String {
        self.filters().get(Filtered::Events)
    }

    /// Changes which spans are recorded, for good, as
    /// [`logging::set_trace_filter`](crate::logging::set_trace_filter) does.
    ///
    /// # Errors
    ///
    /// As [`set_log_filter`](Self::set_log_filter).
    pub fn set_trace_filter(&self, directives: &str) -> Result<String, FilterError> {
        self.filters().set(Filtered::Spans, directives)
    }

    /// Returns the directives that decide which spans are recorded.
    pub fn trace_filter(&self) -> String {
        self.filters().get(Filtered::Spans)
    }
}
