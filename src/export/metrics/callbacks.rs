//! The callbacks of observable instruments, kept away from the SDK's locks.
//!
//! The SDK runs callbacks while it holds the lock that creating an instrument needs, so one that
//! panics poisons every later collection, one that blocks blocks every thread that creates an
//! instrument, and one that creates an instrument deadlocks. Here each callback runs before the
//! SDK collects, with no lock held, and leaves its observations in a buffer. What the SDK runs only
//! hands the buffer over.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Callback};

use crate::export::metrics::problems::{MetricProblem, MetricProblems};

/// All callbacks of one meter provider.
pub(super) struct Callbacks {
    all: Mutex<Vec<Arc<dyn Observe>>>,
    /// A name that was refused, and not said yet.
    refused_name: Mutex<Option<String>>,
}

impl Callbacks {
    pub(super) fn new() -> Self {
        Self { all: Mutex::new(Vec::new()), refused_name: Mutex::new(None) }
    }

    /// The SDK makes an instrument that records nothing of a name that it does not like, and says
    /// so where nobody hears it. Said at the next collection, for the caller must not be blocked.
    pub(super) fn check_name(&self, name: &str) {
        if !is_legal_name(name) {
            let shown = name.chars().take(NAME_LEN_MAX).collect();
            lock(&self.refused_name).get_or_insert(shown);
        }
    }

    /// Takes a user's callback and returns the one to give to the SDK in its place.
    pub(super) fn guard<T: Copy + Send + Sync + 'static>(
        &self,
        instrument: Cow<'static, str>,
        callback: Callback<T>,
    ) -> impl Fn(&dyn AsyncInstrument<T>) + Send + Sync + 'static {
        let guarded = Arc::new(GuardedCallback {
            instrument,
            callback,
            observations: Mutex::default(),
            was_flood_said: AtomicBool::new(false),
            was_panic_said: AtomicBool::new(false),
        });
        let handed_over = Arc::clone(&guarded);
        lock(&self.all).push(guarded);
        move |instrument| handed_over.hand_over(instrument)
    }

    /// Runs every callback, one after the other. May take as long as the callbacks please.
    pub(super) fn run(&self, problems: &MetricProblems) {
        let refused_name = lock(&self.refused_name).take();
        if let Some(instrument) = refused_name {
            problems.say(MetricProblem::NameRefused { instrument });
        }
        let all = lock(&self.all).clone();
        for callback in all {
            callback.run(problems);
        }
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks").field("len", &lock(&self.all).len()).finish_non_exhaustive()
    }
}

trait Observe: Send + Sync {
    fn run(&self, problems: &MetricProblems);
}

struct GuardedCallback<T> {
    instrument: Cow<'static, str>,
    callback: Callback<T>,
    observations: Mutex<Vec<(T, Vec<KeyValue>)>>,
    was_flood_said: AtomicBool,
    was_panic_said: AtomicBool,
}

impl<T: Copy> GuardedCallback<T> {
    fn hand_over(&self, instrument: &dyn AsyncInstrument<T>) {
        let observations = mem::take(&mut *lock(&self.observations));
        for (value, attributes) in observations {
            instrument.observe(value, &attributes);
        }
    }
}

impl<T: Copy + Send + Sync> Observe for GuardedCallback<T> {
    fn run(&self, problems: &MetricProblems) {
        let buffer = ObservationBuffer { observations: Mutex::default() };
        let result = panic::catch_unwind(AssertUnwindSafe(|| (self.callback)(&buffer)));
        let instrument = self.instrument.clone().into_owned();
        if let Err(payload) = result {
            problems.count_callback_panic();
            let message = message_of(payload.as_ref());
            let problem = MetricProblem::CallbackPanicked { instrument, message };
            say_once(&self.was_panic_said, problems, problem);
            // What it observed before it panicked is as likely wrong as what it did not observe.
            lock(&self.observations).clear();
            return;
        }
        let mut observations =
            buffer.observations.into_inner().unwrap_or_else(PoisonError::into_inner);
        if observations.len() > OBSERVATIONS_MAX {
            observations.truncate(OBSERVATIONS_MAX);
            let problem = MetricProblem::TooManyObservations { instrument };
            say_once(&self.was_flood_said, problems, problem);
        }
        *lock(&self.observations) = observations;
    }
}

struct ObservationBuffer<T> {
    observations: Mutex<Vec<(T, Vec<KeyValue>)>>,
}

impl<T: Send> AsyncInstrument<T> for ObservationBuffer<T> {
    fn observe(&self, value: T, attributes: &[KeyValue]) {
        let mut observations = lock(&self.observations);
        // One more than is kept, as the mark that there were more.
        if observations.len() <= OBSERVATIONS_MAX {
            observations.push((value, attributes.to_vec()));
        }
    }
}

/// Source: <https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax>
fn is_legal_name(name: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    name.len() <= NAME_LEN_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(is_legal)
}

fn say_once(was_said: &AtomicBool, problems: &MetricProblems, problem: MetricProblem) {
    if !was_said.swap(true, Ordering::Relaxed) {
        problems.say(problem);
    }
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    message.unwrap_or("no message").chars().take(MESSAGE_CHARS_MAX).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Far more than the 2,000 attribute sets that the SDK keeps apart, and still only megabytes.
const OBSERVATIONS_MAX: usize = 65_536;

/// As of `is_legal_name`.
const NAME_LEN_MAX: usize = 255;

/// A panic message is a line, not a dump.
const MESSAGE_CHARS_MAX: usize = 256;
