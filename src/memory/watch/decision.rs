//! What the verdicts of all signals come to: pure.

use crate::memory::alert::{LeakCause, LeakSignal};
use crate::memory::leak::{LeakLevel, LeakVerdict};

/// Everything that one check knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct CheckFacts {
    /// `None`: the live heap is not known.
    pub(super) live: Option<LeakVerdict>,
    pub(super) rss: Option<LeakVerdict>,
    /// Whether a call-site has a verdict of its own.
    pub(super) is_site_confirmed: bool,
    /// What asking the allocator came to.
    pub(super) probe: ProbeOutcome,
    /// By how much that which the allocator holds beyond the live heap grew in the window of the
    /// verdict on resident memory.
    pub(super) held_growth_bytes: Option<f64>,
    /// By how much the live heap grew in that window.
    pub(super) live_growth_bytes: Option<f64>,
    /// Whether the user wants leaks confirmed that were not held against load.
    pub(super) confirm_without_load: bool,
}

/// What became of the question whether resident memory is free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ProbeOutcome {
    /// It was not asked, and may be.
    Unasked,
    /// It may not be asked: the user says so, or it was tried in vain.
    Unavailable,
    /// The allocator was asked and resident memory did not fall enough.
    Kept { returned_bytes: f64 },
    /// It fell by at least half of the growth.
    Fell { returned_bytes: f64 },
}

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Decision {
    /// No sign of a leak.
    Quiet,
    /// The allocator must be asked first.
    Ask {
        growth_bytes: f64,
    },
    /// The allocator had it and gave it back.
    Retained {
        returned_bytes: f64,
    },
    Growing(Growing),
}

/// Memory that grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Growing {
    /// At least suspected.
    pub(super) level: LeakLevel,
    pub(super) cause: LeakCause,
    pub(super) signal: LeakSignal,
    pub(super) returned_bytes: Option<f64>,
}

/// Decides. The live heap comes first: what is allocated and not freed needs no further question.
pub(super) fn decide(facts: &CheckFacts) -> Decision {
    let live_level = facts.live.map_or(LeakLevel::None, |live| level(&live, facts));
    if live_level > LeakLevel::None {
        return growing(live_level, LeakCause::Leak, LeakSignal::Live, None);
    }
    if facts.is_site_confirmed {
        return growing(LeakLevel::Suspected, LeakCause::Leak, LeakSignal::Site, None);
    }
    let Some(rss) = facts.rss.filter(|rss| rss.level > LeakLevel::None) else {
        return Decision::Quiet;
    };
    let growth_bytes = rss.evidence.map_or(0.0, |evidence| evidence.growth_bytes);
    let explains = |part: Option<f64>| part.is_some_and(|part| part >= HALF * growth_bytes);
    if facts.live.is_some() && explains(facts.live_growth_bytes) {
        // It is the live heap that grows, and of that its own verdict knows better.
        return Decision::Quiet;
    }
    let returned_bytes = match facts.probe {
        ProbeOutcome::Unasked => return Decision::Ask { growth_bytes },
        ProbeOutcome::Fell { returned_bytes } => return Decision::Retained { returned_bytes },
        ProbeOutcome::Kept { returned_bytes } => Some(returned_bytes),
        ProbeOutcome::Unavailable => None,
    };
    if facts.live.is_none() {
        return growing(level(&rss, facts), LeakCause::Leak, LeakSignal::Rss, returned_bytes);
    }
    let is_held = explains(facts.held_growth_bytes);
    let cause = if is_held { LeakCause::Fragmentation } else { LeakCause::NativeGrowth };
    growing(LeakLevel::Suspected, cause, LeakSignal::Rss, returned_bytes)
}

/// Whether what the allocator gave back explains the growth.
pub(super) fn has_fallen(returned_bytes: f64, growth_bytes: f64) -> bool {
    growth_bytes > 0.0 && returned_bytes >= HALF * growth_bytes
}

fn level(verdict: &LeakVerdict, facts: &CheckFacts) -> LeakLevel {
    verdict.level.capped(verdict.load_known || facts.confirm_without_load)
}

fn growing(
    level: LeakLevel,
    cause: LeakCause,
    signal: LeakSignal,
    returned_bytes: Option<f64>,
) -> Decision {
    Decision::Growing(Growing { level, cause, signal, returned_bytes })
}

/// Half of the growth: chosen, not scored.
const HALF: f64 = 0.5;
