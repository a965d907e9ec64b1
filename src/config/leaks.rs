//! The settings of leak alerts, and of memory that is given back: one row each, and what they come
//! to.

use std::path::PathBuf;

use crate::config::key;
use crate::config::kind::Kind;
use crate::config::lookup::Values;
use crate::config::table::Row;
use crate::error::InitError;

/// What is told of memory, and what is done about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LeakSettings {
    /// Whether a leak is confirmed that was not held against load.
    pub(crate) confirm_without_load: bool,
    /// `None`: memory is asked back by nobody but the service.
    pub(crate) pressure: Option<PressureSettings>,
    /// `None`: no heap profile is written.
    pub(crate) profile_directory: Option<PathBuf>,
    pub(crate) profile_keep_max: usize,
}

/// What the tracking allocator does, where the service has installed it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct HeapSettings {
    /// It samples who allocates.
    pub(crate) is_sampled: bool,
}

/// Shares of the limit from which on memory is short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PressureSettings {
    pub(crate) warn_ratio: f64,
    pub(crate) shed_ratio: f64,
}

/// `None`: leaks are not looked for, and nothing is given back.
///
/// # Errors
///
/// Shedding would begin before warning.
pub(super) fn resolve(values: &Values) -> Result<Option<LeakSettings>, InitError> {
    if !values.flag(key::MEMORY_LEAK_DETECTION) {
        return Ok(None);
    }
    let pressure = PressureSettings {
        warn_ratio: values.ratio(key::MEMORY_PRESSURE_WARN_RATIO),
        shed_ratio: values.ratio(key::MEMORY_PRESSURE_SHED_RATIO),
    };
    if pressure.shed_ratio < pressure.warn_ratio {
        return Err(InitError::InvalidSetting {
            setting: values.setting_name(key::MEMORY_PRESSURE_SHED_RATIO),
            value: pressure.shed_ratio.to_string(),
            expected: format!("at least the ratio to warn at, `{}`", pressure.warn_ratio),
        });
    }
    let directory = values.text(key::MEMORY_PROFILE_DIRECTORY);
    Ok(Some(LeakSettings {
        confirm_without_load: values.flag(key::MEMORY_LEAK_CONFIRM_WITHOUT_LOAD),
        pressure: values.flag(key::MEMORY_RECLAIM).then_some(pressure),
        profile_directory: (!directory.is_empty()).then(|| PathBuf::from(directory)),
        profile_keep_max: values.count(key::MEMORY_PROFILE_KEEP).unwrap_or(1),
    }))
}

pub(super) static ROWS: &[Row] = &[
    Row::new(
        key::MEMORY_LEAK_DETECTION,
        &["BEACON_MEMORY_LEAK_DETECTION"],
        Kind::Boolean,
        Some("true"),
        "leaks are looked for, and memory is given back",
    ),
    Row::new(
        key::MEMORY_HEAP_SAMPLING,
        &["BEACON_MEMORY_HEAP_SAMPLING"],
        Kind::Boolean,
        Some("true"),
        "the tracking allocator samples who allocates, where it is installed",
    ),
    Row::new(
        key::MEMORY_LEAK_CONFIRM_WITHOUT_LOAD,
        &["BEACON_MEMORY_LEAK_CONFIRM_WITHOUT_LOAD"],
        Kind::Boolean,
        Some("false"),
        "a leak is confirmed although load is not known",
    ),
    Row::new(
        key::MEMORY_RECLAIM,
        &["BEACON_MEMORY_RECLAIM"],
        Kind::Boolean,
        Some("true"),
        "memory is given back without being asked",
    ),
    Row::new(
        key::MEMORY_PRESSURE_WARN_RATIO,
        &["BEACON_MEMORY_PRESSURE_WARN_RATIO"],
        Kind::Ratio,
        Some("0.8"),
        "share of the limit from which on hooks shall shrink",
    ),
    Row::new(
        key::MEMORY_PRESSURE_SHED_RATIO,
        &["BEACON_MEMORY_PRESSURE_SHED_RATIO"],
        Kind::Ratio,
        Some("0.9"),
        "share of the limit from which on hooks shall drop what they can",
    ),
    Row::new(
        key::MEMORY_PROFILE_DIRECTORY,
        &["BEACON_MEMORY_PROFILE_DIRECTORY"],
        Kind::Text,
        None,
        "where a heap profile is written when a leak is confirmed",
    ),
    Row::new(
        key::MEMORY_PROFILE_KEEP,
        &["BEACON_MEMORY_PROFILE_KEEP"],
        Kind::Integer { min: 1, max: PROFILE_KEEP_MAX },
        Some("10"),
        "heap profiles that stay",
    ),
];

/// One takes about a megabyte.
const PROFILE_KEEP_MAX: u64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Overrides};

    fn resolved(pairs: &[(&str, &str)]) -> Result<Option<LeakSettings>, String> {
        let environment: Environment = pairs.iter().copied().collect();
        let resolved = crate::config::resolve(&environment, &Overrides::default());
        resolved.map(|resolved| resolved.settings.leaks).map_err(|error| error.to_string())
    }

    #[test]
    fn leaks_are_looked_for_unless_told_otherwise() {
        let defaults = LeakSettings {
            confirm_without_load: false,
            pressure: Some(PressureSettings { warn_ratio: 0.8, shed_ratio: 0.9 }),
            profile_directory: None,
            profile_keep_max: 10,
        };
        assert_eq!(resolved(&[]), Ok(Some(defaults)));
        assert_eq!(resolved(&[("BEACON_MEMORY_LEAK_DETECTION", "false")]), Ok(None));
        let other = resolved(&[
            ("BEACON_MEMORY_LEAK_CONFIRM_WITHOUT_LOAD", "true"),
            ("BEACON_MEMORY_RECLAIM", "false"),
            ("BEACON_MEMORY_PROFILE_DIRECTORY", "/var/profiles"),
            ("BEACON_MEMORY_PROFILE_KEEP", "3"),
        ]);
        let expected = LeakSettings {
            confirm_without_load: true,
            pressure: None,
            profile_directory: Some(PathBuf::from("/var/profiles")),
            profile_keep_max: 3,
        };
        assert_eq!(other, Ok(Some(expected)));
    }

    #[test]
    fn shedding_does_not_begin_before_warning() {
        let pairs = [("BEACON_MEMORY_PRESSURE_SHED_RATIO", "0.8")];
        assert!(resolved(&pairs).is_ok());
        let error = resolved(&[("BEACON_MEMORY_PRESSURE_SHED_RATIO", "0.79")]).unwrap_err();
        assert_eq!(
            error,
            "invalid `BEACON_MEMORY_PRESSURE_SHED_RATIO`: expected at least the ratio to warn at, \
             `0.8`, got `0.79`"
        );
        let error = resolved(&[("BEACON_MEMORY_PRESSURE_WARN_RATIO", "1.1")]).unwrap_err();
        assert_eq!(
            error,
            "invalid `BEACON_MEMORY_PRESSURE_WARN_RATIO`: expected a number from `0` to `1`, got `1.1`"
        );
    }
}
