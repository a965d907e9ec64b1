//! Every threshold, one by one.

use crate::memory::leak::narrow;

use super::*;

#[test]
fn growth_floors_are_those_of_the_formulas() {
    for rule in &SCALE_RULES {
        let windows = f64::from(rule.window_hours) / 24.0;
        let floor = if rule.is_fast { 0.30 * windows.powf(0.6) } else { 0.04 * windows.powf(0.3) };
        assert!((rule.growth_floor - floor).abs() < 1e-15, "{rule:?}");
    }
}

#[test]
fn a_window_holds_24_buckets() {
    for (rule, minutes) in SCALE_RULES.iter().zip(BUCKET_MINUTES) {
        assert_eq!(rule.window_hours * 60, 24 * minutes, "{rule:?}");
    }
}

#[test]
fn the_allowance_for_warm_up_is_greatest_in_a_young_process() {
    assert!((age_allowance(4.0, 2.0) - 0.3 * 2.0_f64.ln()).abs() < 1e-12);
    assert!(age_allowance(100.0, 2.0) < 0.01);
    assert!(age_allowance(2.0, 2.0).is_infinite());
}

/// Numbers that are just enough for a window to be confirmed, but for one.
fn just_enough(rule: &ScaleRule, but: &str) -> Passed {
    let more = |name: &str| if name == but { -1e-4 } else { 1e-4 };
    let age_windows = rule.age_windows + more("age");
    let age_hours = f64::from(rule.window_hours) * age_windows.max(1.6);
    let age_hours =
        if but == "age" { f64::from(rule.window_hours) * age_windows } else { age_hours };
    let record_margin = rule.record_margin.map(|margin| margin + more("record"));
    let situation = Situation { age_hours, record_margin, site_floor: None };
    let load_growth = 0.1;
    let mut needed = rule.growth_floor + rule.load_factor * load_growth;
    if rule.is_fast {
        needed += age_allowance(age_hours, f64::from(rule.window_hours));
    }
    let statistics = Statistics {
        slope: narrow((needed + more("growth")) / 23.0),
        bic_margin: narrow(rule.bic_margin + more("line")),
        recent: 0.5,
        trend_score: if but == "trend" {
            rule.trend_score.saturating_sub(1)
        } else {
            rule.trend_score
        },
    };
    rule.passed(&statistics, load_growth, situation, LeakRules::ALL)
}

#[test]
fn each_threshold_alone_decides() {
    for rule in &SCALE_RULES {
        assert!(just_enough(rule, "nothing").confirmed, "{rule:?}");
        for condition in ["age", "growth", "line", "trend"] {
            assert!(!just_enough(rule, condition).confirmed, "{condition}: {rule:?}");
        }
        let without_record = just_enough(rule, "record");
        assert_eq!(without_record.confirmed, rule.record_margin.is_none(), "{rule:?}");
        assert_eq!(without_record.suspected, !rule.is_fast, "{rule:?}");
    }
}

#[test]
fn thresholds_are_those_that_were_frozen() {
    let row = |rule: &ScaleRule| {
        let numbers = [rule.load_factor, rule.bic_margin, rule.age_windows];
        let record_margin = rule.record_margin.unwrap_or_default();
        let holds = [rule.hold_confirmed, rule.hold_suspected];
        (numbers, rule.trend_score, record_margin, holds)
    };
    let fast = |hold| ([1.0, 3.0, 2.0], 203, 0.05, [hold, 0]);
    let slow = |record_margin, holds| ([0.9, 2.0, 1.05], 112, record_margin, holds);
    let expected =
        [fast(1), fast(2), fast(4), slow(0.09, [2, 1]), slow(0.09, [4, 2]), slow(0.0, [9, 5])];
    assert_eq!(SCALE_RULES.each_ref().map(row), expected);
}

#[test]
fn load_explains_no_more_than_the_share_of_a_call_site() {
    let rule = SCALE_RULES.last().expect("six");
    let statistics = Statistics { slope: 0.0, bic_margin: 0.0, recent: 0.1, trend_score: 0 };
    let needed = |site_floor| {
        let situation = Situation { age_hours: 200.0, record_margin: None, site_floor };
        rule.growth_needed(&statistics, 0.5, situation, LeakRules::ALL)
    };
    assert!((needed(None) - (rule.growth_floor + 0.45)).abs() < 1e-6);
    assert!((needed(Some(0.0)) - (rule.growth_floor + 0.045)).abs() < 1e-6);
    assert!((needed(Some(0.3)) - (0.3 + 0.045)).abs() < 1e-6, "four samples at least");
}
