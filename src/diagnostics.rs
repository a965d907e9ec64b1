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
    /// A metric callback panicked, is stuck, or a metric has too many series.
    Metrics,
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
            topics.insert(topic, Said { next_at, pause: PAUSE_FIRST, suppressed: 0 });
            return Some(0);
        };
        if now < said.next_at {
            said.suppressed = said.suppressed.saturating_add(1);
            return None;
        }
        said.pause = said.pause.saturating_mul(2).min(PAUSE_MAX);
        said.next_at = now.saturating_add(said.pause);
        Some(std::mem::take(&mut said.suppressed))
    }

    /// Says that a topic is over, if it was ever raised; the next time it is said at once again.
    pub(crate) fn recovered(&self, topic: Topic, message: &str) {
        let was_raised = {
            let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
            topics.remove(&topic).is_some()
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
