//! The settings of memory: one row each, and what they come to.

use std::time::Duration;

use crate::config::key;
use crate::config::kind::Kind;
use crate::config::lookup::Values;
use crate::config::table::Row;

/// What is sampled of memory, and how often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct MemorySettings {
    /// Time between two samples.
    pub(crate) sample_interval: Duration,
    /// `container.*`, where a container was recognized. Default: true.
    pub(crate) container_metrics: bool,
    /// `system.*`. Default: false, many services on one host would all report the same.
    pub(crate) system_metrics: bool,
    /// `process.cpu.utilization` and `process.memory.utilization`. Default: false, a backend can
    /// divide.
    pub(crate) utilization_metrics: bool,
}

pub(super) fn resolve(values: &Values) -> Option<MemorySettings> {
    values.flag(key::MEMORY_ENABLED).then(|| MemorySettings {
        sample_interval: values.duration(key::MEMORY_SAMPLE_INTERVAL),
        container_metrics: values.flag(key::MEMORY_CONTAINER_METRICS),
        system_metrics: values.flag(key::MEMORY_SYSTEM_METRICS),
        utilization_metrics: values.flag(key::MEMORY_UTILIZATION_METRICS),
    })
}

pub(super) static ROWS: &[Row] = &[
    Row::new(
        key::MEMORY_ENABLED,
        &["BEACON_MEMORY_ENABLED"],
        Kind::Boolean,
        Some("true"),
        "the memory of the process is sampled",
    ),
    Row::new(
        key::MEMORY_SAMPLE_INTERVAL,
        &["BEACON_MEMORY_SAMPLE_INTERVAL"],
        Kind::Duration { min: SAMPLE_INTERVAL_MIN },
        Some("15s"),
        "time between two samples of memory",
    ),
    Row::new(
        key::MEMORY_CONTAINER_METRICS,
        &["BEACON_MEMORY_CONTAINER_METRICS"],
        Kind::Boolean,
        Some("true"),
        "`container.*` metrics, where a container is recognized",
    ),
    Row::new(
        key::MEMORY_SYSTEM_METRICS,
        &["BEACON_MEMORY_SYSTEM_METRICS"],
        Kind::Boolean,
        Some("false"),
        "`system.*` metrics about the whole host",
    ),
    Row::new(
        key::MEMORY_UTILIZATION_METRICS,
        &["BEACON_MEMORY_UTILIZATION_METRICS"],
        Kind::Boolean,
        Some("false"),
        "processor time and memory of the process as shares of what there is",
    ),
];

/// A sample takes a fraction of a millisecond; more often than this it would be felt.
const SAMPLE_INTERVAL_MIN: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Overrides};

    fn resolved(pairs: &[(&str, &str)]) -> Result<Option<MemorySettings>, String> {
        let environment: Environment = pairs.iter().copied().collect();
        let resolved = crate::config::resolve(&environment, &Overrides::default());
        resolved.map(|resolved| resolved.settings.memory).map_err(|error| error.to_string())
    }

    #[test]
    fn memory_is_sampled_unless_told_otherwise() {
        let defaults = MemorySettings {
            sample_interval: Duration::from_secs(15),
            container_metrics: true,
            system_metrics: false,
            utilization_metrics: false,
        };
        assert_eq!(resolved(&[]), Ok(Some(defaults)));
        assert_eq!(resolved(&[("BEACON_MEMORY_ENABLED", "false")]), Ok(None));
        let other = resolved(&[
            ("BEACON_MEMORY_SAMPLE_INTERVAL", "100ms"),
            ("BEACON_MEMORY_CONTAINER_METRICS", "false"),
            ("BEACON_MEMORY_SYSTEM_METRICS", "true"),
            ("BEACON_MEMORY_UTILIZATION_METRICS", "true"),
        ]);
        let expected = MemorySettings {
            sample_interval: Duration::from_millis(100),
            container_metrics: false,
            system_metrics: true,
            utilization_metrics: true,
        };
        assert_eq!(other, Ok(Some(expected)));
    }

    #[test]
    fn an_interval_that_would_be_felt_stops_the_start() {
        for value in ["99ms", "0s", "15", "-1s"] {
            let error = resolved(&[("BEACON_MEMORY_SAMPLE_INTERVAL", value)]).unwrap_err();
            let expected = "expected a duration of at least `100ms`";
            let setting = "invalid `BEACON_MEMORY_SAMPLE_INTERVAL`";
            assert_eq!(error, format!("{setting}: {expected}, got `{value}`"));
        }
    }
}
