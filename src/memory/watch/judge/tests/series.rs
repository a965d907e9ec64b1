//! From the series to the alerts.

use super::*;
use crate::memory::alert::LeakSignal;
use crate::memory::watch::judge::Shown;

const SUSPECTED: &str = "beacon.memory.leak_suspected";
const CONFIRMED: &str = "beacon.memory.leak_confirmed";
const CLEARED: &str = "beacon.memory.leak_cleared";
const EXHAUSTION: &str = "beacon.memory.exhaustion";

/// Half of the base a day.
fn leaking(minute: f64) -> WatchSample {
    let live_mb = 100.0 * (1.0 + 0.5 * minute / DAY);
    both(minute, live_mb, live_mb * 1.1)
}

#[test]
fn a_leak_is_told_from_suspicion_to_the_end() {
    let mut life = Life::new();
    life.run(4.0 * DAY, leaking);
    assert_eq!(life.told(), [(CONFIRMED, LeakCause::Leak)]);
    let alert = life.last().clone();
    assert_eq!((alert.id.as_str(), alert.recurrence), ("5e0be100-1", 0));
    assert_eq!(alert.previous_state, LeakState::Healthy);
    assert_eq!((alert.signal, alert.source), (Some(LeakSignal::Live), LeakSource::Tracking));
    assert!(alert.load_known);
    let evidence = alert.evidence.expect("evidence");
    assert!((evidence.growth_bytes_per_hour - 50.0 * MB / 24.0).abs() < 0.1 * MB);
    assert!((alert.retained_bytes.expect("retained") / MB - 0.1 * 112.5).abs() < 5.0);

    // Somebody has repaired it.
    life.run(6.0 * DAY, |minute| both(minute, 110.0, 300.0));
    assert_eq!(life.told()[1..], [(CLEARED, LeakCause::Leak)]);
    let cleared = life.last();
    assert_eq!((cleared.id.as_str(), cleared.evidence), ("5e0be100-1", None));
    assert_eq!(cleared.current_bytes, Some(f64::from(110e6_f32)));
}
