//! What is counted of log records before they are encoded.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tracing::Level;

/// Records by level, and what was dropped of them by sink and reason.
#[derive(Debug, Default)]
pub(crate) struct LogCounters {
    records: [AtomicU64; 5],
    dropped: [[AtomicU64; LogDropReason::ALL.len()]; LogSink::ALL.len()],
}

/// Where log records and lines go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LogSink {
    Console,
    File,
    Otlp,
}

impl LogSink {
    pub(crate) const ALL: [Self; 3] = [Self::Console, Self::File, Self::Otlp];

    /// The value of `beacon.log.sink`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::File => "file",
            Self::Otlp => "otlp",
        }
    }
}

/// Why a record or a line did not get into its sink.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LogDropReason {
    /// The sink could not be written.
    IoError,
    /// The sink was slower than the lines came.
    QueueFull,
    /// Its call-site had used up its rate.
    RateLimit,
    /// Its trace is not sampled.
    Sampled,
}

impl LogDropReason {
    pub(crate) const ALL: [Self; 4] =
        [Self::IoError, Self::QueueFull, Self::RateLimit, Self::Sampled];

    /// The value of `beacon.drop.reason`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::IoError => "io_error",
            Self::QueueFull => "queue_full",
            Self::RateLimit => "rate_limit",
            Self::Sampled => "sampled",
        }
    }
}

impl LogCounters {
    pub(crate) const LEVELS: [Level; 5] =
        [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];

    /// Counts a record that passed the filter.
    pub(crate) fn count_record(&self, level: Level) {
        self.record_cell(level).fetch_add(1, Relaxed);
    }

    pub(crate) fn count_dropped(&self, sink: LogSink, reason: LogDropReason) {
        self.add_dropped(sink, reason, 1);
    }

    pub(crate) fn add_dropped(&self, sink: LogSink, reason: LogDropReason, count: u64) {
        if let Some(cell) = self.dropped_cell(sink, reason) {
            cell.fetch_add(count, Relaxed);
        }
    }

    pub(crate) fn records(&self, level: Level) -> u64 {
        self.record_cell(level).load(Relaxed)
    }

    pub(crate) fn dropped(&self, sink: LogSink, reason: LogDropReason) -> u64 {
        self.dropped_cell(sink, reason).map_or(0, |cell| cell.load(Relaxed))
    }

    const fn record_cell(&self, level: Level) -> &AtomicU64 {
        let [trace, debug, info, warn, error] = &self.records;
        match level {
            Level::TRACE => trace,
            Level::DEBUG => debug,
            Level::INFO => info,
            Level::WARN => warn,
            Level::ERROR => error,
        }
    }

    fn dropped_cell(&self, sink: LogSink, reason: LogDropReason) -> Option<&AtomicU64> {
        self.dropped.get(sink as usize)?.get(reason as usize)
    }
}

/// The value of `beacon.log.level`.
pub(crate) const fn level_name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}
