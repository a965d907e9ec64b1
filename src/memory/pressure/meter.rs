//! How close memory is to its limit, with hysteresis: pure.

use crate::memory::pressure::PressureLevel;

/// Where levels begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PressureThresholds {
    pub(crate) warn_ratio: f64,
    pub(crate) shed_ratio: f64,
}

/// Turns usage into levels, and says when to act on them.
#[derive(Clone, Debug)]
pub(crate) struct PressureMeter {
    thresholds: PressureThresholds,
    level: Option<PressureLevel>,
    acted_minute: Option<f64>,
}

impl PressureMeter {
    pub(crate) const fn new(thresholds: PressureThresholds) -> Self {
        Self { thresholds, level: None, acted_minute: None }
    }

    /// Returns the level to act on now, if any: at once when it rises, and again while it lasts.
    pub(crate) fn observe(
        &mut self,
        minute: f64,
        used_bytes: f64,
        limit_bytes: f64,
    ) -> Option<PressureLevel> {
        if !(used_bytes >= 0.0 && limit_bytes > 0.0) {
            return None;
        }
        let before = self.level;
        self.level = self.next(used_bytes / limit_bytes);
        let level = self.level?;
        let pause_minutes = match level {
            PressureLevel::Shed => SHED_PAUSE_MINUTES,
            PressureLevel::Requested | PressureLevel::Warn => WARN_PAUSE_MINUTES,
        };
        let is_due = self.acted_minute.is_none_or(|acted| minute - acted >= pause_minutes);
        let has_risen = rank(self.level) > rank(before);
        // One that flaps around a threshold is not worth more than one that lasts.
        let is_flapping =
            before.is_none() && level == PressureLevel::Warn && self.acted_minute.is_some();
        if is_due || (has_risen && !is_flapping) {
            self.acted_minute = Some(minute);
            return Some(level);
        }
        None
    }

    fn next(&self, used_ratio: f64) -> Option<PressureLevel> {
        let PressureThresholds { warn_ratio, shed_ratio } = self.thresholds;
        let is_shedding = self.level == Some(PressureLevel::Shed);
        let is_warning = self.level.is_some();
        let stays = |is_in: bool, ratio: f64| {
            used_ratio >= if is_in { ratio - HYSTERESIS_RATIO } else { ratio }
        };
        if stays(is_shedding, shed_ratio) {
            Some(PressureLevel::Shed)
        } else if stays(is_warning, warn_ratio) {
            Some(PressureLevel::Warn)
        } else {
            None
        }
    }
}

fn rank(level: Option<PressureLevel>) -> u8 {
    match level {
        None => 0,
        Some(PressureLevel::Requested | PressureLevel::Warn) => 1,
        Some(PressureLevel::Shed) => 2,
    }
}

/// How far usage must fall below a threshold for its level to end.
const HYSTERESIS_RATIO: f64 = 0.05;

/// How soon hooks are asked again while a level lasts.
const WARN_PAUSE_MINUTES: f64 = 5.0;
const SHED_PAUSE_MINUTES: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::pressure::PressureLevel::{Shed, Warn};

    /// The level acted on for each (minute, percent).
    fn acted(samples: &[(f64, f64)]) -> Vec<Option<PressureLevel>> {
        let thresholds = PressureThresholds { warn_ratio: 0.8, shed_ratio: 0.9 };
        let mut meter = PressureMeter::new(thresholds);
        samples.iter().map(|(minute, used)| meter.observe(*minute, *used, 100.0)).collect()
    }

    #[test]
    fn levels_begin_at_their_thresholds_and_not_below() {
        assert_eq!(acted(&[(0.0, 79.9)]), [None]);
        assert_eq!(acted(&[(0.0, 80.0)]), [Some(Warn)]);
        assert_eq!(acted(&[(0.0, 89.9)]), [Some(Warn)]);
        assert_eq!(acted(&[(0.0, 90.0)]), [Some(Shed)]);
    }

    #[test]
    fn a_rise_is_acted_on_at_once_and_a_level_that_lasts_now_and_then() {
        let samples = [(0.0, 81.0), (1.0, 82.0), (1.25, 91.0), (2.0, 91.0), (2.25, 91.0)];
        assert_eq!(acted(&samples), [Some(Warn), None, Some(Shed), None, Some(Shed)]);
        assert_eq!(acted(&[(0.0, 81.0), (4.9, 81.0), (5.0, 81.0)]), [Some(Warn), None, Some(Warn)]);
    }

    #[test]
    fn a_level_ends_well_below_its_threshold() {
        // Above 85 it still sheds, above 75 it still warns.
        assert_eq!(acted(&[(0.0, 90.0), (1.0, 85.1)]), [Some(Shed), Some(Shed)]);
        assert_eq!(acted(&[(0.0, 90.0), (5.0, 84.9)]), [Some(Shed), Some(Warn)]);
        assert_eq!(acted(&[(0.0, 80.0), (5.0, 75.1)]), [Some(Warn), Some(Warn)]);
        assert_eq!(acted(&[(0.0, 80.0), (5.0, 74.9)]), [Some(Warn), None]);
    }

    #[test]
    fn usage_that_flaps_is_not_acted_on_each_time() {
        let samples = [(0.0, 80.0), (0.25, 70.0), (0.5, 80.0), (0.75, 70.0), (5.0, 80.0)];
        assert_eq!(acted(&samples), [Some(Warn), None, None, None, Some(Warn)]);
    }

    #[test]
    fn without_a_limit_there_is_no_pressure() {
        let thresholds = PressureThresholds { warn_ratio: 0.8, shed_ratio: 0.9 };
        let mut meter = PressureMeter::new(thresholds);
        for (used, limit) in [(1.0, 0.0), (f64::NAN, 1.0), (1.0, f64::NAN), (1.0, -1.0)] {
            assert_eq!(meter.observe(0.0, used, limit), None);
        }
    }
}
