//! The filter that a file brings at start.

use crate::config::{EffectiveConfig, Origin, Settings, key};
use crate::error::InitError;
use crate::logging::{DirectiveError, FilterFile};

/// Returns the filter file, if there is to be one. What it says already beats the other settings.
///
/// # Errors
///
/// A file that is there and cannot be used.
pub(super) fn read_at_start(
    settings: &mut Settings,
    effective: &EffectiveConfig,
) -> Result<Option<FilterFile>, InitError> {
    let Some(path) = settings.log_filter_file.clone() else { return Ok(None) };
    let file = FilterFile::new(path);
    let read = file.read().map_err(|error| {
        let report = effective.settings.iter().find(|report| report.key == key::LOG_FILTER_FILE);
        let setting = match report.map(|report| report.origin) {
            Some(Origin::Variable(name)) => name,
            _ => "TelemetryBuilder::log_filter_file",
        };
        InitError::InvalidSetting {
            setting: setting.to_owned(),
            value: file.path().display().to_string(),
            expected: format!("a file with filter directives ({error})"),
        }
    })?;
    if let Some(directives) = read {
        settings.recording.log_filter = directives;
    }
    Ok(Some(file))
}

/// The directives were checked with the same parser, so this is a bug of beacon's.
pub(super) fn bad_filter(error: DirectiveError) -> InitError {
    InitError::InvalidSetting {
        setting: "BEACON_LOG".to_owned(),
        value: error.directive,
        expected: "filter directives".to_owned(),
    }
}
