//! The way of one sample: taken, ended, and given up when there is no room.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory::allocator::filter::FreeFilter;
use crate::memory::allocator::live_table::{Inserted, LiveTable, Sample};
use crate::memory::allocator::site_table::SiteTable;
use crate::memory::allocator::{call_site, sampling, stack};

/// What became of samples that have no place in the table.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct SampleLosses {
    /// Young samples that made room for others.
    pub evicted: u64,
    /// New samples that found only old ones.
    pub dropped: u64,
}

/// Returns how many samples of the heap had no place since the start. A profile made after that
/// shows too little of what is young.
pub fn sample_losses() -> SampleLosses {
    SampleLosses {
        evicted: EVICTED.load(Ordering::Relaxed),
        dropped: DROPPED.load(Ordering::Relaxed),
    }
}

/// Samples a block that is about to be handed out. A frame of its own, see `stack`.
#[inline(never)]
pub(super) fn take(pointer: usize, size_bytes: usize, interval_bytes: u64) {
    let mut frames = [0; stack::FRAMES_MAX];
    let frames = stack::capture(&mut frames);
    let call_site = call_site::current();
    let weight_bytes = sampling::weight_bytes(size_bytes, interval_bytes);
    let now_seconds = sampling::now_seconds();
    let (site, key) = SITES.enter(frames, call_site, now_seconds);
    SITES.count_taken(site, weight_bytes, size_bytes);
    call_site::ask_for_link(site, key);
    put_in(pointer, Sample { size_bytes, weight_bytes, born_seconds: now_seconds, site });
}

/// A block ends: if it was sampled, so does its sample.
#[inline]
pub(super) fn forget(pointer: usize) {
    if FILTER.is_marked(pointer) {
        forget_sampled(pointer);
    }
}

#[cold]
#[inline(never)]
fn forget_sampled(pointer: usize) {
    end(take_out(pointer));
}

/// A block may end, or move, or neither: [`end`] or [`put_back`] follows.
#[inline]
pub(super) fn withdraw(pointer: usize) -> Option<Sample> {
    if FILTER.is_marked(pointer) { take_out(pointer) } else { None }
}

#[inline]
pub(super) fn put_back(pointer: usize, sample: Option<Sample>) {
    if let Some(sample) = sample {
        put_in(pointer, sample);
    }
}

#[inline]
pub(super) fn end(sample: Option<Sample>) {
    if let Some(sample) = sample {
        SITES.count_ended(sample.site, sample.weight_bytes);
        SITES.leave(sample.site);
    }
}

/// Makes room among the sites, off the program's threads.
pub(super) fn sweep(now_seconds: u32) {
    SITES.sweep(now_seconds);
}

/// Does once what must not be done for the first time inside of an allocation.
pub(super) fn warm_up() {
    stack::warm_up();
}

pub(super) fn live_samples() -> u32 {
    TABLE.len()
}

#[cold]
fn take_out(pointer: usize) -> Option<Sample> {
    if !FILTER.may_hold(pointer) {
        return None;
    }
    let sample = TABLE.remove(pointer)?;
    FILTER.remove(pointer);
    Some(sample)
}

#[cold]
fn put_in(pointer: usize, sample: Sample) {
    FILTER.add(pointer);
    match TABLE.insert(pointer, sample, sampling::now_seconds()) {
        Inserted::Free => {}
        Inserted::Instead { pointer, sample } => {
            FILTER.remove(pointer);
            SITES.leave(sample.site);
            EVICTED.fetch_add(1, Ordering::Relaxed);
        }
        Inserted::Not => {
            FILTER.remove(pointer);
            SITES.leave(sample.site);
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub(super) static TABLE: LiveTable<BUCKET_COUNT> = LiveTable::new(LIVE_MAX);
pub(super) static SITES: SiteTable<SITE_COUNT> = SiteTable::new();
pub(super) static FILTER: FreeFilter<FILTER_LEN> = FreeFilter::new();
static EVICTED: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Source: leak-detection.md 6.2, the cap of live samples.
const LIVE_MAX: u32 = 16_384;

/// Four times the room that the cap needs, so that buckets hardly ever overflow below it. Memory
/// that was never touched is none.
const BUCKET_COUNT: usize = if cfg!(miri) { 64 } else { 8_192 };

/// One byte each. At 10,000 live samples one free in 14 looks into the table for nothing.
const FILTER_LEN: usize = if cfg!(miri) { 256 } else { 131_072 };

const SITE_COUNT: usize = if cfg!(miri) { 64 } else { 8_192 };
