//! The filters of the telemetry that is installed.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::logging::live::{Filtered, LiveFilters};

static INSTALLED: OnceLock<Arc<LiveFilters>> = OnceLock::new();

/// Makes these the filters that the functions of this module act on. Once per process, as
/// installation is.
pub(crate) fn set_installed(filters: Arc<LiveFilters>) {
    // The caller holds the lock of installation, so a second one never comes here.
    INSTALLED.get_or_init(|| filters);
}

/// Changes which events become log records and lines, for good, by directives such as
/// `info,my_crate=debug`. Returns the directives that were in force.
///
/// Takes effect at once for every thread, and for the crate `log`. Spans have
/// [`set_trace_filter`]. Ends a change for a while: of several changes the last one counts.
///
/// For telemetry that is not installed there is
/// [`Telemetry::set_log_filter`](crate::Telemetry::set_log_filter).
///
/// # Errors
///
/// A directive that means nothing; no directive at all; no telemetry installed. Nothing has
/// changed then.
///
/// # Examples
///
/// ```
/// use beacon::logging;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = beacon::init_telemetry()?;
/// let old = logging::set_filter("warn,my_crate=debug")?;
/// assert_eq!(logging::filter(), "warn,my_crate=debug");
///
/// let error = logging::set_filter("warn,my_crate=loud").unwrap_err();
/// assert!(error.to_string().contains("`my_crate=loud`"));
/// assert_eq!(logging::filter(), "warn,my_crate=debug");
/// # drop((old, telemetry));
/// # Ok(())
/// # }
/// ```
pub fn set_filter(directives: &str) -> Result<String, FilterError> {
    installed()?.set(Filtered::Events, directives)
}

/// Changes which events become log records and lines for a while, then goes back by itself.
/// Returns the directives that were in force.
///
/// It goes back to what was last set for good. Of several changes the last one counts: another
/// change for a while replaces this one and its end, and [`set_filter`] ends it. One of beacon's
/// threads looks after it, so after a shutdown nothing goes back.
///
/// # Errors
///
/// As [`set_filter`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = beacon::init_telemetry()?;
/// beacon::logging::set_filter_for("debug", Duration::from_mins(10))?;
/// assert_eq!(beacon::logging::filter(), "debug");
/// # drop(telemetry);
/// # Ok(())
/// # }
/// ```
pub fn set_filter_for(directives: &str, duration: Duration) -> Result<String, FilterError> {
    installed()?.set_for(Filtered::Events, directives, duration)
}

/// Returns the directives that decide which events become log records and lines; `off` while no
/// telemetry is installed.
pub fn filter() -> String {
    installed().map_or_else(|_| OFF.to_owned(), |filters| filters.get(Filtered::Events))
}

/// Changes which spans are recorded, for good. Returns the directives that were in force.
///
/// A span that has begun is not touched. No filter of spans touches log records; those inside of a
/// span that is not recorded carry the ids of the span around it.
///
/// # Errors
///
/// As [`set_filter`].
pub fn set_trace_filter(directives: &str) -> Result<String, FilterError> {
    installed()?.set(Filtered::Spans, directives)
}

/// Returns the directives that decide which spans are recorded; `off` while no telemetry is
/// installed.
pub fn trace_filter() -> String {
    installed().map_or_else(|_| OFF.to_owned(), |filters| filters.get(Filtered::Spans))
}

fn installed() -> Result<&'static Arc<LiveFilters>, FilterError> {
    INSTALLED.get().ok_or(FilterError::NotInstalled)
}

/// Why a filter was not changed.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// A directive that means nothing, or no directive at all.
    #[error("expected filter directives such as `info,hyper=warn`, got `{directive}`")]
    #[non_exhaustive]
    BadDirective {
        /// The directive as it was given.
        directive: String,
    },

    /// No telemetry is installed in this process. Telemetry that was built has methods of its own.
    #[error("no telemetry is installed")]
    NotInstalled,
}

impl FilterError {
    pub(super) const fn bad(directive: String) -> Self {
        Self::BadDirective { directive }
    }
}

const OFF: &str = "off";
