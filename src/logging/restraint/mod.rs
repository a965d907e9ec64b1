//! What is held back of log records: more than a call-site may say in a time, and what belongs to a
//! trace that is not sampled. Both are off by default.

mod table;

use std::fmt;
use std::sync::Arc;

use tracing::{Level, Metadata};

use crate::clock::SharedClock;
use crate::config::{LogRateLimit, RestraintSettings};
use crate::export::processors::{LogDropReason, LogSink, RecordingCounters};
use crate::logging::restraint::table::{Count, RateTable};

/// Asked once for each event, on behalf of all sinks.
///
/// Nothing here takes a lock. Memory is bounded: see [`RateTable`].
#[derive(Debug)]
pub(crate) struct Restraint {
    /// Those that miss what is held back.
    sinks: Vec<LogSink>,
    follows_trace: bool,
    rate: Option<Rate>,
    counters: Arc<RecordingCounters>,
}

#[derive(Debug)]
struct Rate {
    limit: LogRateLimit,
    table: RateTable,
    clock: SharedClock,
}

/// What the sinks have to say about records that they do not get.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Notice {
    /// From here on records of the call-site are held back, to the end of the period.
    Began(LogRateLimit),
    /// So many records of the call-site were held back in a period that is over.
    Ended { suppressed: u32 },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began(LogRateLimit { records_max, period }) => write!(
                f,
                "over {records_max} records in {} s: the rest is suppressed",
                period.as_secs()
            ),
            Self::Ended { suppressed: 1 } => f.write_str("1 record was suppressed"),
            Self::Ended { suppressed } => write!(f, "{suppressed} records were suppressed"),
        }
    }
}

impl Restraint {
    pub(crate) fn new(
        settings: RestraintSettings,
        sinks: Vec<LogSink>,
        counters: &Arc<RecordingCounters>,
        clock: &SharedClock,
    ) -> Self {
        let RestraintSettings { rate_limit, follows_trace } = settings;
        let rate = rate_limit.map(|limit| Rate {
            limit,
            table: RateTable::default(),
            clock: Arc::clone(clock),
        });
        Self { sinks, follows_trace, rate, counters: Arc::clone(counters) }
    }

    /// Tells whether the sinks get the event. What they do not get is counted.
    ///
    /// `is_sampled` is `None` outside of a trace. Notices are given to `say` with the call-site that
    /// they are about; they are of the level of that call-site, and are not restrained themselves.
    /// The summaries of a period that is over come with the first record, of whatever call-site,
    /// that is asked about in a later one.
    #[inline]
    pub(crate) fn admits(
        &self,
        metadata: &'static Metadata<'static>,
        is_sampled: Option<bool>,
        say: impl FnMut(&'static Metadata<'static>, Notice),
    ) -> bool {
        if self.follows_trace && goes_with_trace(*metadata.level(), is_sampled) {
            self.count_dropped(LogDropReason::Sampled);
            return false;
        }
        match &self.rate {
            None => true,
            Some(rate) => self.is_within(rate, metadata, say),
        }
    }

    fn count_dropped(&self, reason: LogDropReason) {
        for sink in &self.sinks {
            self.counters.logs.count_dropped(*sink, reason);
        }
    }

    fn is_within(
        &self,
        rate: &Rate,
        metadata: &'static Metadata<'static>,
        mut say: impl FnMut(&'static Metadata<'static>, Notice),
    ) -> bool {
        let period = rate.period();
        rate.table.take_ended(period, rate.limit.records_max, |metadata, suppressed| {
            say(metadata, Notice::Ended { suppressed });
        });
        let (count, suppressed) = rate.table.count(metadata, period, rate.limit.records_max);
        if suppressed > 0 {
            say(metadata, Notice::Ended { suppressed });
        }
        match count {
            Count::Within => return true,
            Count::First => say(metadata, Notice::Began(rate.limit)),
            Count::Above => {}
        }
        self.count_dropped(LogDropReason::RateLimit);
        false
    }
}

impl Notice {
    /// How many records were held back, once that is known.
    pub(crate) const fn suppressed(self) -> Option<u32> {
        match self {
            Self::Began(_) => None,
            Self::Ended { suppressed } => Some(suppressed),
        }
    }
}

impl Rate {
    /// The number of the period that now is in, from 1 on.
    fn period(&self) -> u32 {
        let now = self.clock.now().as_secs();
        let period = now.checked_div(self.limit.period.as_secs()).unwrap_or_default();
        u32::try_from(period).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// Whether a record of this level is dropped with its trace.
pub(crate) fn goes_with_trace(level: Level, is_sampled: Option<bool>) -> bool {
    is_sampled == Some(false) && level > Level::WARN
}

#[cfg(test)]
mod tests;
