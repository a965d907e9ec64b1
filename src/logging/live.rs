//! The filters in force, and how they change while the service runs.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::oneshot;
use tracing::callsite::rebuild_interest_cache;
use tracing::dispatcher::with_default;
use tracing::level_filters::LevelFilter;

use crate::clock::SharedClock;
use crate::config::{RecordingSettings, canonical_filter};
use crate::export::courier::Spawner;
use crate::logging::directives::Directives;
use crate::logging::filter::Admission;
use crate::logging::{DirectiveError, FilterError, log_bridge};

/// What a filter is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filtered {
    Events,
    Spans,
}

/// The filters of one telemetry, for all layers made from it.
#[derive(Debug)]
pub(crate) struct LiveFilters {
    /// Held while a change is made, so that of two changes one is whole before the other begins.
    state: Mutex<State>,
    marks_errors: bool,
    /// The crate `log` lets through what the filter of events can admit.
    leads_log: AtomicBool,
    timer: Option<Timer>,
}

/// Where a filter that holds for a while waits for its end.
#[derive(Clone)]
pub(crate) struct Timer {
    pub(crate) clock: SharedClock,
    pub(crate) spawner: Spawner,
}

#[derive(Debug)]
struct State {
    events: Current,
    spans: Current,
    admissions: Vec<Weak<Admission>>,
    /// Counts the changes for a while, so that the end of one is not taken for that of another.
    visits: u64,
}

#[derive(Debug)]
struct Current {
    directives: String,
    visit: Option<Visit>,
}

/// Directives that hold for a while.
#[derive(Debug)]
struct Visit {
    number: u64,
    back_to: String,
    /// Dropping it ends the wait.
    _wait: oneshot::Sender<()>,
}

impl LiveFilters {
    /// Without a timer nothing is recorded or shown, and a filter for a while has no effect.
    ///
    /// # Errors
    ///
    /// A directive of one of the two filters that means nothing.
    pub(crate) fn new(
        settings: &RecordingSettings,
        timer: Option<Timer>,
    ) -> Result<Arc<Self>, DirectiveError> {
        let current = |text: &str| {
            Directives::parse(text)?;
            Ok::<_, DirectiveError>(Current { directives: text.to_owned(), visit: None })
        };
        let state = State {
            events: current(&settings.log_filter)?,
            spans: current(&settings.trace_filter)?,
            admissions: Vec::new(),
            visits: 0,
        };
        Ok(Arc::new(Self {
            state: Mutex::new(state),
            marks_errors: settings.error_events_to_status,
            leads_log: AtomicBool::new(false),
            timer,
        }))
    }

    /// Returns what one layer admits, now and after each change.
    ///
    /// # Errors
    ///
    /// None in practice: the directives in force were parsed before.
    pub(crate) fn admission(
        &self,
        wants_spans: bool,
        wants_events: bool,
        marks_errors: bool,
    ) -> Result<Arc<Admission>, DirectiveError> {
        let mut state = self.lock();
        // Directives that name spans keep books about the spans of their layer: each has its own.
        let parse = |is_wanted: bool, current: &Current| {
            is_wanted.then(|| Directives::parse(&current.directives)).transpose()
        };
        let spans = parse(wants_spans, &state.spans)?;
        let events = parse(wants_events, &state.events)?;
        let admission = Arc::new(Admission::new(spans, events, marks_errors));
        state.admissions.retain(|admission| admission.strong_count() > 0);
        state.admissions.push(Arc::downgrade(&admission));
        Ok(admission)
    }

    /// Returns the directives in force.
    pub(crate) fn get(&self, filtered: Filtered) -> String {
        self.lock().current(filtered).directives.clone()
    }

    /// Changes the directives for good. Returns the old ones.
    pub(crate) fn set(
        self: &Arc<Self>,
        filtered: Filtered,
        text: &str,
    ) -> Result<String, FilterError> {
        let directives = canonical(text)?;
        let mut state = self.lock();
        let old = state.exchange(filtered, directives);
        self.spread(&state, filtered);
        drop(state);
        self.settle();
        Ok(old)
    }

    /// Changes the directives for a while. Returns the old ones.
    pub(crate) fn set_for(
        self: &Arc<Self>,
        filtered: Filtered,
        text: &str,
        duration: Duration,
    ) -> Result<String, FilterError> {
        let directives = canonical(text)?;
        let Some(timer) = &self.timer else { return Ok(self.get(filtered)) };
        let until = timer.clock.now().saturating_add(duration);
        let (wait, ended) = oneshot::channel();
        let mut state = self.lock();
        let number = state.visits.wrapping_add(1);
        state.visits = number;
        // What held for good is what all visits go back to.
        let earlier = state.current_mut(filtered).visit.take();
        let old = state.exchange(filtered, directives);
        let back_to = earlier.map_or_else(|| old.clone(), |visit| visit.back_to);
        state.current_mut(filtered).visit = Some(Visit { number, back_to, _wait: wait });
        self.spread(&state, filtered);
        drop(state);
        self.settle();

        let (filters, clock) = (Arc::downgrade(self), Arc::clone(&timer.clock));
        timer.spawner.spawn(async move {
            tokio::select! {
                () = clock.sleep_until(until) => {
                    if let Some(filters) = filters.upgrade() {
                        filters.go_back(filtered, number);
                    }
                }
                _ = ended => {}
            }
        });
        Ok(old)
    }

    fn go_back(&self, filtered: Filtered, number: u64) {
        let mut state = self.lock();
        let current = state.current_mut(filtered);
        if let Some(visit) = current.visit.take_if(|visit| visit.number == number) {
            state.exchange(filtered, visit.back_to);
            self.spread(&state, filtered);
        }
    }

    /// From now on the crate `log` follows.
    pub(crate) fn lead_log(&self) {
        let state = self.lock();
        self.leads_log.store(true, Ordering::Relaxed);
        self.spread_to_log(&state);
    }

    /// Gives all layers what is in force, and lets `tracing` ask them again about every call-site.
    fn spread(&self, state: &State, filtered: Filtered) {
        let text = &state.current(filtered).directives;
        for admission in state.admissions.iter().filter_map(Weak::upgrade) {
            // They were parsed before; bookkeeping about spans begins anew.
            let Ok(directives) = Directives::parse(text) else { continue };
            match filtered {
                Filtered::Events => admission.replace_events(directives),
                Filtered::Spans => admission.replace_spans(directives),
            }
        }
        ask_again(state);
        self.spread_to_log(state);
    }

    fn spread_to_log(&self, state: &State) {
        if !self.leads_log.load(Ordering::Relaxed) {
            return;
        }
        let least = if self.marks_errors { LevelFilter::ERROR } else { LevelFilter::OFF };
        let directives = Directives::parse(&state.events.directives);
        let level = directives.map_or(LevelFilter::TRACE, |directives| directives.level_max());
        log_bridge::set_level(level.max(least));
    }

    /// Asks about every call-site once more, a moment later: one that was reached for the first
    /// time during the change may have been told the old answer after it was told the new one.
    fn settle(self: &Arc<Self>) {
        let Some(timer) = &self.timer else { return };
        let (filters, clock) = (Arc::downgrade(self), Arc::clone(&timer.clock));
        timer.spawner.spawn(async move {
            clock.sleep_until(clock.now().saturating_add(SETTLE_AFTER)).await;
            if let Some(filters) = filters.upgrade() {
                ask_again(&filters.lock());
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn current(&self, filtered: Filtered) -> &Current {
        match filtered {
            Filtered::Events => &self.events,
            Filtered::Spans => &self.spans,
        }
    }

    const fn current_mut(&mut self, filtered: Filtered) -> &mut Current {
        match filtered {
            Filtered::Events => &mut self.events,
            Filtered::Spans => &mut self.spans,
        }
    }

    /// Returns the old directives. A visit that was under way has no say any more.
    fn exchange(&mut self, filtered: Filtered, directives: String) -> String {
        let new = Current { directives, visit: None };
        std::mem::replace(self.current_mut(filtered), new).directives
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").finish_non_exhaustive()
    }
}

/// Asks about every call-site, in the scope of our own subscriber: while there is but one in the
/// process, `tracing` asks the one that is current on the calling thread, which may be none.
fn ask_again(state: &State) {
    let mut own = state.admissions.iter().filter_map(Weak::upgrade);
    match own.find_map(|admission| admission.dispatch()) {
        Some(dispatch) => with_default(&dispatch, rebuild_interest_cache),
        None => rebuild_interest_cache(),
    }
}

/// Checks directives, as at start, and returns them without blanks.
pub(super) fn canonical(text: &str) -> Result<String, FilterError> {
    let directives = canonical_filter(text).map_err(FilterError::bad)?;
    Directives::parse(&directives).map_err(|error| FilterError::bad(error.directive))?;
    Ok(directives)
}

/// Longer than a call-site takes to register, however busy the machine is.
const SETTLE_AFTER: Duration = Duration::from_millis(50);
