//! What is recorded.

use crate::builder::TelemetryBuilder;
use crate::config::{Propagator, Sampler, key};

impl TelemetryBuilder {
    /// Sets the formats in which context travels, in order. Default: W3C trace context and
    /// baggage.
    pub fn propagators(mut self, propagators: &[Propagator]) -> Self {
        self.overrides.set(key::PROPAGATORS, propagators);
        self
    }

    /// Sets the methods of HTTP that [`HttpServerLayer`](crate::propagation::HttpServerLayer) and
    /// [`HttpClientLayer`](crate::propagation::HttpClientLayer) tell apart, in their letter case, in
    /// place of the default ones: all others are `_OTHER`. Default: `CONNECT`, `DELETE`, `GET`, `HEAD`,
    /// `OPTIONS`, `PATCH`, `POST`, `PUT`, `QUERY` and `TRACE`, as the conventions say. None, or more than
    /// 64, is an [`InitError`](crate::InitError).
    pub fn http_known_methods<M: Into<String>>(
        mut self,
        methods: impl IntoIterator<Item = M>,
    ) -> Self {
        let methods: Vec<String> = methods.into_iter().map(Into::into).collect();
        self.overrides.set(key::HTTP_KNOWN_METHODS, methods);
        self
    }

    /// Sets which traces are recorded. Default: the parent's decision, and every root, as the
    /// specification says. A ratio outside of 0 to 1 is an [`InitError`](crate::InitError).
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.overrides.set_sampler(sampler);
        self
    }

    /// Sets which spans are recorded, by directives such as `info,my_crate=debug`. No filter of
    /// logs touches them. Default: `info`, since libraries trace their inner life below it.
    pub fn trace_filter(mut self, directives: impl Into<String>) -> Self {
        self.overrides.set(key::TRACE_FILTER, directives.into());
        self
    }

    /// Sets which events become log records, by directives such as `info,my_crate=debug`.
    /// Default: `BEACON_LOG`, else `RUST_LOG`, else `info`.
    pub fn log_filter(mut self, directives: impl Into<String>) -> Self {
        self.overrides.set(key::LOG_FILTER, directives.into());
        self
    }

    /// Chooses whether an ERROR event marks the status of its span. Default: true, so that traces
    /// with errors can be found.
    pub fn error_events_to_status(mut self, is_on: bool) -> Self {
        self.overrides.set(key::ERROR_EVENTS_TO_STATUS, is_on);
        self
    }

    /// Chooses whether events also become span events. Default: false, an event is a log record,
    /// and would be stored twice.
    pub fn span_events(mut self, is_on: bool) -> Self {
        self.overrides.set(key::SPAN_EVENTS, is_on);
        self
    }

    /// Chooses whether spans and log records carry `code.file.path` and `code.line.number`.
    /// Default: false; they double the size of a small span.
    pub fn code_location(mut self, is_on: bool) -> Self {
        self.overrides.set(key::CODE_LOCATION, is_on);
        self
    }

    /// Chooses whether spans and log records carry `thread.id` and `thread.name`. Default: false,
    /// as the thread of asynchronous work says little.
    pub fn thread_attributes(mut self, is_on: bool) -> Self {
        self.overrides.set(key::THREAD_ATTRIBUTES, is_on);
        self
    }
}
