//! What goes wrong while metrics are recorded and collected: counted always, said once.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Something that a person should hear of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum MetricProblem {
    /// A callback of this instrument panicked; it reports nothing, all others go on.
    CallbackPanicked { instrument: String, message: String },
    /// A collection failed as a whole.
    CollectionFailed { reason: String },
    /// Collections end again after [`CollectionStuck`](Self::CollectionStuck).
    CollectionRecovered,
    /// A callback has not returned by the time the next collection is due.
    CollectionStuck,
    /// An instrument was asked for under a name that is not legal.
    NameRefused { instrument: String },
    /// This instrument has more attribute sets than are kept apart.
    SeriesOverflowed { instrument: String },
    /// At the deadline of shutdown a callback still held the collecting thread.
    ThreadDetached,
    /// A callback of this instrument made more observations in one run than are kept.
    TooManyObservations { instrument: String },
}

impl fmt::Display for MetricProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CallbackPanicked { instrument, message } => {
                write!(f, "a callback of the metric `{instrument}` panicked: {message}")
            }
            Self::CollectionFailed { reason } => write!(f, "metrics were not collected: {reason}"),
            Self::CollectionRecovered => f.write_str("metrics are collected again"),
            Self::CollectionStuck => {
                f.write_str("no metrics are collected: a metric callback does not return")
            }
            Self::NameRefused { instrument } => write!(
                f,
                "the metric `{instrument}` is not recorded: a name starts with a letter and has at \
                 most 255 letters, digits, `_`, `.`, `-`, `/`"
            ),
            Self::SeriesOverflowed { instrument } => write!(
                f,
                "the metric `{instrument}` has too many attribute sets: \
                 the rest is added up under `otel.metric.overflow`"
            ),
            Self::ThreadDetached => {
                f.write_str("a metric callback did not return before the shutdown deadline")
            }
            Self::TooManyObservations { instrument } => write!(
                f,
                "a callback of the metric `{instrument}` made too many observations: \
                 the rest is dropped"
            ),
        }
    }
}

type Report = Box<dyn Fn(MetricProblem) + Send + Sync>;

/// Counts problems, and passes on those that were not said before.
pub(crate) struct MetricProblems {
    report: Report,
    callback_panics: AtomicU64,
    stuck_collections: AtomicU64,
    is_stuck: AtomicBool,
    is_failing: AtomicBool,
}

impl MetricProblems {
    /// `report` is called on beacon's own threads and must not block.
    pub(crate) fn new(report: impl Fn(MetricProblem) + Send + Sync + 'static) -> Self {
        Self {
            report: Box::new(report),
            callback_panics: AtomicU64::new(0),
            stuck_collections: AtomicU64::new(0),
            is_stuck: AtomicBool::new(false),
            is_failing: AtomicBool::new(false),
        }
    }

    #[cfg(test)]
    pub(crate) fn callback_panics(&self) -> u64 {
        self.callback_panics.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn stuck_collections(&self) -> u64 {
        self.stuck_collections.load(Ordering::Relaxed)
    }

    pub(super) fn say(&self, problem: MetricProblem) {
        (self.report)(problem);
    }

    pub(super) fn count_callback_panic(&self) {
        self.callback_panics.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn collection_stuck(&self) {
        self.stuck_collections.fetch_add(1, Ordering::Relaxed);
        if !self.is_stuck.swap(true, Ordering::Relaxed) {
            self.say(MetricProblem::CollectionStuck);
        }
    }

    pub(super) fn collection_failed(&self, reason: String) {
        if !self.is_failing.swap(true, Ordering::Relaxed) {
            self.say(MetricProblem::CollectionFailed { reason });
        }
    }

    /// Takes note of a collection that came to its end, so that a later problem is said again.
    pub(super) fn collection_succeeded(&self) {
        let was_stuck = self.is_stuck.swap(false, Ordering::Relaxed);
        let was_failing = self.is_failing.swap(false, Ordering::Relaxed);
        if was_stuck || was_failing {
            self.say(MetricProblem::CollectionRecovered);
        }
    }
}

impl fmt::Debug for MetricProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricProblems")
            .field("callback_panics", &self.callback_panics)
            .field("stuck_collections", &self.stuck_collections)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_reads_as_promised() {
        let instrument = || "rooms.open".to_owned();
        let rows = [
            (
                MetricProblem::CallbackPanicked {
                    instrument: instrument(),
                    message: "no source".to_owned(),
                },
                "a callback of the metric `rooms.open` panicked: no source",
            ),
            (
                MetricProblem::CollectionFailed { reason: "shut down".to_owned() },
                "metrics were not collected: shut down",
            ),
            (MetricProblem::CollectionRecovered, "metrics are collected again"),
            (
                MetricProblem::CollectionStuck,
                "no metrics are collected: a metric callback does not return",
            ),
            (
                MetricProblem::NameRefused { instrument: "2 rooms".to_owned() },
                "the metric `2 rooms` is not recorded: a name starts with a letter and has at most \
                 255 letters, digits, `_`, `.`, `-`, `/`",
            ),
            (
                MetricProblem::SeriesOverflowed { instrument: instrument() },
                "the metric `rooms.open` has too many attribute sets: \
                 the rest is added up under `otel.metric.overflow`",
            ),
            (
                MetricProblem::ThreadDetached,
                "a metric callback did not return before the shutdown deadline",
            ),
            (
                MetricProblem::TooManyObservations { instrument: instrument() },
                "a callback of the metric `rooms.open` made too many observations: \
                 the rest is dropped",
            ),
        ];
        for (problem, expected) in rows {
            assert_eq!(problem.to_string(), expected);
        }
    }
}
