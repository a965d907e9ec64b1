//! Decides the settings of log lines.

use tracing::level_filters::LevelFilter;

use crate::config::env::{Environment, Variable};
use crate::config::log_settings::{
    FileSettings, LineSettings, LogColor, LogConsole, LogFormat, LogTimeZone, Rotation,
};
use crate::config::lookup::Values;
use crate::config::report::Origin;
use crate::config::{SettingValue, key};
use crate::error::InitError;

/// # Errors
///
/// Compression of files in a build that cannot compress.
pub(super) fn resolve(
    environment: &Environment,
    values: &mut Values,
) -> Result<LineSettings, InitError> {
    // Source: <https://no-color.org>: any value that is not empty, whatever it says.
    let no_color = environment.read("NO_COLOR") != Variable::Unset;
    if no_color && values.origin(key::LOG_COLOR) == Origin::Default {
        values.replace(key::LOG_COLOR, SettingValue::Text(LogColor::Never.name().to_owned()));
    }
    Ok(LineSettings {
        console: LogConsole::from_name(values.text(key::LOG_CONSOLE)),
        format: LogFormat::from_name(values.text(key::LOG_FORMAT)),
        console_level: level(values, key::LOG_CONSOLE_LEVEL),
        color: match values.text(key::LOG_COLOR) {
            "always" => LogColor::Always,
            "never" => LogColor::Never,
            _ => LogColor::Auto,
        },
        is_lossy: values.flag(key::LOG_LOSSY),
        buffer_bytes_max: values.count(key::LOG_BUFFER_BYTES).unwrap_or_default(),
        file: file(values)?,
    })
}

fn file(values: &Values) -> Result<Option<FileSettings>, InitError> {
    let compress = values.flag(key::LOG_FILE_COMPRESS);
    if compress && !cfg!(feature = "gzip") {
        return Err(InitError::InvalidSetting {
            setting: values.setting_name(key::LOG_FILE_COMPRESS),
            value: "true".to_owned(),
            expected: "`false` in a build without the feature `gzip`".to_owned(),
        });
    }
    let path = values.text(key::LOG_FILE);
    if path.is_empty() {
        return Ok(None);
    }
    Ok(Some(FileSettings {
        path: path.into(),
        setting: values.setting_name(key::LOG_FILE),
        format: LogFormat::from_name(values.text(key::LOG_FILE_FORMAT)).unwrap_or(LogFormat::Json),
        level: level(values, key::LOG_FILE_LEVEL),
        bytes_max: values.integer(key::LOG_FILE_MAX_BYTES).unwrap_or(u64::MAX),
        rotation: match values.text(key::LOG_FILE_ROTATION) {
            "daily" => Rotation::Daily,
            "hourly" => Rotation::Hourly,
            "minutely" => Rotation::Minutely,
            _ => Rotation::Never,
        },
        time_zone: match values.text(key::LOG_FILE_TIME_ZONE) {
            "local" => LogTimeZone::Local,
            _ => LogTimeZone::Utc,
        },
        keep_files_max: values.count(key::LOG_FILE_KEEP).unwrap_or(usize::MAX),
        keep_bytes_max: values.integer(key::LOG_FILE_KEEP_BYTES),
        compress,
        mode: values
            .integer(key::LOG_FILE_MODE)
            .and_then(|mode| u32::try_from(mode).ok())
            .unwrap_or(PRIVATE),
    }))
}

fn level(values: &Values, key: &str) -> LevelFilter {
    // The table knows no other names than these, so that nothing is left out here.
    values.text(key).parse().unwrap_or(LevelFilter::TRACE)
}

/// What lines hold is for the service's own user, unless someone says otherwise.
const PRIVATE: u32 = 0o600;
