//! One run at a time, on a thread of its own.

use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::clock::{Clock as _, SharedClock, SystemClock};
use crate::memory::hooks::{self, Guarded, HookCounts, HookKind};
use crate::memory::pressure::{self, PressureHook, PressureLevel};
use crate::memory::reclaim::resident::resident_bytes;
use crate::memory::reclaim::{ReclaimReport, ReclaimStatus, ReclaimTrigger};
use crate::memory::trim;

/// What happens to the process when memory is asked back.
#[derive(Clone)]
pub(crate) struct ReclaimerParts {
    pub(crate) clock: SharedClock,
    pub(crate) trim: Arc<dyn Fn() + Send + Sync>,
    pub(crate) resident_bytes: Arc<dyn Fn() -> Option<u64> + Send + Sync>,
    pub(crate) hooks: Arc<dyn Fn() -> Vec<Arc<Guarded<PressureHook>>> + Send + Sync>,
    pub(crate) hook_timeout: Duration,
}

/// Gives memory back, at most once at a time.
pub(crate) struct Reclaimer {
    parts: ReclaimerParts,
    pub(crate) counts: Arc<HookCounts>,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    is_running: bool,
    /// Runs that have ended.
    runs: u64,
    last: Option<ReclaimReport>,
    /// Before that, a call does nothing.
    next_at: Duration,
    observers: Vec<Weak<dyn ReclaimObserver>>,
}

/// Hears of each run.
pub(crate) trait ReclaimObserver: fmt::Debug + Send + Sync {
    fn reclaimed(&self, trigger: ReclaimTrigger, report: &ReclaimReport);
}

/// What to do in a run: the trigger, hooks unless only the allocator is asked, and whom to tell.
struct Run {
    trigger: ReclaimTrigger,
    level: Option<PressureLevel>,
    tell: Option<Box<dyn FnOnce(ReclaimReport) + Send>>,
}

impl Reclaimer {
    /// The one that works on this process.
    pub(crate) fn of_process() -> &'static Arc<Self> {
        static OF_PROCESS: OnceLock<Arc<Reclaimer>> = OnceLock::new();
        OF_PROCESS.get_or_init(|| {
            Self::new(ReclaimerParts {
                clock: Arc::new(SystemClock::new()),
                trim: Arc::new(trim),
                resident_bytes: Arc::new(resident_bytes),
                hooks: Arc::new(pressure::hooks),
                hook_timeout: HOOK_TIMEOUT,
            })
        })
    }

    pub(crate) fn new(parts: ReclaimerParts) -> Arc<Self> {
        let (counts, state) = (Arc::default(), Mutex::default());
        Arc::new(Self { parts, counts, state, ended: Condvar::new() })
    }

    /// Has the observer hear of each run while it lives.
    pub(crate) fn observe(&self, observer: &Arc<dyn ReclaimObserver>) {
        let mut state = self.state();
        state.observers.retain(|other| other.strong_count() > 0);
        state.observers.push(Arc::downgrade(observer));
    }

    /// Calls the hooks and asks the allocator, and waits for it. Joins a run that is under way.
    pub(crate) fn run_and_wait(self: &Arc<Self>, level: PressureLevel) -> ReclaimReport {
        if IS_HOOK_THREAD.get() {
            // The run waits for this hook, so the hook must not wait for the run.
            return ReclaimReport::nothing(ReclaimStatus::Unfinished);
        }
        let mut state = self.state();
        let before = state.runs;
        if !state.is_running {
            if self.parts.clock.now() < state.next_at {
                return ReclaimReport::nothing(ReclaimStatus::TooSoon);
            }
            let run = Run { trigger: ReclaimTrigger::Call, level: Some(level), tell: None };
            if !self.start(&mut state, run) {
                return ReclaimReport::nothing(ReclaimStatus::NoThread);
            }
        }
        // The time is the machine's: it is the last resort.
        let is_under_way = |state: &mut State| state.runs == before;
        let waited = self.ended.wait_timeout_while(state, WAIT_MAX, is_under_way);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.runs == before {
            return ReclaimReport::nothing(ReclaimStatus::Unfinished);
        }
        state.last.unwrap_or(ReclaimReport::nothing(ReclaimStatus::Unfinished))
    }

    /// Calls the hooks and asks the allocator. Returns whether it has begun; nobody waits.
    pub(crate) fn relieve(self: &Arc<Self>, level: PressureLevel) -> bool {
        let run = Run { trigger: ReclaimTrigger::Pressure, level: Some(level), tell: None };
        self.begin(run)
    }

    /// Asks only the allocator, and tells what came of it. Returns whether it has begun.
    pub(crate) fn probe(
        self: &Arc<Self>,
        tell: impl FnOnce(ReclaimReport) + Send + 'static,
    ) -> bool {
        let tell: Box<dyn FnOnce(ReclaimReport) + Send> = Box::new(tell);
        self.begin(Run { trigger: ReclaimTrigger::Retention, level: None, tell: Some(tell) })
    }

    fn begin(self: &Arc<Self>, run: Run) -> bool {
        let mut state = self.state();
        !state.is_running && self.start(&mut state, run)
    }

    fn start(self: &Arc<Self>, state: &mut State, run: Run) -> bool {
        let own = Arc::clone(self);
        let work = move || own.work(run);
        // Detached: it ends by itself, unless the allocator hangs.
        let thread = thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(work);
        state.is_running = thread.is_ok();
        thread.is_ok()
    }

    fn work(&self, run: Run) {
        let Run { trigger, level, tell } = run;
        // Hooks are guarded; what else panics is a bug, and must not end all later runs.
        let report = hooks::call(|| self.reclaim(level))
            .unwrap_or(ReclaimReport::nothing(ReclaimStatus::Unfinished));
        let observers = self.state().observers.clone();
        for observer in observers.iter().filter_map(Weak::upgrade) {
            observer.reclaimed(trigger, &report);
        }
        if let Some(tell) = tell {
            tell(report);
        }
        let mut state = self.state();
        state.is_running = false;
        state.runs = state.runs.saturating_add(1);
        state.last = Some(report);
        let pause = report.duration.saturating_mul(PAUSE_FACTOR).max(PAUSE_MIN);
        state.next_at = self.parts.clock.now().saturating_add(pause);
        drop(state);
        self.ended.notify_all();
    }

    fn reclaim(&self, level: Option<PressureLevel>) -> ReclaimReport {
        let clock = SystemClock::new();
        let before_bytes = (self.parts.resident_bytes)();
        let (hooks_run, hooks_failed) = level.map_or((0, 0), |level| self.call_hooks(level));
        (self.parts.trim)();
        let after_bytes = (self.parts.resident_bytes)();
        let returned_bytes =
            before_bytes.zip(after_bytes).map_or(0, |(before, after)| before.saturating_sub(after));
        ReclaimReport {
            status: ReclaimStatus::Done,
            before_bytes,
            after_bytes,
            returned_bytes,
            duration: clock.now(),
            hooks_run,
            hooks_failed,
        }
    }

    /// Returns how many came back, and how many did not.
    fn call_hooks(&self, level: PressureLevel) -> (usize, usize) {
        let all = (self.parts.hooks)();
        let timeout = self.parts.hook_timeout;
        let results = hooks::call_all(HOOK_THREAD_NAME, &all, timeout, move |hook| {
            // For good: the thread calls hooks and nothing else.
            IS_HOOK_THREAD.set(true);
            hook(level);
        });
        let mut failed = 0_usize;
        for failure in results.into_iter().filter_map(Result::err) {
            self.counts.count(HookKind::Pressure, failure);
            failed = failed.saturating_add(1);
        }
        (all.len().saturating_sub(failed), failed)
    }

    #[cfg(test)]
    pub(crate) fn is_running(&self) -> bool {
        self.state().is_running
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Reclaimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reclaimer").field("counts", &self.counts).finish_non_exhaustive()
    }
}

thread_local! {
    static IS_HOOK_THREAD: Cell<bool> = const { Cell::new(false) };
}

const THREAD_NAME: &str = "beacon-reclaim";

const HOOK_THREAD_NAME: &str = "beacon-pressure";

/// How long a hook may take.
const HOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long somebody who asks for memory waits.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// A twentieth of a core at most.
const PAUSE_FACTOR: u32 = 20;
const PAUSE_MIN: Duration = Duration::from_secs(1);
