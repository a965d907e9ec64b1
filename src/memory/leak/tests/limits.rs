//! Whatever comes in, nothing panics and nothing is slow.

use proptest::prelude::*;

use super::*;
use crate::memory::leak::{ExhaustionDetector, LeakStateMachine, SiteBytes, SiteLeakDetectors};

/// Numbers that are likely, and those that nobody expects.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..1e10,
        1 => prop::num::f64::ANY,
        1 => Just(0.0),
        1 => Just(f64::MAX),
        1 => Just(f64::MIN_POSITIVE),
    ]
}

/// Steps of time: mostly forward.
fn any_step() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0..20.0, 1 => 0.0..20_000.0, 1 => prop::num::f64::ANY, 1 => -100.0..0.0]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_input_panics(
        samples in prop::collection::vec((any_step(), any_number(), prop::option::of(any_number())), 1..400),
    ) {
        let mut detector = LeakDetector::new();
        let mut exhaustion = ExhaustionDetector::new();
        let mut sites = SiteLeakDetectors::new();
        let mut states = LeakStateMachine::new();
        let mut now = 0.0;
        for (step, bytes, load) in samples {
            let minute = now + step;
            if (0.0..1e9).contains(&minute) {
                now = minute;
            }
            let verdict = detector.observe(minute, bytes, load);
            exhaustion.observe(minute, bytes, load);
            sites.observe_load(minute, load.unwrap_or_default());
            sites.observe_sites(minute, &[SiteBytes { site: 1, old_bytes: bytes }]);
            if let Some(verdict) = verdict {
                states.step(verdict.minute, verdict.level);
                sites.check(verdict.minute, verdict.base_bytes.unwrap_or(8e6), bytes);
                let evidence = verdict.evidence.map_or(0.0, |evidence| evidence.growth_bytes);
                prop_assert!(evidence.is_finite());
                prop_assert_eq!(verdict.evidence.is_some(), verdict.level != LeakLevel::None);
            }
        }
        prop_assert!(sites.leaking().sites.len() <= 1);
    }

    #[test]
    fn a_flat_series_with_noise_never_alarms(
        noise in prop::collection::vec(-0.01..0.01_f64, 7 * 48),
        base in 1e7..1e11_f64,
    ) {
        let half_hours = (0..noise.len()).map(|at| f64::from(u32::try_from(at).unwrap()) * 30.0);
        let bytes = |minute: f64| base * (1.0 + noise[(minute / 30.0) as usize]);
        let verdicts = verdicts(half_hours, bytes, |_| Some(1.0));
        prop_assert_eq!(first(&verdicts, LeakLevel::Suspected), None);
    }

    #[test]
    fn a_ramp_always_does(share in 0.1..2.0_f64, onset in 0..20_u32, base in 1e7..1e11_f64) {
        let onset = f64::from(onset) * 60.0;
        let bytes = |minute: f64| base * (1.0 + share * (minute - onset).max(0.0) / 1440.0);
        let every_five = (0..5 * 288).map(|at| f64::from(at) * 5.0);
        let verdicts = verdicts(every_five, bytes, |_| Some(1.0));
        prop_assert!(first(&verdicts, LeakLevel::Confirmed).is_some());
    }
}
