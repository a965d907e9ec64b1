//! The last 24 buckets of a series.

/// Closed buckets of equal length. An empty one repeats the one before it: no growth is invented.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    /// Oldest first.
    closed: [f32; BUCKET_COUNT],
    /// Which bucket since age zero is open.
    index: u32,
    /// Which of the closed buckets were empty, the newest in the lowest bit.
    empty: u32,
    /// Buckets closed so far, up to all.
    closed_count: u8,
}

impl Buckets {
    /// Buckets of a series that has not begun.
    pub(super) const fn new() -> Self {
        Self { closed: [0.0; BUCKET_COUNT], index: 0, empty: 0, closed_count: 0 }
    }

    /// Buckets of a series that has always had one value, with bucket `index` open.
    pub(super) fn flat(value: f32, index: u32) -> Self {
        let closed_count = u8::try_from(index).unwrap_or(FULL).min(FULL);
        Self { closed: [value; BUCKET_COUNT], index, closed_count, ..Self::new() }
    }

    /// Closes the buckets before `index`, if there are any; returns whether there are.
    ///
    /// `open` is what the open bucket holds: `None` when it is empty.
    pub(super) fn roll(&mut self, index: u32, open: Option<f32>) -> bool {
        if index <= self.index {
            return false;
        }
        if let Some(value) = open.or_else(|| self.newest()) {
            self.close(value, open.is_none());
            let skipped = index.saturating_sub(self.index).saturating_sub(1);
            for _ in 0..skipped.min(u32::from(FULL)) {
                self.close(value, true);
            }
        }
        self.index = index;
        true
    }

    /// Returns the buckets, oldest first: none while there are fewer than 24, when more than 6 of
    /// them or the newest were empty.
    pub(super) fn full(&self) -> Option<&[f32; BUCKET_COUNT]> {
        let is_full = self.closed_count == FULL && self.empty.count_ones() <= EMPTY_MAX;
        (is_full && !self.is_newest_empty()).then_some(&self.closed)
    }

    /// Returns the newest closed bucket.
    pub(super) fn newest(&self) -> Option<f32> {
        self.closed.last().copied().filter(|_| self.closed_count > 0)
    }

    pub(super) fn is_newest_empty(&self) -> bool {
        self.closed_count == 0 || self.empty & 1 == 1
    }

    fn close(&mut self, value: f32, is_empty: bool) {
        self.closed.rotate_left(1);
        if let Some(newest) = self.closed.last_mut() {
            *newest = value;
        }
        self.empty = ((self.empty << 1) | u32::from(is_empty)) & EMPTY_BITS;
        self.closed_count = self.closed_count.saturating_add(1).min(FULL);
    }
}

/// Buckets of a window.
pub(super) const BUCKET_COUNT: usize = 24;

/// The same in the type of a count.
const FULL: u8 = 24;

/// Empty buckets that a window may have.
const EMPTY_MAX: u32 = 6;

const EMPTY_BITS: u32 = (1 << BUCKET_COUNT) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_full_with_24_buckets() {
        let mut buckets = Buckets::new();
        for index in 1..=23_u8 {
            assert!(buckets.roll(index.into(), Some(index.into())));
        }
        assert_eq!(buckets.full(), None);
        assert!(!buckets.roll(23, Some(9.0)), "bucket 23 is still open");
        assert!(buckets.roll(24, Some(24.0)));
        let full = buckets.full().map(|closed| (closed[0], closed[23]));
        assert_eq!(full, Some((1.0, 24.0)));
    }

    #[test]
    fn an_empty_bucket_repeats_the_one_before_it() {
        let mut buckets = Buckets::flat(1.0, 100);
        buckets.roll(104, Some(2.0));
        assert!(buckets.is_newest_empty());
        assert_eq!(buckets.full(), None, "the newest is empty");
        buckets.roll(105, Some(3.0));
        let full = buckets.full().map(|closed| closed[18..].to_vec());
        assert_eq!(full, Some(vec![1.0, 2.0, 2.0, 2.0, 2.0, 3.0]));
    }

    #[test]
    fn a_window_with_more_than_six_empty_buckets_says_nothing() {
        let mut buckets = Buckets::flat(1.0, 100);
        // The value is that of the open bucket, so six of these seven are empty.
        buckets.roll(107, Some(1.0));
        buckets.roll(108, Some(1.0));
        assert!(buckets.full().is_some());
        let mut buckets = Buckets::flat(1.0, 100);
        buckets.roll(108, Some(1.0));
        buckets.roll(109, Some(1.0));
        assert!(buckets.full().is_none());
        buckets.roll(u32::MAX, Some(1.0));
        assert!(buckets.full().is_none());
    }

    #[test]
    fn a_series_begins_with_its_first_value() {
        let mut buckets = Buckets::new();
        buckets.roll(50, None);
        assert_eq!(buckets.newest(), None);
        buckets.roll(51, Some(2.0));
        assert_eq!(buckets.newest(), Some(2.0));
    }
}
