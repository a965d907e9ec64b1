//! How often each call-site was counted in the current period, in a fixed space and without a lock.

use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use tracing::Metadata;

/// One place for each call-site that was ever counted, up to [`PLACES`]. Further call-sites are not
/// limited: better too many records than none of a call-site.
#[derive(Debug)]
pub(super) struct RateTable {
    places: Box<[Place]>,
    /// The last period for which those before it were looked through.
    swept: AtomicU32,
}

#[derive(Debug, Default)]
struct Place {
    callsite: OnceLock<&'static Metadata<'static>>,
    /// The period in the upper half, what was counted in it in the lower half.
    state: AtomicU64,
}

/// What a count came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Count {
    /// Too many, and not the first one.
    Above,
    /// The first one that is too many.
    First,
    Within,
}

impl RateTable {
    /// Counts a record. Also returns what was too much in the last period, if nobody took it yet.
    pub(super) fn count(
        &self,
        metadata: &'static Metadata<'static>,
        period: u32,
        records_max: u32,
    ) -> (Count, u32) {
        let Some(place) = self.place(metadata) else { return (Count::Within, 0) };
        let counted = |state: u64| {
            // A thread that looked at the clock before another one may come after it.
            let (counted_in, count) = halves(state);
            let count = if counted_in < period { 0 } else { count };
            joined(counted_in.max(period), count.saturating_add(1))
        };
        let before = place.state.fetch_update(Relaxed, Relaxed, |state| Some(counted(state)));
        let before = before.unwrap_or_else(|state| state);
        let (counted_in, left) = halves(before);
        let left = if counted_in < period { left.saturating_sub(records_max) } else { 0 };
        let (_, count) = halves(counted(before));
        let count = match count {
            count if count <= records_max => Count::Within,
            count if count == records_max.saturating_add(1) => Count::First,
            _ => Count::Above,
        };
        (count, left)
    }

    /// Hands over what was too much in periods before this one, each once.
    pub(super) fn take_ended(
        &self,
        period: u32,
        records_max: u32,
        mut take: impl FnMut(&'static Metadata<'static>, u32),
    ) {
        // In all but the first call of a period that is all.
        let swept = self.swept.load(Relaxed);
        if swept >= period || self.swept.compare_exchange(swept, period, Relaxed, Relaxed).is_err()
        {
            return;
        }
        for place in &self.places {
            let Some(callsite) = place.callsite.get() else { continue };
            let state = place.state.load(Relaxed);
            let (counted_in, count) = halves(state);
            if counted_in >= period || count <= records_max {
                continue;
            }
            let is_taken =
                place.state.compare_exchange(state, joined(period, 0), Relaxed, Relaxed).is_ok();
            if is_taken {
                take(callsite, count.saturating_sub(records_max));
            }
        }
    }

    /// The place of a call-site; `None` when all that it could have are taken.
    fn place(&self, metadata: &'static Metadata<'static>) -> Option<&Place> {
        // The fractional part of the golden ratio spreads the bits; the lowest ones are always zero.
        let hash = (ptr::from_ref(metadata).addr() >> 4).wrapping_mul(0x9E37_79B9);
        let first = (hash >> 8) % PLACES;
        let (before, from) = self.places.split_at_checked(first)?;
        for place in from.iter().chain(before).take(PROBES) {
            let known = *place.callsite.get_or_init(|| metadata);
            if ptr::eq(known, metadata) {
                return Some(place);
            }
        }
        None
    }
}

impl Default for RateTable {
    fn default() -> Self {
        let places = (0..PLACES).map(|_| Place::default()).collect();
        Self { places, swept: AtomicU32::new(0) }
    }
}

const fn halves(state: u64) -> (u32, u32) {
    let [p0, p1, p2, p3, c0, c1, c2, c3] = state.to_be_bytes();
    (u32::from_be_bytes([p0, p1, p2, p3]), u32::from_be_bytes([c0, c1, c2, c3]))
}

fn joined(period: u32, count: u32) -> u64 {
    u64::from(period) << 32 | u64::from(count)
}

/// 64 KiB. A large service has some thousand call-sites, of which few are busy.
pub(super) const PLACES: usize = 2048;
const PROBES: usize = 16;
