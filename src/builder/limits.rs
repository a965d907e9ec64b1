//! How much one span or log record may hold.

use crate::builder::TelemetryBuilder;
use crate::config::key;

/// Each bound is from 0 to 4294967295. What goes beyond is dropped and counted on the item, as
/// OTLP has it; a text is cut off.
///
/// Source of the defaults: <https://opentelemetry.io/docs/specs/otel/common/#attribute-limits>
impl TelemetryBuilder {
    /// Sets how many attributes a span may have. Default: 128.
    pub fn span_attributes_max(mut self, count_max: u64) -> Self {
        self.overrides.set(key::SPAN_ATTRIBUTES_MAX, count_max);
        self
    }

    /// Sets how many characters a text may have in attributes of a span, its events and links.
    /// Default: no bound.
    pub fn span_attribute_chars_max(mut self, count_max: u64) -> Self {
        self.overrides.set(key::SPAN_ATTRIBUTE_CHARS_MAX, count_max);
        self
    }

    /// Sets how many events a span may have. Default: 128.
    pub fn span_events_max(mut self, count_max: u64) -> Self {
        self.overrides.set(key::SPAN_EVENTS_MAX, count_max);
        self
    }

    /// Sets how many links a span may have. Default: 128.
    pub fn span_links_max(mut self, count_max: u64) -> Self {
        self.overrides.set(key::SPAN_LINKS_MAX, count_max);
        self
    }

    /// Sets how many attributes a span event may have. Default: 128.
    pub fn event_attributes_max(mut self, count_max: u64) -> Self {
        self.overrides.set(key::EVENT_ATTRIBUTES_MAX, count_max);
        self
    }

    /// Sets how many attributes a link may have. Default: 128.
    pub fn link_attributes_max(mut self, count_max: u64) -> Self {
        self.overrides.set(key::LINK_ATTRIBUTES_MAX, count_max);
        self
    }

    /// Sets how many attributes a log record may have. Default: 128.
    pub fn log_attributes_max(mut self, count_max: u64) -> Self {
        self.overrides.set(key::LOG_ATTRIBUTES_MAX, count_max);
        self
    }

    /// Sets how many characters a text may have in attributes of a log record, whose body is
    /// exempt. Default: no bound.
    pub fn log_attribute_chars_max(mut self, count_max: u64) -> Self {
        self.overrides.set(key::LOG_ATTRIBUTE_CHARS_MAX, count_max);
        self
    }
}
