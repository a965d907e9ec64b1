//! Beacon's own voice: rate-limited, on standard error and to a hook, never through the pipeline
//! that it reports on.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::Signal;
use crate::clock::SharedClock;

/// The first pause between two messages on one topic; each further pause is twice as long.
const PAUSE_FIRST: Duration = Duration::from_mins(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// Something that beacon wants a person to know about itself.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// How bad it is.
    pub level: DiagnosticLevel,
    /// One line, without a line break and without secrets.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "beacon {}: {}", self.level, self.message)
    }
}

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum DiagnosticLevel {
    /// Data is being lost.
    Error,
    /// A setting was ignored, or data is late.
    Warn,
    /// Start, stop and recovery.
    Info,
}

impl fmt::Display for DiagnosticLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
        })
    }
}

pub(crate) type DiagnosticHook = Arc<dyn Fn(&Diagnostic) + Send + Sync>;

/// What a message is about. One topic is said at once, then with growing pauses.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Topic {
    /// Attempts to deliver fail and are tried again.
    Failing(Signal),
    /// The queue is full.
    Overflow(Signal),
    /// Items were refused or given up.
    Loss(Signal),
    /// The peer took everything and still has something to say.
    Advice(Signal),
    /// A source of memory figures hangs, panics or cannot be read.
    MemorySource(&'static str),
    /// A metric callback panicked, is stuck, or a metric has too many series.
    Metrics,
    /// Closed log files cannot be compressed or removed.
    LineArchive,
    /// A log file was moved, or cannot be closed.
    LineFile,
    /// A sink of lines does not take them.
    LineLoss(&'static str),
    /// A sink of lines is too slow.
    LineOverflow(&'static str),
}

/// Says things once.
pub(crate) struct Diagnostics {
    clock: SharedClock,
    hook: Option<DiagnosticHook>,
    is_on_stderr: bool,
    topics: Mutex<HashMap<Topic, Said>>,
}

#[derive(Debug)]
struct Said {
    next_at: Duration,
    pause: Duration,
    suppressed: u64,
    /// Whether people were told, and not yet that it is over.
    is_raised: bool,
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnostics")
            .field("is_on_stderr", &self.is_on_stderr)
            .finish_non_exhaustive()
    }
}

impl Diagnostics {
    pub(crate) fn new(
        clock: SharedClock,
        hook: Option<DiagnosticHook>,
        is_on_stderr: bool,
    ) -> Self {
        Self { clock, hook, is_on_stderr, topics: Mutex::default() }
    }

    /// Says it, unless something on the same topic was said a short time ago.
    pub(crate) fn say(&self, topic: Topic, level: DiagnosticLevel, message: &str) {
        let Some(suppressed) = self.admit(topic) else { return };
        if suppressed > 0 {
            self.say_now(level, &format!("{message} ({suppressed} more like this were not shown)"));
        } else {
            self.say_now(level, message);
        }
    }

    fn admit(&self, topic: Topic) -> Option<u64> {
        let now = self.clock.now();
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(said) = topics.get_mut(&topic) else {
            let next_at = now.saturating_add(PAUSE_FIRST);
            let said = Said { next_at, pause: PAUSE_FIRST, suppressed: 0, is_raised: true };
            topics.insert(topic, said);
            return Some(0);
        };
        if now < said.next_at {
            said.suppressed = said.suppressed.saturating_add(1);
            return None;
        }
        let longer = said.pause.saturating_mul(2).min(PAUSE_MAX);
        said.pause = if said.is_raised { longer } else { PAUSE_FIRST };
        said.is_raised = true;
        said.next_at = now.saturating_add(said.pause);
        Some(std::mem::take(&mut said.suppressed))
    }

    /// Says that a topic is over, if it was raised. When it comes back within a minute of the last
    /// message, as with a peer that flaps, that is not said, and neither is its end.
    pub(crate) fn recovered(&self, topic: Topic, message: &str) {
        let soon = self.clock.now().saturating_add(PAUSE_FIRST);
        let was_raised = {
            let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
            topics.get_mut(&topic).is_some_and(|said| {
                said.next_at = said.next_at.min(soon);
                std::mem::take(&mut said.is_raised)
            })
        };
        if was_raised {
            self.say_now(DiagnosticLevel::Info, message);
        }
    }

    /// Says it, always. For start and stop.
    pub(crate) fn say_now(&self, level: DiagnosticLevel, message: &str) {
        let message = message.replace(char::is_control, " ");
        let diagnostic = Diagnostic { level, message };
        if self.is_on_stderr {
            // Standard error that cannot be written leaves nobody to tell.
            drop(io::stderr().lock().write_all(format!("{diagnostic}\n").as_bytes()));
        }
        if let Some(hook) = &self.hook {
            // The hook is the user's code on beacon's thread; its panic ends here.
            drop(catch_unwind(AssertUnwindSafe(|| hook(&diagnostic))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ManualClock;

    const FAILING: Topic = Topic::Failing(Signal::Traces);

    /// What is said when something fails every second and recovers at certain seconds.
    fn said(seconds: u64, recovers_at: impl Fn(u64) -> bool) -> Vec<(u64, String)> {
        let clock = ManualClock::new();
        let lines: Arc<Mutex<Vec<(u64, String)>>> = Arc::default();
        let (seen, time) = (Arc::clone(&lines), clock.clone());
        let hook: DiagnosticHook = Arc::new(move |diagnostic| {
            let line = (time.elapsed().as_secs(), diagnostic.message.clone());
            seen.lock().unwrap().push(line);
        });
        let voice = Diagnostics::new(Arc::new(clock.clone()), Some(hook), false);
        for second in 0..seconds {
            voice.say(FAILING, DiagnosticLevel::Warn, "fails");
            if recovers_at(second) {
                voice.recovered(FAILING, "works");
            }
            clock.advance(Duration::from_secs(1));
        }
        let lines = lines.lock().unwrap();
        lines.clone()
    }

    #[test]
    fn a_failure_is_said_at_once_and_then_with_growing_pauses() {
        let at: Vec<u64> = said(4 * 3600, |_| false).into_iter().map(|(at, _)| at / 60).collect();
        assert_eq!(at, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    }

    #[test]
    fn a_peer_that_flaps_is_reported_once_a_minute() {
        let lines = said(180, |_| true);
        let again = "fails (59 more like this were not shown)";
        let expected =
            [(0, "fails"), (0, "works"), (60, again), (60, "works"), (120, again), (120, "works")];
        assert_eq!(lines, expected.map(|(at, line)| (at, line.to_owned())));
    }

    #[test]
    fn what_was_left_out_is_counted() {
        let lines = said(61, |_| false);
        assert_eq!(lines.last().unwrap().1, "fails (59 more like this were not shown)");
    }

    #[test]
    fn the_end_of_nothing_is_not_said() {
        let clock = ManualClock::new();
        let hook: DiagnosticHook = Arc::new(|diagnostic| panic!("said {diagnostic}"));
        let voice = Diagnostics::new(Arc::new(clock), Some(hook), false);
        voice.recovered(FAILING, "works");
    }
}
