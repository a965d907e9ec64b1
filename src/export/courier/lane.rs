//! Everything that one signal holds and counts, shared by the threads that finish items and the
//! thread that delivers them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::config::QueueSettings;
use crate::export::courier::Scope;
use crate::export::courier::chunk::Chunk;
use crate::export::courier::ledger::{Ledger, LedgerTotals};
use crate::export::courier::request::Batch;
use crate::report::{DropCounts, DropReason, SignalReport};

/// A chunk goes to the queue when it has this many bytes. Large enough to make the hand-over rare,
/// small enough that what a quiet thread leaves open does not matter.
const CHUNK_BYTES: usize = 64 * 1024;
/// The most bytes that a shard takes from the common bound at a time.
const CREDIT_BYTES_MAX: usize = 16 * 1024;

/// One signal between the application's threads and the wire.
///
/// A thread appends to one of several shards, so that threads seldom meet; a full shard moves its
/// chunk to the ledger's queue. Locks are taken in the order shard, ledger, and a thread holds at
/// most one shard, except for [`snapshot`](Self::snapshot), which takes all of them in order.
#[derive(Debug)]
pub(crate) struct Lane {
    shards: Box<[Shard]>,
    ledger: Mutex<Ledger>,
    bounds: Bounds,
    wake: Notify,
    /// The dispatcher knows that something waits to be taken, and has a timer for it.
    is_armed: AtomicBool,
    /// Something was dropped because there was no room, and nobody has said so yet.
    is_overflow_unsaid: AtomicBool,
    is_closed: AtomicBool,
}

/// A shard on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard(Mutex<OpenChunk>);

/// What the threads of one shard have appended since the last hand-over, and counted ever.
#[derive(Debug, Default)]
struct OpenChunk {
    chunk: Chunk,
    /// Bytes already taken from the common bound and not used yet.
    credit_bytes: usize,
    emitted: u64,
    dropped: DropCounts,
}

/// The counts of one signal at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LaneSnapshot {
    pub(crate) emitted: u64,
    /// Items of open chunks and of the queue: not yet handed to the wire.
    pub(crate) queued: u64,
    pub(crate) totals: LedgerTotals,
    /// Dropped for any reason.
    pub(crate) dropped: DropCounts,
    /// Dropped before the hand-over to the wire.
    pub(crate) dropped_before_wire: DropCounts,
    pub(crate) used_bytes: usize,
    pub(crate) limit_bytes: usize,
    pub(crate) limit_items: Option<usize>,
}

impl LaneSnapshot {
    pub(crate) fn held(&self) -> u64 {
        self.queued.saturating_add(self.totals.in_flight)
    }

    pub(crate) fn report(&self) -> SignalReport {
        let occurred = DropReason::ALL.into_iter().filter(|reason| self.dropped.get(*reason) > 0);
        SignalReport {
            emitted: self.emitted,
            delivered: self.totals.delivered,
            rejected: self.totals.rejected,
            dropped: occurred.map(|reason| (reason, self.dropped.get(reason))).collect(),
            held: self.held(),
        }
    }
}

impl Lane {
    pub(crate) fn new(settings: &QueueSettings, shards: usize) -> Self {
        Self {
            shards: (0..shards.max(1)).map(|_| Shard::default()).collect(),
            ledger: Mutex::default(),
            bounds: Bounds::new(settings),
            wake: Notify::new(),
            is_armed: AtomicBool::new(false),
            is_overflow_unsaid: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Takes one entry that counts as `items`, or drops and counts it. Never waits for anything
    /// but the memcpy of another thread.
    pub(crate) fn push(&self, thread_index: usize, scope: &Arc<Scope>, entry: &[u8], items: u64) {
        let mut open = self.lock_some_shard(thread_index);
        open.emitted = open.emitted.saturating_add(items);
        if self.is_closed.load(Ordering::Relaxed) {
            open.dropped.add(DropReason::AlreadyShutdown, items);
            return;
        }
        if entry.len() > self.bounds.entry_bytes_max {
            open.dropped.add(DropReason::TooLarge, items);
            return;
        }
        if !self.bounds.reserve(&mut open.credit_bytes, Chunk::charge_max(entry), items) {
            open.dropped.add(DropReason::QueueFull, items);
            drop(open);
            if !self.is_overflow_unsaid.swap(true, Ordering::Relaxed) {
                self.wake.notify_one();
            }
            return;
        }
        let charged = open.chunk.append(scope, entry, items);
        let refund = Chunk::charge_max(entry).saturating_sub(charged);
        open.credit_bytes = open.credit_bytes.saturating_add(refund);
        let is_full = open.chunk.bytes_len() >= CHUNK_BYTES
            || open.chunk.items() >= self.bounds.request_items_max;
        if is_full {
            self.hand_over(&mut open);
        }
        drop(open);
        if !self.is_armed.load(Ordering::Relaxed) && !self.is_armed.swap(true, Ordering::AcqRel) {
            self.wake.notify_one();
        }
    }

    /// Counts items that are given up before they become bytes.
    pub(crate) fn count_unencodable(&self, thread_index: usize, reason: DropReason, items: u64) {
        let mut open = self.lock_some_shard(thread_index);
        open.emitted = open.emitted.saturating_add(items);
        open.dropped.add(reason, items);
    }

    fn lock_some_shard(&self, thread_index: usize) -> MutexGuard<'_, OpenChunk> {
        let own = thread_index.checked_rem(self.shards.len()).unwrap_or_default();
        let (before, from_own) = self.shards.split_at(own.min(self.shards.len()));
        for shard in from_own.iter().chain(before) {
            if let Ok(open) = shard.0.try_lock() {
                return open;
            }
        }
        let shard = from_own.first().or(before.first());
        #[expect(clippy::expect_used, reason = "`new` makes at least one shard")]
        shard.expect("a lane has a shard").0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(&self, open: &mut OpenChunk) {
        let chunk = open.chunk.take();
        let mut ledger = self.lock_ledger();
        let was_ready = self.is_full_request(&ledger);
        ledger.enqueue(chunk);
        if !was_ready && self.is_full_request(&ledger) {
            self.wake.notify_one();
        }
    }

    fn is_full_request(&self, ledger: &Ledger) -> bool {
        ledger.queued_items() >= self.bounds.request_items_max
            || ledger.queued_bytes() >= self.bounds.request_bytes_max
    }

    fn lock_ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Completes when there may be something to do.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Wakes the dispatcher from another thread.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    pub(crate) fn is_armed(&self) -> bool {
        self.is_armed.load(Ordering::Acquire)
    }

    /// Moves what the threads have open to the queue and returns the items that are queued then.
    pub(crate) fn take_open(&self) -> u64 {
        // Before the shards are looked at: an item that comes later arms again.
        self.is_armed.store(false, Ordering::Release);
        for shard in &self.shards {
            let mut open = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            let credit = std::mem::take(&mut open.credit_bytes);
            self.bounds.release(credit, 0);
            if !open.chunk.is_empty() {
                let chunk = open.chunk.take();
                self.lock_ledger().enqueue(chunk);
            }
        }
        self.lock_ledger().queued_items()
    }

    /// From now on every item is dropped as `already_shutdown`. Takes what is open.
    pub(crate) fn close(&self) -> u64 {
        self.is_closed.store(true, Ordering::Release);
        self.take_open()
    }

    /// Cuts the next request off the queue: a full one, or what there is if `is_forced`.
    pub(crate) fn next_batch(&self, is_forced: bool) -> Option<Batch> {
        let mut ledger = self.lock_ledger();
        if !is_forced && !self.is_full_request(&ledger) {
            return None;
        }
        let (items_max, bytes_max) = (self.bounds.request_items_max, self.bounds.request_bytes_max);
        let batch = ledger.dequeue(items_max, bytes_max);
        (!batch.is_empty()).then_some(batch)
    }

    /// Settles items that are in flight, and gives their room back.
    pub(crate) fn settle(&self, charge: usize, items: u64, settle: impl FnOnce(&mut Ledger)) {
        settle(&mut self.lock_ledger());
        self.bounds.release(charge, items);
    }

    /// Drops the whole queue. Used at the end only.
    pub(crate) fn drop_queue(&self, reason: DropReason) {
        let mut ledger = self.lock_ledger();
        let (charge, items) = ledger.drop_queue(reason);
        drop(ledger);
        self.bounds.release(charge, items);
    }

    /// Shows the items whose export failed, by `error.type`.
    pub(crate) fn read_failures(&self, read: impl FnOnce(&BTreeMap<Cow<'static, str>, u64>)) {
        read(self.lock_ledger().failed_by_error_type());
    }

    pub(crate) fn queued_items(&self) -> u64 {
        self.lock_ledger().queued_items()
    }

    /// Tells whether something was dropped for want of room since the last call.
    pub(crate) fn take_overflow(&self) -> bool {
        self.is_overflow_unsaid.load(Ordering::Relaxed)
            && self.is_overflow_unsaid.swap(false, Ordering::Relaxed)
    }

    /// Reads all counts at one moment: no item is between two of them.
    pub(crate) fn snapshot(&self) -> LaneSnapshot {
        let open: Vec<_> = self
            .shards
            .iter()
            .map(|shard| shard.0.lock().unwrap_or_else(PoisonError::into_inner))
            .collect();
        let ledger = self.lock_ledger();
        let mut snapshot = LaneSnapshot {
            queued: ledger.queued_items(),
            totals: ledger.totals(),
            dropped: ledger.dropped(),
            used_bytes: self.bounds.used_bytes.load(Ordering::Relaxed),
            limit_bytes: self.bounds.bytes_max,
            limit_items: self.bounds.items_max,
            ..LaneSnapshot::default()
        };
        for open in &open {
            snapshot.emitted = snapshot.emitted.saturating_add(open.emitted);
            snapshot.queued = snapshot.queued.saturating_add(open.chunk.items());
            snapshot.dropped_before_wire.merge(&open.dropped);
        }
        snapshot.dropped_before_wire.merge(&ledger.dropped_in_queue());
        snapshot.dropped.merge(&snapshot.dropped_before_wire.clone());
        snapshot
    }
}

/// The bounds of a lane, and how much of them is in use.
#[derive(Debug)]
struct Bounds {
    bytes_max: usize,
    items_max: Option<usize>,
    request_items_max: u64,
    request_bytes_max: usize,
    /// The largest entry that fits a request with the resource and a scope around it.
    entry_bytes_max: usize,
    credit_bytes: usize,
    used_bytes: AtomicUsize,
    used_items: AtomicUsize,
}

impl Bounds {
    fn new(settings: &QueueSettings) -> Self {
        Self {
            bytes_max: settings.bytes_max,
            items_max: settings.items_max,
            request_items_max: u64::try_from(settings.request_items_max).unwrap_or(u64::MAX),
            request_bytes_max: settings.request_bytes_max,
            entry_bytes_max: settings.request_bytes_max,
            credit_bytes: (settings.bytes_max / 256).min(CREDIT_BYTES_MAX),
            used_bytes: AtomicUsize::new(0),
            used_items: AtomicUsize::new(0),
        }
    }

    /// Reserves room for one entry, from the shard's credit if that is enough.
    fn reserve(&self, credit: &mut usize, charge: usize, items: u64) -> bool {
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

    fn release(&self, charge: usize, items: u64) {
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

fn give_back(used: &AtomicUsize, amount: usize) {
    used.update(Ordering::Relaxed, Ordering::Relaxed, |used| used.saturating_sub(amount));
}
