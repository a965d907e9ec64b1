//! Settings of log lines for people.

use std::path::PathBuf;

use tracing::level_filters::LevelFilter;

/// Where lines for people go, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LineSettings {
    /// `None`: nobody said; it depends on how telemetry is started.
    pub(crate) console: Option<LogConsole>,
    /// `None`: nobody said; it depends on whether people look at the console.
    pub(crate) format: Option<LogFormat>,
    pub(crate) console_level: LevelFilter,
    pub(crate) color: LogColor,
    /// A full buffer drops lines; otherwise it holds up the caller.
    pub(crate) is_lossy: bool,
    /// Bytes that wait for each sink.
    pub(crate) buffer_bytes_max: usize,
    pub(crate) file: Option<FileSettings>,
}

/// A file that is rotated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FileSettings {
    pub(crate) path: PathBuf,
    /// The variable or setter that named it.
    pub(crate) setting: String,
    pub(crate) format: LogFormat,
    pub(crate) level: LevelFilter,
    /// The file is closed before it grows beyond.
    pub(crate) bytes_max: u64,
    pub(crate) rotation: Rotation,
    pub(crate) time_zone: LogTimeZone,
    /// Closed files that stay.
    pub(crate) keep_files_max: usize,
    /// Bytes of closed files that stay; `None` is no limit.
    pub(crate) keep_bytes_max: Option<u64>,
    pub(crate) compress: bool,
    pub(crate) mode: u32,
}

/// How a line for people looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogFormat {
    /// One short line for each event.
    Compact,
    /// One JSON object on one line for each event.
    Json,
    /// One line of `key=value` for each event.
    Logfmt,
    /// Two lines for each event that happens inside a span, one for every other.
    Pretty,
}

impl LogFormat {
    /// Returns the name that `BEACON_LOG_FORMAT` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Json => "json",
            Self::Logfmt => "logfmt",
            Self::Pretty => "pretty",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Compact, Self::Json, Self::Logfmt, Self::Pretty]
            .into_iter()
            .find(|format| format.name() == name)
    }
}

/// Where lines for people are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogConsole {
    /// Nowhere.
    Off,
    /// On standard error.
    Stderr,
    /// On standard output.
    Stdout,
}

impl LogConsole {
    /// Returns the name that `BEACON_LOG_CONSOLE` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Stderr => "stderr",
            Self::Stdout => "stdout",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::Stderr, Self::Stdout].into_iter().find(|console| console.name() == name)
    }
}

/// When lines for people have colors. JSON and logfmt never have any.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogColor {
    /// Always.
    Always,
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Never.
    Never,
}

impl LogColor {
    /// Returns the name that `BEACON_LOG_COLOR` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Auto => "auto",
            Self::Never => "never",
        }
    }
}

/// How often a log file is closed and a new one begun, besides when it is full.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Rotation {
    /// At each midnight.
    Daily,
    /// At each full hour.
    Hourly,
    /// At each full minute.
    Minutely,
    /// Only when it is full.
    Never,
}

impl Rotation {
    /// Returns the name that `BEACON_LOG_FILE_ROTATION` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Hourly => "hourly",
            Self::Minutely => "minutely",
            Self::Never => "never",
        }
    }
}

/// Whose midnight ends a log file's day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogTimeZone {
    /// The system's, by `TZ` or `/etc/localtime`.
    Local,
    /// That of UTC.
    Utc,
}

impl LogTimeZone {
    /// Returns the name that `BEACON_LOG_FILE_TIMEZONE` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Utc => "utc",
        }
    }
}
