//! The record ring: whether the low water stands above every one of the last four days.

use crate::memory::leak::narrow;
use crate::memory::leak::rules::LeakRules;
use crate::memory::leak::scale::low_water;

/// The smallest samples of the last 193 half hours, and of the open one.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Bytes, oldest first; NaN where a half hour was empty or before the first.
    closed: [f32; LAG_COUNT],
    open: f32,
    open_samples: u32,
    index: u32,
}

impl Record {
    pub(super) const fn new() -> Self {
        Self { closed: [f32::NAN; LAG_COUNT], open: 0.0, open_samples: 0, index: 0 }
    }

    /// A signal that has always been at `bytes`, with half hour `index` open.
    pub(super) fn flat(bytes: f64, index: u32) -> Self {
        let mut record = Self { index, ..Self::new() };
        let closed_count = usize::try_from(index).unwrap_or(usize::MAX);
        for closed in record.closed.iter_mut().rev().take(closed_count) {
            *closed = narrow(bytes);
        }
        record
    }

    /// Closes the half hours before `index`.
    pub(super) fn roll(&mut self, index: u32) {
        if index <= self.index {
            return;
        }
        let value = if self.open_samples == 0 { f32::NAN } else { self.open };
        self.close(value);
        let skipped = usize::try_from(index.saturating_sub(self.index).saturating_sub(1));
        for _ in 0..skipped.unwrap_or(LAG_COUNT).min(LAG_COUNT) {
            self.close(f32::NAN);
        }
        self.open_samples = 0;
        self.index = index;
    }

    pub(super) fn add(&mut self, bytes: f32, rules: LeakRules) {
        self.open_samples = self.open_samples.saturating_add(1);
        self.open = low_water(self.open, bytes, self.open_samples, rules);
    }

    /// Returns the low water of the last three half hours less the highest from lag 13 on, in bytes.
    ///
    /// `None` until lag 13 exists, and when the newest three are all empty.
    pub(super) fn margin_bytes(&self) -> Option<f64> {
        let known = |value: &&f32| !value.is_nan();
        let lags = self.closed.iter().rev();
        let low = lags.clone().take(3).filter(known).copied().reduce(f32::min)?;
        let high = lags.skip(FIRST_LAG).filter(known).copied().reduce(f32::max)?;
        Some(f64::from(low) - f64::from(high))
    }

    /// Returns the smallest sample of the newest half hour that has any.
    pub(super) fn newest_bytes(&self) -> Option<f64> {
        self.closed.iter().rev().find(|value| !value.is_nan()).copied().map(f64::from)
    }

    fn close(&mut self, value: f32) {
        self.closed.rotate_left(1);
        if let Some(newest) = self.closed.last_mut() {
            *newest = value;
        }
    }
}

/// Lags 0 to 192: four days, and the half hour that has just closed.
const LAG_COUNT: usize = 193;

/// Half hours since the window of a record: what is younger is still part of the same growth.
const FIRST_LAG: usize = 13;
