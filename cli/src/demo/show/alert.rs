//! One alert, wherever it was heard of.

use beacon::collector::{AttributeValue, ReceivedLog};
use beacon::memory::{LeakAlert, LeakingSiteStatus};
use serde::Serialize;

/// What an alert about memory says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Alert {
    /// The name of its log record.
    pub(super) event: String,
    pub(super) cause: String,
    /// The sentence for people.
    pub(super) message: String,
    pub(super) growth_bytes: Option<i64>,
    pub(super) growth_bytes_per_hour: Option<i64>,
    /// The first call-site, and the span in which it allocates.
    pub(super) site: Option<String>,
    pub(super) span: Option<String>,
    /// Whether the call-site has a verdict of its own.
    pub(super) is_site_confirmed: bool,
    /// What the allocator gave back when it was asked for this verdict.
    pub(super) returned_bytes: Option<i64>,
}

impl Alert {
    /// Reads a log record; `None` if it is about something else.
    pub(super) fn of_log(log: &ReceivedLog) -> Option<Self> {
        let is_alert = log.event_name.starts_with(LEAK_EVENTS) || log.event_name == RETAINED_EVENT;
        if !is_alert {
            return None;
        }
        let text = |key: &str| log.attribute(key)?.as_str().map(str::to_owned);
        let bytes = |key: &str| log.attribute(key)?.as_i64();
        let first = |key: &str| match log.attribute(key)? {
            AttributeValue::Array(values) => values.first()?.as_str().map(str::to_owned),
            _ => None,
        };
        Some(Self {
            event: log.event_name.clone(),
            cause: text("beacon.leak.cause").unwrap_or_default(),
            message: log.body.to_string(),
            growth_bytes: bytes("beacon.leak.growth_bytes"),
            growth_bytes_per_hour: bytes("beacon.leak.growth_bytes_per_hour"),
            site: first("beacon.leak.culprit.site"),
            span: first("beacon.leak.culprit.span"),
            is_site_confirmed: text("beacon.leak.culprit.status").is_some_and(|s| s == "confirmed"),
            returned_bytes: bytes("beacon.leak.returned_bytes"),
        })
    }

    /// Reads what the callback of the service is given.
    pub(super) fn of_callback(alert: &LeakAlert) -> Self {
        let evidence = alert.evidence.as_ref();
        let culprit = alert.culprit.as_ref();
        let site = culprit.and_then(|culprit| culprit.sites.first());
        Self {
            event: alert.event_name().to_owned(),
            cause: alert.cause.name().to_owned(),
            message: alert.message.clone(),
            growth_bytes: evidence.map(|evidence| whole(evidence.growth_bytes)),
            growth_bytes_per_hour: evidence.map(|evidence| whole(evidence.growth_bytes_per_hour)),
            site: site.map(|site| site.site.clone()),
            span: site.map(|site| site.span.clone()),
            is_site_confirmed: culprit
                .is_some_and(|culprit| culprit.status == LeakingSiteStatus::Confirmed),
            returned_bytes: alert.returned_bytes.map(whole),
        }
    }

    /// Whether it says that the program leaks, for certain.
    pub(super) fn is_confirmed_leak(&self) -> bool {
        self.event == "beacon.memory.leak_confirmed" && self.cause == "leak"
    }

    pub(super) fn is_fragmentation(&self) -> bool {
        self.cause == "fragmentation"
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn whole(bytes: f64) -> i64 {
    bytes.round() as i64
}

/// What the names of the events of leaks begin with.
const LEAK_EVENTS: &str = "beacon.memory.leak_";
const RETAINED_EVENT: &str = "beacon.memory.retained";
