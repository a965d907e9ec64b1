//! By how much a size grew, over any window.

/// One value for each half hour of the last four days.
#[derive(Clone, Debug)]
pub(super) struct GrowthHistory {
    /// Smallest size of each closed half hour, in a ring; NaN where nothing was read.
    closed: [f32; CHECKS],
    next: usize,
    open: f32,
}

impl GrowthHistory {
    pub(super) const fn new() -> Self {
        Self { closed: [f32::NAN; CHECKS], next: 0, open: f32::NAN }
    }

    /// Takes a sample.
    #[expect(clippy::cast_possible_truncation, reason = "24 bits are enough for a size")]
    pub(super) fn add(&mut self, bytes: f64) {
        // The smaller one; a NaN gives way.
        self.open = self.open.min(bytes as f32);
    }

    /// Ends a half hour, at a check.
    pub(super) fn close(&mut self) {
        let open = std::mem::replace(&mut self.open, f32::NAN);
        if let Some(slot) = self.closed.get_mut(self.next) {
            *slot = open;
        }
        self.next = self.next.saturating_add(1).checked_rem(CHECKS).unwrap_or_default();
    }

    /// Returns by how much it grew in the last `hours`; `None` when an end of that time is not known.
    pub(super) fn growth_bytes(&self, hours: u32) -> Option<f64> {
        let checks = usize::try_from(hours).ok()?.saturating_mul(2).min(CHECKS.saturating_sub(1));
        let newest = self.lag(0)?;
        let oldest = self.lag(checks)?;
        Some(newest - oldest)
    }

    fn lag(&self, checks: usize) -> Option<f64> {
        let place = self.next.saturating_add(CHECKS).checked_sub(checks)?.checked_sub(1)?;
        let value = self.closed.get(place.checked_rem(CHECKS)?).copied()?;
        (!value.is_nan()).then_some(f64::from(value))
    }
}

/// Half hours of 96 hours, and the one before them.
const CHECKS: usize = 193;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_over_any_window() {
        let mut history = GrowthHistory::new();
        assert_eq!(history.growth_bytes(2), None);
        for check in 0..400_u16 {
            history.add(f64::from(check) + 7.0);
            history.add(f64::from(check));
            history.close();
        }
        assert_eq!(history.growth_bytes(2), Some(4.0));
        assert_eq!(history.growth_bytes(96), Some(192.0));
        assert_eq!(history.growth_bytes(1000), Some(192.0));
    }

    #[test]
    fn a_gap_at_either_end_is_no_growth() {
        let mut history = GrowthHistory::new();
        history.close();
        for _ in 0..4 {
            history.add(1.0);
            history.close();
        }
        assert_eq!(history.growth_bytes(1), Some(0.0));
        assert_eq!(history.growth_bytes(2), None);
        history.close();
        assert_eq!(history.growth_bytes(1), None);
    }
}
