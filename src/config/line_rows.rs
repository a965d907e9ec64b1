//! The settings of lines for people: one row each.

use crate::config::key;
use crate::config::kind::{INTEGER_MAX, Kind};
use crate::config::names::{
    LOG_COLORS, LOG_CONSOLES, LOG_FORMATS, LOG_LEVELS, ROTATIONS, TIME_ZONES,
};
use crate::config::table::{COUNT, Row};

pub(super) static CONSOLE: &[Row] = &[
    Row::new(
        key::LOG_CONSOLE,
        &["BEACON_LOG_CONSOLE"],
        Kind::Choice(&LOG_CONSOLES),
        None,
        "where lines for people are shown",
    ),
    Row::new(
        key::LOG_FORMAT,
        &["BEACON_LOG_FORMAT"],
        Kind::Choice(&LOG_FORMATS),
        None,
        "how lines on the console look",
    ),
    Row::new(
        key::LOG_CONSOLE_LEVEL,
        &["BEACON_LOG_CONSOLE_LEVEL"],
        Kind::Choice(&LOG_LEVELS),
        Some("trace"),
        "most detailed level on the console, of what the log filter admits",
    ),
    Row::new(
        key::LOG_OTLP_LEVEL,
        &["BEACON_LOG_OTLP_LEVEL"],
        Kind::Choice(&LOG_LEVELS),
        Some("trace"),
        "most detailed level of log records over OTLP, of what the log filter admits",
    ),
    Row::new(
        key::LOG_COLOR,
        &["BEACON_LOG_COLOR"],
        Kind::Choice(&LOG_COLORS),
        Some("auto"),
        "colors on the console",
    ),
    Row::new(
        key::LOG_LOSSY,
        &["BEACON_LOG_LOSSY"],
        Kind::Boolean,
        Some("true"),
        "a full buffer drops lines instead of holding up the caller",
    ),
    Row::new(
        key::LOG_BUFFER_BYTES,
        &["BEACON_LOG_BUFFER_BYTES"],
        Kind::Bytes { min: 64 << 10, max: INTEGER_MAX },
        Some("8MiB"),
        "bytes of lines that wait for each sink",
    ),
];

pub(super) static FILE: &[Row] = &[
    Row::new(key::LOG_FILE, &["BEACON_LOG_FILE"], Kind::Text, None, "file for lines"),
    Row::new(
        key::LOG_FILE_FORMAT,
        &["BEACON_LOG_FILE_FORMAT"],
        Kind::Choice(&LOG_FORMATS),
        Some("json"),
        "how lines in the file look",
    ),
    Row::new(
        key::LOG_FILE_LEVEL,
        &["BEACON_LOG_FILE_LEVEL"],
        Kind::Choice(&LOG_LEVELS),
        Some("trace"),
        "most detailed level in the file, of what the log filter admits",
    ),
    Row::new(
        key::LOG_FILE_MAX_BYTES,
        &["BEACON_LOG_FILE_MAX_SIZE"],
        Kind::Bytes { min: 1 << 10, max: INTEGER_MAX },
        Some("100MiB"),
        "size at which the file is closed and a new one begun",
    ),
    Row::new(
        key::LOG_FILE_ROTATION,
        &["BEACON_LOG_FILE_ROTATION"],
        Kind::Choice(&ROTATIONS),
        Some("never"),
        "times at which the file is closed besides",
    ),
    Row::new(
        key::LOG_FILE_TIME_ZONE,
        &["BEACON_LOG_FILE_TIMEZONE"],
        Kind::Choice(&TIME_ZONES),
        Some("utc"),
        "whose midnight ends the day of a file",
    ),
    Row::new(
        key::LOG_FILE_KEEP,
        &["BEACON_LOG_FILE_KEEP"],
        COUNT,
        Some("10"),
        "closed files that stay",
    ),
    Row::new(
        key::LOG_FILE_KEEP_BYTES,
        &["BEACON_LOG_FILE_KEEP_SIZE"],
        Kind::Bytes { min: 1 << 10, max: INTEGER_MAX },
        None,
        "bytes of closed files that stay",
    ),
    Row::new(
        key::LOG_FILE_COMPRESS,
        &["BEACON_LOG_FILE_COMPRESS"],
        Kind::Boolean,
        Some("false"),
        "closed files are compressed with gzip",
    ),
    Row::new(
        key::LOG_FILE_MODE,
        &["BEACON_LOG_FILE_MODE"],
        Kind::FileMode,
        Some("0600"),
        "permissions of a new file",
    ),
];
