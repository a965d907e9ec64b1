//! Every trace of a set, on two threads, and what each detector makes of it.

use std::num::NonZero;
use std::{io, thread};

use beacon::memory::{LeakCondition, LeakLevel, LeakRules};

use crate::leaks::corpus::detect::{Input, passing, passing_sites};
use crate::leaks::corpus::limit::LimitScore;
use crate::leaks::corpus::plan::Plan;
use crate::leaks::corpus::random::Random;
use crate::leaks::corpus::score::Score;
use crate::leaks::corpus::trace::Trace;

/// One detector to be scored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contender {
    pub(super) name: &'static str,
    pub(super) watch: Watch,
    pub(super) level: LeakLevel,
    pub(super) rules: LeakRules,
}

/// What a detector looks at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Watch {
    Process(Input),
    Sites,
}

/// What was made of a set.
#[derive(Clone, Debug)]
pub(super) struct Scores {
    /// In the order of the contenders.
    pub(super) contenders: Vec<Score>,
    pub(super) limit: LimitScore,
}

/// Scores the contenders on all traces.
///
/// # Errors
///
/// When the system gives no thread.
pub(super) fn run(plans: &[Plan], seed: u64, contenders: &[Contender]) -> io::Result<Scores> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut scores = Scores::new(contenders);
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for first in 0..threads {
            let work = move || part(plans, seed, contenders, first, threads);
            let builder = thread::Builder::new().name("beacon-corpus".to_owned());
            workers.push(builder.spawn_scoped(scope, work)?);
        }
        for worker in workers {
            scores.join(&worker.join().map_err(|_| io::Error::other("a thread panicked"))?);
        }
        Ok(scores)
    })
}

/// The share of one thread.
fn part(plans: &[Plan], seed: u64, contenders: &[Contender], first: usize, step: usize) -> Scores {
    let mut scores = Scores::new(contenders);
    for (index, plan) in plans.iter().enumerate().skip(first).step_by(step) {
        let trace = Trace::new(*plan, &mut Random::of_trace(seed, index));
        for (contender, score) in contenders.iter().zip(&mut scores.contenders) {
            let passing = match contender.watch {
                Watch::Process(input) => passing(&trace, input, contender.rules),
                // A stream of its own: every contender sees the same samples.
                Watch::Sites => {
                    let mut random = Random::of_trace(seed, index.wrapping_add(SITE_STREAMS));
                    passing_sites(&trace, contender.rules, &mut random)
                }
            };
            score.add(&trace, &passing, contender.level);
        }
        scores.limit.add(&trace);
    }
    scores
}

impl Scores {
    fn new(contenders: &[Contender]) -> Self {
        let contenders = vec![Score::default(); contenders.len()];
        Self { contenders, limit: LimitScore::default() }
    }

    /// Adds the traces of another thread.
    fn join(&mut self, other: &Self) {
        for (score, other) in self.contenders.iter_mut().zip(&other.contenders) {
            score.join(other);
        }
        self.limit.join(&other.limit);
    }
}

/// The detectors of the table of scores.
pub(super) fn detectors() -> Vec<Contender> {
    let all = LeakRules::ALL;
    let of = |name, watch, level| Contender { name, watch, level, rules: all };
    let confirmed = LeakLevel::Confirmed;
    vec![
        of("confirmed, live heap + load", Watch::Process(Input::LiveAndLoad), confirmed),
        of("suspected, live heap + load", Watch::Process(Input::LiveAndLoad), LeakLevel::Suspected),
        of("confirmed, call-sites", Watch::Sites, confirmed),
        of("confirmed, live heap", Watch::Process(Input::Live), confirmed),
        of("confirmed, RSS + load", Watch::Process(Input::RssAndLoad), confirmed),
        of("confirmed, RSS", Watch::Process(Input::Rss), confirmed),
        of("suspected, RSS + load", Watch::Process(Input::RssAndLoad), LeakLevel::Suspected),
    ]
}

/// The detector of the first row with one part removed at a time.
pub(super) fn ablation() -> Vec<Contender> {
    let live = Watch::Process(Input::LiveAndLoad);
    let rss = Watch::Process(Input::RssAndLoad);
    let of = |name, watch, removed: Option<LeakCondition>| Contender {
        name,
        watch,
        level: LeakLevel::Confirmed,
        rules: removed.map_or(LeakRules::ALL, |removed| LeakRules::ALL.without(removed)),
    };
    vec![
        of("nothing", live, None),
        of("record gate", live, Some(LeakCondition::RecordGate)),
        of("load guard", live, Some(LeakCondition::LoadGuard)),
        of("bounded-model veto", live, Some(LeakCondition::BoundedModels)),
        of("growth floor", live, Some(LeakCondition::GrowthFloor)),
        of("hold", live, Some(LeakCondition::Hold)),
        of("age term", live, Some(LeakCondition::AgeTerm)),
        of("fast scales", live, Some(LeakCondition::FastScales)),
        of("24 and 48 h", live, Some(LeakCondition::SlowScales)),
        of("trend", live, Some(LeakCondition::Trend)),
        of("nothing (RSS + load)", rss, None),
        of("minima (RSS + load)", rss, Some(LeakCondition::Minima)),
    ]
}

/// Streams of samples begin behind those of traces.
const SITE_STREAMS: usize = 1 << 40;
