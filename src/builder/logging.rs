//! Which events are recorded, what log records carry, what is hidden in them, and what is held
//! back.

use crate::builder::TelemetryBuilder;
use crate::config::{LogSampling, key};
use crate::logging::Redaction;

impl TelemetryBuilder {
    /// Names a file with the filter of events, directives with commas or line breaks between. It
    /// is read at start, where it beats [`log_filter`](Self::log_filter), and, when telemetry is
    /// [installed](Self::install) on Unix, again whenever the process gets `SIGHUP`. A file that is
    /// not there at start leaves the filter as it is; a bad one is an error. Default:
    /// `BEACON_LOG_FILTER_FILE`, else none.
    pub fn log_filter_file(mut self, path: impl Into<String>) -> Self {
        self.overrides.set(key::LOG_FILTER_FILE, path.into());
        self
    }

    /// Chooses whether [`install`](Self::install) puts a hook in front of the present panic hook: a
    /// panic becomes a log record and is counted, the hook that was there does its work, and what
    /// is held is delivered, for which the thread waits a second at most. Default: true.
    pub fn panic_hook(mut self, is_on: bool) -> Self {
        self.overrides.set(key::PANIC_HOOK, is_on);
        self
    }

    /// Copies these fields of the current span and of those around it onto log records; the inner
    /// span wins, and a field of the event's own wins over all. At most 64. Default: none.
    pub fn log_span_fields<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        self.overrides.set(key::LOG_SPAN_FIELDS, names);
        self
    }

    /// Bounds the log records of one call-site, such as `100/s`, `5/m` or `1/h`: the first ones
    /// pass, then a notice tells that the rest is suppressed, then one record how many were.
    /// Default: no limit.
    pub fn log_rate_limit(mut self, rate: impl Into<String>) -> Self {
        self.overrides.set(key::LOG_RATE_LIMIT, rate.into());
        self
    }

    /// Chooses which log records are dropped with their trace. Default: [`LogSampling::None`].
    pub fn log_sampling(mut self, sampling: LogSampling) -> Self {
        self.overrides.set(key::LOG_SAMPLING, sampling);
        self
    }

    /// Sets what is hidden in log records, lines and spans. Default: the keys and patterns that
    /// [the manual](crate::manual::logging) lists, since a secret that was sent is in many places
    /// at once and cannot be called back.
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.overrides.set(key::REDACT, redaction.is_on);
        self.overrides.set(key::REDACT_KEYS, redaction.keys);
        self.overrides.set(key::REDACT_EMAIL, redaction.hides_email);
        self
    }
}
