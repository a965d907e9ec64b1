//! The normal size of a process, measured early.

use crate::memory::leak::bucket_of;

/// The median of the samples of minutes 30 to 90.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// At most 240 samples; freed once the base is known.
    samples: Vec<f64>,
    /// The quarter of a minute of the last one: more samples than four a minute are left out.
    last_slot: Option<u32>,
    bytes: Option<f64>,
}

impl Base {
    pub(super) fn new() -> Self {
        Self { samples: Vec::with_capacity(SAMPLES_MAX), last_slot: None, bytes: None }
    }

    /// Returns the base, in bytes, once it is known.
    pub(super) fn bytes(&self) -> Option<f64> {
        self.bytes
    }

    pub(super) fn add(&mut self, minute: f64, bytes: f64) {
        if self.bytes.is_some() || minute < FIRST_MINUTE {
            return;
        }
        let slot = bucket_of(minute * SLOTS_PER_MINUTE, 1);
        if self.last_slot == Some(slot) {
            return;
        }
        self.last_slot = Some(slot);
        self.samples.push(bytes);
        self.settle(minute);
    }

    /// Takes the median when there are enough samples at `minute`.
    pub(super) fn settle(&mut self, minute: f64) {
        if self.bytes.is_some() || minute < END_MINUTE || self.samples.len() < SAMPLES_MIN {
            return;
        }
        let mut samples = std::mem::take(&mut self.samples);
        samples.sort_unstable_by(f64::total_cmp);
        let half = samples.len() / 2;
        let upper = samples.get(half).copied().unwrap_or_default();
        let lower = samples.get(samples.len().saturating_sub(1) / 2).copied().unwrap_or_default();
        self.bytes = Some(f64::midpoint(lower, upper).max(BASE_MIN_BYTES));
    }
}

const FIRST_MINUTE: f64 = 30.0;
const END_MINUTE: f64 = 90.0;
const SAMPLES_MIN: usize = 10;
const SAMPLES_MAX: usize = 240;

/// 240 samples in the 60 minutes.
const SLOTS_PER_MINUTE: f64 = 4.0;

/// Below this, ratios say nothing: 8 MiB.
const BASE_MIN_BYTES: f64 = 8.0 * 1024.0 * 1024.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_median_of_the_first_hour_after_the_start() {
        let mut base = Base::new();
        for minute in 0..90_u8 {
            base.settle(f64::from(minute));
            base.add(f64::from(minute), 1e8 + 1e6 * f64::from(minute));
        }
        assert_eq!(base.bytes(), None);
        base.settle(90.0);
        // Of 60 samples, the mean of the 30th and the 31st.
        assert_eq!(base.bytes(), Some(1e8 + 59.5e6));
    }

    #[test]
    fn samples_are_bounded_and_freed() {
        let mut base = Base::new();
        for count in 0..90 * 600_u32 {
            base.add(f64::from(count) / 600.0, 1e9);
        }
        assert_eq!((base.samples.len(), base.samples.capacity()), (SAMPLES_MAX, SAMPLES_MAX));
        base.settle(90.0);
        assert_eq!((base.bytes(), base.samples.capacity()), (Some(1e9), 0));
    }

    #[test]
    fn a_tiny_process_has_a_base_of_8_mib() {
        let mut base = Base::new();
        for minute in 30..40_u8 {
            base.add(f64::from(minute), 1.0);
        }
        base.settle(90.0);
        assert_eq!(base.bytes(), Some(8_388_608.0));
    }
}
