//! How much a lane may hold, and how much of that is in use.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::QueueSettings;

/// The bounds of a lane, and how much of them is in use.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) bytes_max: usize,
    pub(super) items_max: Option<usize>,
    /// An open chunk goes to the queue when it has so many items or bytes.
    pub(super) chunk_items_max: u64,
    pub(super) chunk_bytes_max: usize,
    pub(super) request_items_max: u64,
    pub(super) request_bytes_max: usize,
    /// A request leaves without waiting when the queue has so many items or bytes: a small queue
    /// must not overflow while it waits for a large request.
    pub(super) full_request_items: u64,
    pub(super) full_request_bytes: usize,
    /// The largest entry that fits a request with the resource and a scope around it.
    pub(super) entry_bytes_max: usize,
    credit_bytes: usize,
    used_bytes: AtomicUsize,
    used_items: AtomicUsize,
}

impl Bounds {
    pub(super) fn new(settings: &QueueSettings, shards: usize) -> Self {
        // What all threads have open is at most half of what is held at most.
        let share = |max: usize| max.checked_div(shards.saturating_mul(2)).unwrap_or(max).max(1);
        let request_items_max = settings.request_items_max;
        let chunk_items_max = settings.items_max.map_or(usize::MAX, share).min(request_items_max);
        // With what is open at most, that is three quarters of the bound.
        let quarter = |max: usize| (max / 4).max(1);
        let full_request_items = settings.items_max.map_or(usize::MAX, quarter);
        Self {
            bytes_max: settings.bytes_max,
            items_max: settings.items_max,
            chunk_items_max: to_u64(chunk_items_max),
            chunk_bytes_max: share(settings.bytes_max).min(CHUNK_BYTES),
            request_items_max: to_u64(request_items_max),
            request_bytes_max: settings.request_bytes_max,
            full_request_items: to_u64(full_request_items.min(request_items_max)),
            full_request_bytes: settings.request_bytes_max.min(quarter(settings.bytes_max)),
            entry_bytes_max: settings.request_bytes_max,
            credit_bytes: (settings.bytes_max / 256).min(CREDIT_BYTES_MAX),
            used_bytes: AtomicUsize::new(0),
            used_items: AtomicUsize::new(0),
        }
    }

    /// Reserves room for one entry, from the shard's credit if that is enough.
    pub(super) fn reserve(&self, credit: &mut usize, charge: usize, items: u64) -> bool {
        let items = usize::try_from(items).unwrap_or(usize::MAX);
        if let Some(items_max) = self.items_max
            && !take(&self.used_items, items, items_max)
        {
            return false;
        }
        if *credit < charge {
            let missing = charge.saturating_sub(*credit);
            let wanted = missing.max(self.credit_bytes);
            if take(&self.used_bytes, wanted, self.bytes_max) {
                *credit = credit.saturating_add(wanted);
            } else if take(&self.used_bytes, missing, self.bytes_max) {
                *credit = charge;
            } else {
                if self.items_max.is_some() {
                    give_back(&self.used_items, items);
                }
                return false;
            }
        }
        *credit = credit.saturating_sub(charge);
        true
    }

    pub(super) fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// Gives room back.
    pub(super) fn release(&self, charge: usize, items: u64) {
        give_back(&self.used_bytes, charge);
        if self.items_max.is_some() {
            give_back(&self.used_items, usize::try_from(items).unwrap_or(usize::MAX));
        }
    }
}

/// Adds `amount` unless the sum would exceed `max`.
fn take(used: &AtomicUsize, amount: usize, max: usize) -> bool {
    used.try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
        used.checked_add(amount).filter(|sum| *sum <= max)
    })
    .is_ok()
}

fn to_u64(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

fn give_back(used: &AtomicUsize, amount: usize) {
    used.update(Ordering::Relaxed, Ordering::Relaxed, |used| used.saturating_sub(amount));
}

/// A chunk goes to the queue when it has this many bytes, in a queue of usual size. Large enough to make the hand-over rare,
/// small enough that what a quiet thread leaves open does not matter.
const CHUNK_BYTES: usize = 64 * 1024;
/// The most bytes that a shard takes from the common bound at a time.
const CREDIT_BYTES_MAX: usize = 16 * 1024;
