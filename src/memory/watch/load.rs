//! Work done per minute, from a count that only grows.

/// Turns a cumulative count of work into a load.
#[derive(Clone, Debug, Default)]
pub(super) struct LoadMeter {
    last: Option<(f64, u64)>,
}

impl LoadMeter {
    /// Returns the work per minute since the sample before. `None`: unknown.
    ///
    /// A process that has told of next to nothing since its start has no load that memory could go
    /// with: growth would look unexplained only because nobody counted.
    pub(super) fn observe(&mut self, minute: f64, work: Option<u64>) -> Option<f64> {
        let Some(work) = work else {
            self.last = None;
            return None;
        };
        let (since, before) = self.last.replace((minute, work))?;
        let minutes = minute - since;
        if work < WORK_MIN || minutes <= 0.0 {
            return None;
        }
        Some(to_f64(work.saturating_sub(before)) / minutes)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a load needs no 53 bits")]
pub(super) fn to_f64(count: u64) -> f64 {
    count as f64
}

/// Lines about the start are no work.
const WORK_MIN: u64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(samples: &[(f64, Option<u64>)]) -> Vec<Option<f64>> {
        let mut meter = LoadMeter::default();
        samples.iter().map(|(minute, work)| meter.observe(*minute, *work)).collect()
    }

    #[test]
    fn load_is_the_growth_of_the_count_per_minute() {
        let samples = [(0.0, Some(1000)), (0.5, Some(1010)), (1.0, Some(1010)), (3.0, Some(1110))];
        assert_eq!(loads(&samples), [None, Some(20.0), Some(0.0), Some(50.0)]);
    }

    #[test]
    fn load_is_unknown_while_nothing_records() {
        assert_eq!(loads(&[(0.0, None), (1.0, None)]), [None, None]);
        // After a gap there is no interval to divide by.
        assert_eq!(loads(&[(0.0, Some(200)), (1.0, None), (2.0, Some(300))]), [None; 3]);
    }

    #[test]
    fn a_few_lines_at_the_start_are_no_load() {
        let samples = [(0.0, Some(0)), (1.0, Some(99)), (2.0, Some(99)), (3.0, Some(100))];
        assert_eq!(loads(&samples), [None, None, None, Some(1.0)]);
    }

    #[test]
    fn time_that_stands_still_gives_no_load() {
        assert_eq!(loads(&[(1.0, Some(200)), (1.0, Some(300))]), [None, None]);
    }
}
