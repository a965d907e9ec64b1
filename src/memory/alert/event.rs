//! An alert as a log record and a line.

use tracing::Level;

use crate::catalog::leak_attribute as key;
use crate::logging::{OwnEvent, OwnEvents, OwnValue};
use crate::memory::alert::{LeakAlert, LeakCause};
use crate::memory::leak::{LeakState, LeakingSiteStatus};

/// How bad an alert is.
const fn level(alert: &LeakAlert) -> Level {
    match (alert.cause, alert.state) {
        (LeakCause::Exhaustion, _) => Level::ERROR,
        (LeakCause::Retained, _) | (_, LeakState::Cleared | LeakState::Healthy) => Level::INFO,
        (_, LeakState::Confirmed) => Level::ERROR,
        (_, LeakState::Suspected) => Level::WARN,
    }
}

/// Gives it to each sink.
pub(crate) fn tell(alert: &LeakAlert, events: &OwnEvents) {
    let lists = Lists::of(alert);
    let attributes = attributes(alert, &lists);
    events.tell(&OwnEvent {
        level: level(alert),
        target: TARGET,
        event_name: alert.event_name(),
        body: &alert.message,
        trace: None,
        attributes: &attributes,
    });
}

/// The call-sites column by column.
#[derive(Default)]
struct Lists {
    sites: Vec<String>,
    spans: Vec<String>,
    bytes: Vec<i64>,
    bytes_per_hour: Vec<i64>,
}

impl Lists {
    fn of(alert: &LeakAlert) -> Self {
        let mut lists = Self::default();
        for site in alert.culprit.iter().flat_map(|culprit| &culprit.sites) {
            lists.sites.push(site.site.clone());
            lists.spans.push(site.span.clone());
            lists.bytes.push(whole(site.bytes));
            lists.bytes_per_hour.push(whole(site.bytes_per_hour));
        }
        lists
    }
}

fn attributes<'a>(alert: &'a LeakAlert, lists: &'a Lists) -> Vec<(&'static str, OwnValue<'a>)> {
    let mut all = vec![
        (key::ID, OwnValue::Text(&alert.id)),
        (key::RECURRENCE, OwnValue::I64(alert.recurrence.into())),
        (key::STATE, OwnValue::Text(alert.state.name())),
        (key::PREVIOUS_STATE, OwnValue::Text(alert.previous_state.name())),
        (key::CAUSE, OwnValue::Text(alert.cause.name())),
        (key::SOURCE, OwnValue::Text(alert.source.name())),
        (key::LOAD_KNOWN, OwnValue::Bool(alert.load_known)),
        (key::AGE_HOURS, OwnValue::F64(alert.age_hours)),
    ];
    if let Some(signal) = alert.signal {
        all.push((key::SIGNAL, OwnValue::Text(signal.name())));
    }
    if let Some(evidence) = &alert.evidence {
        all.extend([
            (key::SCALE_HOURS, OwnValue::I64(evidence.scale_hours.into())),
            (key::GROWTH_BYTES, OwnValue::I64(whole(evidence.growth_bytes))),
            (key::GROWTH_BYTES_PER_HOUR, OwnValue::I64(whole(evidence.growth_bytes_per_hour))),
            (key::GROWTH_RATIO, OwnValue::F64(evidence.growth_ratio)),
            (key::BIC_MARGIN, OwnValue::F64(evidence.bic_margin)),
            (key::LOAD_GROWTH_RATIO, OwnValue::F64(evidence.load_growth_ratio)),
            (key::TREND_SCORE, OwnValue::I64(evidence.trend_score.into())),
        ]);
    }
    let sizes = [
        (key::BASE_BYTES, alert.base_bytes),
        (key::CURRENT_BYTES, alert.current_bytes),
        (key::LIMIT_BYTES, alert.limit_bytes),
        (key::RETAINED_BYTES, alert.retained_bytes),
        (key::RETURNED_BYTES, alert.returned_bytes),
    ];
    all.extend(
        sizes.iter().filter_map(|(key, bytes)| Some((*key, OwnValue::I64(whole((*bytes)?))))),
    );
    let numbers = [
        (key::RECORD_MARGIN_RATIO, alert.record_margin_ratio),
        (key::TIME_TO_LIMIT_HOURS, alert.time_to_limit_hours),
    ];
    all.extend(numbers.iter().filter_map(|(key, number)| Some((*key, OwnValue::F64((*number)?)))));
    if let Some(culprit) = &alert.culprit {
        let status = match culprit.status {
            LeakingSiteStatus::Candidates => "candidates",
            LeakingSiteStatus::Confirmed => "confirmed",
        };
        all.extend([
            (key::CULPRIT_STATUS, OwnValue::Text(status)),
            (key::CULPRIT_SITE, OwnValue::TextList(&lists.sites)),
            (key::CULPRIT_SPAN, OwnValue::TextList(&lists.spans)),
            (key::CULPRIT_BYTES, OwnValue::I64List(&lists.bytes)),
            (key::CULPRIT_BYTES_PER_HOUR, OwnValue::I64List(&lists.bytes_per_hour)),
        ]);
    }
    if let Some(profile) = &alert.profile_id {
        all.push((key::PROFILE_ID, OwnValue::Text(profile)));
    }
    all
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn whole(bytes: f64) -> i64 {
    bytes.round() as i64
}

/// Where filters and lines see it come from.
const TARGET: &str = "beacon::memory";
