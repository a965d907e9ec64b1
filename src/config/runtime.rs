//! The settings of what is watched of runtimes and unfinished spans: one row each, and what they
//! come to.

use std::time::Duration;

use crate::config::key;
use crate::config::kind::Kind;
use crate::config::lookup::Values;
use crate::config::table::Row;

/// What is watched of runtimes and unfinished spans.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RuntimeSettings {
    /// `tokio.*` and `beacon.task.*`. Default: true.
    pub(crate) metrics: bool,
    /// From when on a worker that does not turn is told. `None`: it is not looked for.
    pub(crate) stall_threshold: Option<Duration>,
    /// From when on an unfinished span is told. `None`: unfinished spans are not listed.
    pub(crate) span_age_limit: Option<Duration>,
}

impl RuntimeSettings {
    /// Whether there is anything to do for a thread.
    pub(crate) const fn is_on(&self) -> bool {
        self.metrics || self.stall_threshold.is_some() || self.span_age_limit.is_some()
    }
}

pub(super) fn resolve(values: &Values) -> RuntimeSettings {
    let duration = |flag: &str, key: &'static str| values.flag(flag).then(|| values.duration(key));
    RuntimeSettings {
        metrics: values.flag(key::RUNTIME_METRICS),
        stall_threshold: duration(key::RUNTIME_STALL_DETECTION, key::RUNTIME_STALL_THRESHOLD),
        span_age_limit: duration(key::RUNTIME_LIVE_SPANS, key::RUNTIME_SPAN_AGE_LIMIT),
    }
}

pub(super) static ROWS: &[Row] = &[
    Row::new(
        key::RUNTIME_METRICS,
        &["BEACON_RUNTIME_METRICS"],
        Kind::Boolean,
        Some("true"),
        "metrics of Tokio runtimes and of named tasks",
    ),
    Row::new(
        key::RUNTIME_STALL_DETECTION,
        &["BEACON_RUNTIME_STALL_DETECTION"],
        Kind::Boolean,
        Some("true"),
        "workers of runtimes that are blocked are told",
    ),
    Row::new(
        key::RUNTIME_STALL_THRESHOLD,
        &["BEACON_RUNTIME_STALL_THRESHOLD"],
        Kind::Duration { min: STALL_THRESHOLD_MIN },
        Some("500ms"),
        "time after which a worker that does not turn counts as blocked",
    ),
    Row::new(
        key::RUNTIME_LIVE_SPANS,
        &["BEACON_RUNTIME_LIVE_SPANS"],
        Kind::Boolean,
        Some("true"),
        "unfinished spans are listed",
    ),
    Row::new(
        key::RUNTIME_SPAN_AGE_LIMIT,
        &["BEACON_RUNTIME_SPAN_AGE_LIMIT"],
        Kind::Duration { min: SPAN_AGE_LIMIT_MIN },
        Some("10m"),
        "age from which on an unfinished span is told",
    ),
];

/// A thread looks twice within the threshold; more often than this it would be felt.
const STALL_THRESHOLD_MIN: Duration = Duration::from_millis(100);

const SPAN_AGE_LIMIT_MIN: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Overrides};

    fn resolved(pairs: &[(&str, &str)]) -> Result<RuntimeSettings, String> {
        let environment: Environment = pairs.iter().copied().collect();
        let resolved = crate::config::resolve(&environment, &Overrides::default());
        resolved.map(|resolved| resolved.settings.runtime).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_is_watched_unless_told_otherwise() {
        let defaults = RuntimeSettings {
            metrics: true,
            stall_threshold: Some(Duration::from_millis(500)),
            span_age_limit: Some(Duration::from_mins(10)),
        };
        assert_eq!(resolved(&[]), Ok(defaults));
        let off = resolved(&[
            ("BEACON_RUNTIME_METRICS", "false"),
            ("BEACON_RUNTIME_STALL_DETECTION", "false"),
            ("BEACON_RUNTIME_LIVE_SPANS", "false"),
        ])
        .unwrap();
        assert!(!off.is_on());
        let other = resolved(&[
            ("BEACON_RUNTIME_STALL_THRESHOLD", "100ms"),
            ("BEACON_RUNTIME_SPAN_AGE_LIMIT", "1h"),
        ])
        .unwrap();
        assert_eq!(other.stall_threshold, Some(Duration::from_millis(100)));
        assert_eq!(other.span_age_limit, Some(Duration::from_hours(1)));
    }

    #[test]
    fn what_would_be_felt_stops_the_start() {
        for (name, value) in
            [("BEACON_RUNTIME_STALL_THRESHOLD", "99ms"), ("BEACON_RUNTIME_SPAN_AGE_LIMIT", "999ms")]
        {
            let error = resolved(&[(name, value)]).unwrap_err();
            assert!(error.starts_with(&format!("invalid `{name}`: ")), "{error}");
        }
    }
}
