//! Setters of lines for people.

use tracing::level_filters::LevelFilter;

use crate::builder::TelemetryBuilder;
use crate::config::key;
use crate::logging::{LogColor, LogConsole, LogFormat, LogTimeZone, Rotation};

/// Lines for people, on the console and in a file: see [the manual](crate::manual::logging).
impl TelemetryBuilder {
    /// Sets where lines for people are shown. Default: standard output after
    /// [`install`](Self::install), nowhere after [`build`](Self::build), and nowhere when
    /// `OTEL_LOGS_EXPORTER` already shows log records there.
    pub fn log_console(mut self, console: LogConsole) -> Self {
        self.overrides.set(key::LOG_CONSOLE, console);
        self
    }

    /// Sets how lines on the console look. Default: [`LogFormat::Pretty`] on a terminal,
    /// [`LogFormat::Json`] elsewhere.
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.overrides.set(key::LOG_FORMAT, format);
        self
    }

    /// Sets the most detailed level on the console, out of what [`log_filter`](Self::log_filter)
    /// admits. Default: all of that.
    pub fn log_console_level(mut self, level: LevelFilter) -> Self {
        self.overrides.set(key::LOG_CONSOLE_LEVEL, level);
        self
    }

    /// Sets the most detailed level of log records over OTLP, out of what
    /// [`log_filter`](Self::log_filter) admits. Default: all of that.
    pub fn log_otlp_level(mut self, level: LevelFilter) -> Self {
        self.overrides.set(key::LOG_OTLP_LEVEL, level);
        self
    }

    /// Chooses colors on the console, in the formats that have any. Default: [`LogColor::Auto`].
    pub fn log_color(mut self, color: LogColor) -> Self {
        self.overrides.set(key::LOG_COLOR, color);
        self
    }

    /// Chooses what happens when lines come faster than they can be written: true drops the
    /// newest and counts them, false holds up the caller. Default: true, since a console that
    /// hangs must not hang the service.
    pub fn log_lossy(mut self, is_on: bool) -> Self {
        self.overrides.set(key::LOG_LOSSY, is_on);
        self
    }

    /// Bounds the bytes of lines that wait for each sink. At least 64 KiB. Default: 8 MiB.
    pub fn log_buffer_bytes(mut self, bytes_max: u64) -> Self {
        self.overrides.set(key::LOG_BUFFER_BYTES, bytes_max);
        self
    }

    /// Sets the file that lines are written to, besides the console. Its directory is made when it
    /// does not exist. A file that cannot be written is an [`InitError`](crate::InitError). Default: none.
    pub fn log_file(mut self, path: impl Into<String>) -> Self {
        self.overrides.set(key::LOG_FILE, path.into());
        self
    }

    /// Sets how lines in the file look. Default: [`LogFormat::Json`].
    pub fn log_file_format(mut self, format: LogFormat) -> Self {
        self.overrides.set(key::LOG_FILE_FORMAT, format);
        self
    }

    /// Sets the most detailed level in the file, out of what [`log_filter`](Self::log_filter)
    /// admits. Default: all of that.
    pub fn log_file_level(mut self, level: LevelFilter) -> Self {
        self.overrides.set(key::LOG_FILE_LEVEL, level);
        self
    }

    /// Sets the size that a file may have before it is closed and a new one begun. At least 1 KiB.
    /// A single line that is longer gets a file of its own. Default: 100 MiB.
    pub fn log_file_max_bytes(mut self, bytes_max: u64) -> Self {
        self.overrides.set(key::LOG_FILE_MAX_BYTES, bytes_max);
        self
    }

    /// Sets the times at which a file is closed, however small it is. Default:
    /// [`Rotation::Never`].
    pub fn log_file_rotation(mut self, rotation: Rotation) -> Self {
        self.overrides.set(key::LOG_FILE_ROTATION, rotation);
        self
    }

    /// Sets whose hours and days [`log_file_rotation`](Self::log_file_rotation) means. Default:
    /// [`LogTimeZone::Utc`].
    pub fn log_file_time_zone(mut self, zone: LogTimeZone) -> Self {
        self.overrides.set(key::LOG_FILE_TIME_ZONE, zone);
        self
    }

    /// Bounds the closed files that stay; the oldest go first. At least 1. Default: 10.
    pub fn log_file_keep(mut self, files_max: u64) -> Self {
        self.overrides.set(key::LOG_FILE_KEEP, files_max);
        self
    }

    /// Bounds the bytes of closed files that stay; the oldest go first. At least 1 KiB. Default:
    /// no such bound, beside [`log_file_keep`](Self::log_file_keep).
    pub fn log_file_keep_bytes(mut self, bytes_max: u64) -> Self {
        self.overrides.set(key::LOG_FILE_KEEP_BYTES, bytes_max);
        self
    }

    /// Chooses whether closed files are compressed with gzip. Without the feature `gzip` true is an
    /// [`InitError`](crate::InitError). Default: false.
    pub fn log_file_compress(mut self, is_on: bool) -> Self {
        self.overrides.set(key::LOG_FILE_COMPRESS, is_on);
        self
    }

    /// Sets the permissions of a new file, such as `0o640`. No effect where there are none.
    /// Default: `0o600`, since lines may hold what is nobody else's business.
    pub fn log_file_mode(mut self, mode: u32) -> Self {
        self.overrides.set(key::LOG_FILE_MODE, u64::from(mode));
        self
    }
}
