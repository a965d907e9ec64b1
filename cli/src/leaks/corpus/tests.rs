//! A tenth of the hard set, scored on every change; `beacon leaks --corpus` takes all of it.

use std::io;

use beacon::memory::{LeakCondition, LeakLevel, LeakRules};

use crate::leaks::corpus::detect::Input;
use crate::leaks::corpus::plan::plans;
use crate::leaks::corpus::run::{Contender, Watch, run};
use crate::leaks::corpus::score::Score;

const SEED: u64 = 2;

fn score<const N: usize>(rules: [(Watch, LeakRules); N]) -> io::Result<[Score; N]> {
    let of = |(watch, rules)| Contender { name: "", watch, level: LeakLevel::Confirmed, rules };
    let scores = run(&plans(2, 3, true), SEED, &rules.map(of))?;
    Ok(scores.contenders.try_into().expect("one for each"))
}

#[test]
fn the_detector_is_as_good_as_it_was() -> io::Result<()> {
    let all = LeakRules::ALL;
    let live = Watch::Process(Input::LiveAndLoad);
    let [live, record, load, bounded, sites] = score([
        (live, all),
        (live, all.without(LeakCondition::RecordGate)),
        (live, all.without(LeakCondition::LoadGuard)),
        (live, all.without(LeakCondition::BoundedModels)),
        (Watch::Sites, all),
    ])?;
    assert!(live.f1() >= 0.93, "{}", live.f1());
    assert!(sites.f1() >= 0.95, "{}", sites.f1());
    assert!(sites.culprit() >= 0.97, "{}", sites.culprit());
    // A share of a set has few alarms, or none.
    let alarms = live.false_alarms_per_month().max(0.05);
    assert!(alarms <= 0.15, "{alarms}");
    for worse in [record, load, bounded] {
        let worse = worse.false_alarms_per_month();
        assert!(worse >= 3.0 * alarms, "{worse} is not three times {alarms}");
    }
    Ok(())
}
