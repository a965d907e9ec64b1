//! The decision as a table.

use crate::memory::alert::{LeakCause, LeakSignal};
use crate::memory::leak::{LeakEvidence, LeakLevel, LeakVerdict};
use crate::memory::watch::decision::{CheckFacts, Decision, Growing, ProbeOutcome, decide};

const NONE: LeakLevel = LeakLevel::None;
const SUSPECTED: LeakLevel = LeakLevel::Suspected;
const CONFIRMED: LeakLevel = LeakLevel::Confirmed;

fn verdict(level: LeakLevel) -> LeakVerdict {
    let evidence = LeakEvidence {
        scale_hours: 24,
        growth_bytes_per_hour: 1e6,
        growth_bytes: 24e6,
        growth_ratio: 0.24,
        bic_margin: 9.0,
        load_growth_ratio: 0.0,
        trend_score: 276,
    };
    LeakVerdict {
        minute: 1800.0,
        level,
        base_bytes: Some(1e8),
        record_margin_ratio: Some(0.1),
        current_bytes: Some(1.24e8),
        load_known: true,
        evidence: (level > LeakLevel::None).then_some(evidence),
    }
}

fn facts(live: Option<LeakLevel>, rss: LeakLevel) -> CheckFacts {
    CheckFacts {
        live: live.map(verdict),
        rss: Some(verdict(rss)),
        is_site_confirmed: false,
        probe: ProbeOutcome::Unasked,
        held_growth_bytes: None,
        live_growth_bytes: None,
        confirm_without_load: false,
    }
}

fn growing(level: LeakLevel, cause: LeakCause, signal: LeakSignal) -> Decision {
    Decision::Growing(Growing { level, cause, signal, returned_bytes: None })
}

#[test]
fn the_live_heap_decides_before_resident_memory() {
    for (live, rss, expected) in [
        (NONE, NONE, Decision::Quiet),
        (SUSPECTED, NONE, growing(SUSPECTED, LeakCause::Leak, LeakSignal::Live)),
        (SUSPECTED, CONFIRMED, growing(SUSPECTED, LeakCause::Leak, LeakSignal::Live)),
        (CONFIRMED, NONE, growing(CONFIRMED, LeakCause::Leak, LeakSignal::Live)),
        (NONE, SUSPECTED, Decision::Ask { growth_bytes: 24e6 }),
        (NONE, CONFIRMED, Decision::Ask { growth_bytes: 24e6 }),
    ] {
        assert_eq!(decide(&facts(Some(live), rss)), expected, "{live:?} {rss:?}");
    }
}

#[test]
fn a_site_counts_as_a_suspicion_of_the_process() {
    let site = |live, rss| CheckFacts { is_site_confirmed: true, ..facts(Some(live), rss) };
    let suspected = growing(SUSPECTED, LeakCause::Leak, LeakSignal::Site);
    assert_eq!(decide(&site(NONE, NONE)), suspected);
    assert_eq!(decide(&site(NONE, CONFIRMED)), suspected);
    let confirmed = growing(CONFIRMED, LeakCause::Leak, LeakSignal::Live);
    assert_eq!(decide(&site(CONFIRMED, NONE)), confirmed);
}

#[test]
fn half_of_the_growth_tells_fragmentation_from_native_growth() {
    let held = |held_growth_bytes| CheckFacts {
        held_growth_bytes,
        probe: ProbeOutcome::Unavailable,
        ..facts(Some(NONE), CONFIRMED)
    };
    for (bytes, cause) in [
        (None, LeakCause::NativeGrowth),
        (Some(11.9e6), LeakCause::NativeGrowth),
        (Some(12.0e6), LeakCause::Fragmentation),
    ] {
        assert_eq!(decide(&held(bytes)), growing(SUSPECTED, cause, LeakSignal::Rss));
    }
}

#[test]
fn growth_of_the_live_heap_is_left_to_its_own_verdict() {
    let grown = |bytes| CheckFacts {
        live_growth_bytes: Some(bytes),
        probe: ProbeOutcome::Unavailable,
        ..facts(Some(NONE), CONFIRMED)
    };
    let native = growing(SUSPECTED, LeakCause::NativeGrowth, LeakSignal::Rss);
    assert_eq!(decide(&grown(11.9e6)), native);
    assert_eq!(decide(&grown(12.0e6)), Decision::Quiet);
}

#[test]
fn what_the_allocator_gave_back_is_no_leak() {
    let probe = ProbeOutcome::Fell { returned_bytes: 12e6 };
    for live in [None, Some(NONE)] {
        let facts = CheckFacts { probe, ..facts(live, CONFIRMED) };
        assert_eq!(decide(&facts), Decision::Retained { returned_bytes: 12e6 });
    }
}

#[test]
fn a_verdict_without_load_is_capped() {
    let without_load = |level| LeakVerdict { load_known: false, ..verdict(level) };
    let live = CheckFacts { live: Some(without_load(CONFIRMED)), ..facts(None, NONE) };
    assert_eq!(decide(&live), growing(SUSPECTED, LeakCause::Leak, LeakSignal::Live));
    let opted_in = CheckFacts { confirm_without_load: true, ..live };
    assert_eq!(decide(&opted_in), growing(CONFIRMED, LeakCause::Leak, LeakSignal::Live));
    let rss = CheckFacts {
        rss: Some(without_load(CONFIRMED)),
        probe: ProbeOutcome::Unavailable,
        ..facts(None, NONE)
    };
    assert_eq!(decide(&rss), growing(SUSPECTED, LeakCause::Leak, LeakSignal::Rss));
}
