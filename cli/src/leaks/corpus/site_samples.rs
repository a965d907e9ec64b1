//! What a sampling allocator would see of one call-site: bytes older than an hour.

use crate::leaks::corpus::random::Random;

/// Mean distance between two samples.
pub(super) const INTERVAL_BYTES: f64 = 512.0 * 1024.0;

/// Minutes between two looks.
const BUCKET_MINUTES: usize = 5;

/// Looks within an hour.
const BUCKETS_PER_HOUR: usize = 12;

/// Returns the old bytes of every five minutes, as samples tell them.
pub(super) fn old_bytes(bytes: &[f64], random: &mut Random) -> Vec<f64> {
    let lowest = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let minima: Vec<f64> = bytes.chunks(BUCKET_MINUTES).map(lowest).collect();
    let mut before = None;
    let mut count = 0;
    let mut sampled = Vec::with_capacity(minima.len());
    for at in 0..minima.len() {
        let from = at.saturating_sub(BUCKETS_PER_HOUR - 1);
        let old = lowest(minima.get(from..=at).unwrap_or_default());
        count = match before {
            None => random.poisson(old / INTERVAL_BYTES),
            Some(before) if old < before => random.binomial(count, old / before),
            Some(before) => count.saturating_add(random.poisson((old - before) / INTERVAL_BYTES)),
        };
        before = Some(old);
        sampled.push(f64::from(count) * INTERVAL_BYTES);
    }
    sampled
}
