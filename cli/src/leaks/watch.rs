//! One series of samples through detector, states and exhaustion, into lines.

use std::io::{self, Write};

use beacon::memory::{
    ExhaustionChange, ExhaustionDetector, LeakDetector, LeakLevel, LeakState, LeakStateMachine,
    LeakVerdict,
};

use crate::leaks::lines::{ExhaustionLine, Run, Subject, SummaryLine, TransitionLine, write_line};

/// What the user has chosen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    pub(super) limit_bytes: Option<f64>,
    pub(super) confirms_without_load: bool,
}

/// Watches one process, whose lines it writes.
#[derive(Debug)]
pub(super) struct Watcher<'a> {
    subject: Subject<'a>,
    signal: &'static str,
    options: Options,
    detector: LeakDetector,
    states: LeakStateMachine,
    exhaustion: ExhaustionDetector,
    last_minute: f64,
    first_suspected_minute: Option<f64>,
    first_confirmed_minute: Option<f64>,
    transitions: u64,
    suspected_runs: Runs,
    confirmed_runs: Runs,
}

/// Passing checks.
#[derive(Debug, Default)]
struct Runs {
    runs: Vec<Run>,
    /// Whether the last check passed.
    is_open: bool,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(subject: Subject<'a>, signal: &'static str, options: Options) -> Self {
        Self {
            subject,
            signal,
            options,
            detector: LeakDetector::new(),
            states: LeakStateMachine::new(),
            exhaustion: ExhaustionDetector::new(),
            last_minute: 0.0,
            first_suspected_minute: None,
            first_confirmed_minute: None,
            transitions: 0,
            suspected_runs: Runs::default(),
            confirmed_runs: Runs::default(),
        }
    }

    /// Takes one sample. `used_bytes` is what the limit is about.
    pub(super) fn observe(
        &mut self,
        minute: f64,
        bytes: Option<f64>,
        used_bytes: Option<f64>,
        load: Option<f64>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.check_until(minute, out)?;
        let missing = f64::NAN;
        self.detector.observe(minute, bytes.unwrap_or(missing), load);
        let used_bytes = used_bytes.unwrap_or(missing);
        let change = self.exhaustion.observe(minute, used_bytes, self.options.limit_bytes);
        self.last_minute = minute;
        let Some(ExhaustionChange::Warned { minute, time_to_limit_hours, .. }) = change else {
            return Ok(());
        };
        let subject = self.subject;
        write_line(
            out,
            &ExhaustionLine { subject, minute, event: "exhaustion", time_to_limit_hours },
        )
    }

    /// Makes the last check and writes the summary.
    pub(super) fn finish(mut self, out: &mut impl Write) -> io::Result<()> {
        self.check_until(self.last_minute + 1.0, out)?;
        let summary = SummaryLine {
            subject: self.subject,
            final_state: self.states.state().name(),
            first_suspected_minute: self.first_suspected_minute,
            first_confirmed_minute: self.first_confirmed_minute,
            transitions: self.transitions,
            suspected_runs: &self.suspected_runs.runs,
            confirmed_runs: &self.confirmed_runs.runs,
        };
        write_line(out, &summary)
    }

    fn check_until(&mut self, minute: f64, out: &mut impl Write) -> io::Result<()> {
        while let Some(verdict) = self.detector.advance(minute) {
            self.take(&verdict, out)?;
        }
        Ok(())
    }

    fn take(&mut self, verdict: &LeakVerdict, out: &mut impl Write) -> io::Result<()> {
        let minute = verdict.minute;
        self.suspected_runs.add(minute, verdict.level >= LeakLevel::Suspected);
        self.confirmed_runs.add(minute, verdict.level == LeakLevel::Confirmed);
        let is_trusted = verdict.load_known || self.options.confirms_without_load;
        let Some(transition) = self.states.step(minute, verdict.level.capped(is_trusted)) else {
            return Ok(());
        };
        if transition.to >= LeakState::Suspected {
            self.first_suspected_minute.get_or_insert(minute);
        }
        if transition.to == LeakState::Confirmed {
            self.first_confirmed_minute.get_or_insert(minute);
        }
        if !transition.is_event() {
            return Ok(());
        }
        self.transitions = self.transitions.saturating_add(1);
        let evidence = verdict.evidence;
        let time_to_limit = evidence.zip(self.options.limit_bytes).and_then(|(evidence, limit)| {
            evidence.time_to_limit_hours(verdict.current_bytes?, limit)
        });
        let line = TransitionLine {
            subject: self.subject,
            minute,
            state: transition.to.name(),
            signal: self.signal,
            scale_hours: evidence.map(|evidence| evidence.scale_hours),
            growth_bytes_per_hour: evidence.map(|evidence| evidence.growth_bytes_per_hour),
            base_bytes: verdict.base_bytes,
            growth_ratio: evidence.map(|evidence| evidence.growth_ratio),
            record_margin_ratio: verdict.record_margin_ratio,
            bic_margin: evidence.map(|evidence| evidence.bic_margin),
            load_growth_ratio: evidence.map(|evidence| evidence.load_growth_ratio),
            load_known: verdict.load_known,
            time_to_limit_hours: time_to_limit,
        };
        write_line(out, &line)
    }
}

impl Runs {
    fn add(&mut self, minute: f64, is_passing: bool) {
        match self.runs.last_mut().filter(|_| self.is_open && is_passing) {
            Some([_, last]) => *last = minute,
            None if is_passing => self.runs.push([minute, minute]),
            None => {}
        }
        self.is_open = is_passing;
    }
}
