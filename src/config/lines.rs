//! Decides the settings of log lines.

use tracing::level_filters::LevelFilter;

use crate::config::env::{Environment, Variable};
use crate::config::log_settings::{
    FileSettings, LineSettings, LogColor, LogConsole, LogFormat, LogTimeZone, Rotation,
};
use crate::config::lookup::Values;
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
    if no_color && values.text(key::LOG_COLOR) == LogColor::Auto.name() {
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

pub(super) fn level(values: &Values, key: &str) -> LevelFilter {
    // The table knows no other names than these, so that nothing is left out here.
    values.text(key).parse().unwrap_or(LevelFilter::TRACE)
}

/// What lines hold is for the service's own user, unless someone says otherwise.
const PRIVATE: u32 = 0o600;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, Settings};

    fn resolved(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let environment: Environment = pairs.iter().copied().collect();
        let resolved = crate::config::resolve(&environment, &Overrides::default());
        resolved.map(|resolved| resolved.settings).map_err(|error| error.to_string())
    }

    #[test]
    fn no_color_counts_whatever_it_says_and_ours_beats_it() {
        let table: [(&[(&str, &str)], LogColor); 5] = [
            (&[], LogColor::Auto),
            (&[("NO_COLOR", "")], LogColor::Auto),
            (&[("NO_COLOR", "0")], LogColor::Never),
            (&[("NO_COLOR", "1"), ("BEACON_LOG_COLOR", "always")], LogColor::Always),
            (&[("BEACON_LOG_COLOR", "never")], LogColor::Never),
        ];
        for (pairs, color) in table {
            assert_eq!(resolved(pairs).unwrap().lines.color, color, "{pairs:?}");
        }
    }

    #[test]
    fn a_file_has_sensible_bounds_unless_told_otherwise() {
        assert_eq!(resolved(&[("BEACON_LOG_FILE_KEEP", "3")]).unwrap().lines.file, None);
        let file = resolved(&[("BEACON_LOG_FILE", "a.log")]).unwrap().lines.file.unwrap();
        let expected = FileSettings {
            path: "a.log".into(),
            setting: "BEACON_LOG_FILE".to_owned(),
            format: LogFormat::Json,
            level: LevelFilter::TRACE,
            bytes_max: 100 << 20,
            rotation: Rotation::Never,
            time_zone: LogTimeZone::Utc,
            keep_files_max: 10,
            keep_bytes_max: None,
            compress: false,
            mode: 0o600,
        };
        assert_eq!(file, expected);
        let other = resolved(&[
            ("BEACON_LOG_FILE", "a.log"),
            ("BEACON_LOG_FILE_FORMAT", "LOGFMT"),
            ("BEACON_LOG_FILE_LEVEL", "warn"),
            ("BEACON_LOG_FILE_MAX_SIZE", "1MiB"),
            ("BEACON_LOG_FILE_ROTATION", "daily"),
            ("BEACON_LOG_FILE_TIMEZONE", "local"),
            ("BEACON_LOG_FILE_KEEP", "3"),
            ("BEACON_LOG_FILE_KEEP_SIZE", "5MiB"),
            ("BEACON_LOG_FILE_MODE", "640"),
        ]);
        let expected = FileSettings {
            format: LogFormat::Logfmt,
            level: LevelFilter::WARN,
            bytes_max: 1 << 20,
            rotation: Rotation::Daily,
            time_zone: LogTimeZone::Local,
            keep_files_max: 3,
            keep_bytes_max: Some(5 << 20),
            mode: 0o640,
            ..expected
        };
        assert_eq!(other.unwrap().lines.file, Some(expected));
    }

    #[test]
    fn bad_settings_name_what_is_accepted() {
        let table = [
            ("BEACON_LOG_FORMAT", "xml", "`pretty`, `compact`, `json` or `logfmt`"),
            ("BEACON_LOG_CONSOLE", "tty", "`stdout`, `stderr` or `off`"),
            ("BEACON_LOG_FILE_MAX_SIZE", "1023B", "a size of at least `1KiB`"),
            ("BEACON_LOG_FILE_ROTATION", "weekly", "`never`, `minutely`, `hourly` or `daily`"),
            ("BEACON_LOG_FILE_KEEP", "0", "an integer of at least `1`"),
            ("BEACON_LOG_FILE_MODE", "0800", "permissions such as `0600`"),
            ("BEACON_LOG_FILE_MODE", "rw", "permissions such as `0600`"),
        ];
        for (name, value, accepted) in table {
            let error = resolved(&[(name, value)]).unwrap_err();
            assert_eq!(error, format!("invalid `{name}`: expected {accepted}, got `{value}`"));
        }
    }
}
