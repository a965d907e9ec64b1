//! Everything that one signal holds and counts, shared by the threads that finish items and the
//! thread that delivers them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::config::QueueSettings;
use crate::export::courier::Scope;
use crate::export::courier::bounds::Bounds;
use crate::export::courier::chunk::Chunk;
use crate::export::courier::ledger::{Ledger, LedgerTotals};
use crate::export::courier::request::Batch;
use crate::report::{DropCounts, DropReason, SignalReport};

/// One signal between the application's threads and the wire.
///
/// A thread appends to one of several shards, so that threads seldom meet; a full shard moves its
/// chunk to the ledger's queue. Locks are taken in the order shard, ledger, and a thread holds at
/// most one shard, except for [`snapshot`](Self::snapshot), which takes all of them in order.
#[derive(Debug)]
pub(crate) struct Lane {
    /// A power of two of them.
    shards: Box<[Shard]>,
    /// Buffers of chunks that were sent. To grow a new one for each chunk costs the recording
    /// threads more than all the copying into it.
    spares: Mutex<Vec<Vec<u8>>>,
    ledger: Mutex<Ledger>,
    bounds: Bounds,
    wake: Notify,
    /// The dispatcher knows that something waits to be taken, and has a timer for it.
    is_armed: AtomicBool,
    /// Something was dropped because there was no room, and nobody has said so yet.
    is_overflow_unsaid: AtomicBool,
    /// Something was dropped for what it is, too large or not valid, and nobody has said so yet.
    is_misfit_unsaid: AtomicBool,
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
    /// Items that entered the lane since start, and the bytes that they took of its bound.
    pub(crate) entered_items: u64,
    pub(crate) entered_bytes: u64,
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
        let shards = shards.max(1).next_power_of_two();
        Self {
            shards: (0..shards).map(|_| Shard::default()).collect(),
            spares: Mutex::default(),
            ledger: Mutex::default(),
            bounds: Bounds::new(settings, shards),
            wake: Notify::new(),
            is_armed: AtomicBool::new(false),
            is_overflow_unsaid: AtomicBool::new(false),
            is_misfit_unsaid: AtomicBool::new(false),
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
            drop(open);
            self.wake_for(&self.is_misfit_unsaid);
            return;
        }
        let charge_max = Chunk::charge_max(scope, entry);
        if !self.bounds.reserve(&mut open.credit_bytes, charge_max, items) {
            open.dropped.add(DropReason::QueueFull, items);
            drop(open);
            self.wake_for(&self.is_overflow_unsaid);
            return;
        }
        let charged = open.chunk.append(scope, entry, items);
        let refund = charge_max.saturating_sub(charged);
        open.credit_bytes = open.credit_bytes.saturating_add(refund);
        let is_full = open.chunk.bytes_len() >= self.bounds.chunk_bytes_max
            || open.chunk.items() >= self.bounds.chunk_items_max;
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
        drop(open);
        self.wake_for(&self.is_misfit_unsaid);
    }

    /// Wakes the dispatcher at the first drop only: a drop must stay cheap.
    fn wake_for(&self, unsaid: &AtomicBool) {
        if !unsaid.swap(true, Ordering::Relaxed) {
            self.wake.notify_one();
        }
    }

    fn lock_some_shard(&self, thread_index: usize) -> MutexGuard<'_, OpenChunk> {
        let own = thread_index & self.shards.len().saturating_sub(1);
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
        let chunk = open.chunk.take(|| self.spare());
        let mut ledger = self.lock_ledger();
        let was_ready = self.is_full_request(&ledger);
        ledger.enqueue(chunk);
        if !was_ready && self.is_full_request(&ledger) {
            self.wake.notify_one();
        }
    }

    fn spare(&self) -> Vec<u8> {
        let spare = self.spares.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Vec::with_capacity(self.bounds.chunk_bytes_max))
    }

    /// Takes the buffers of a request that has been assembled.
    pub(crate) fn recycle(&self, batch: Batch) {
        let mut spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
        for mut buffer in batch.into_buffers() {
            let is_useful = buffer.capacity() >= self.bounds.chunk_bytes_max / 2
                && buffer.capacity() <= self.bounds.chunk_bytes_max.saturating_mul(2);
            if is_useful && spares.len() < self.shards.len() {
                buffer.clear();
                spares.push(buffer);
            }
        }
    }

    fn is_full_request(&self, ledger: &Ledger) -> bool {
        ledger.queued_items() >= self.bounds.full_request_items
            || ledger.queued_bytes() >= self.bounds.full_request_bytes
    }

    fn lock_ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Completes when there may be something to do.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
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
                let chunk = open.chunk.take(|| self.spare());
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

    /// Tells whether the queue holds enough for a request that need not wait for more.
    pub(crate) fn has_full_request(&self) -> bool {
        self.is_full_request(&self.lock_ledger())
    }

    /// Tells whether something was dropped for want of room since that was last cleared.
    pub(crate) fn has_overflow(&self) -> bool {
        self.is_overflow_unsaid.load(Ordering::Relaxed)
    }

    /// From now on, the next drop for want of room wakes the dispatcher again.
    pub(crate) fn clear_overflow(&self) {
        self.is_overflow_unsaid.store(false, Ordering::Relaxed);
    }

    /// Tells whether something was dropped for what it is since that was last cleared.
    pub(crate) fn has_misfit(&self) -> bool {
        self.is_misfit_unsaid.load(Ordering::Relaxed)
    }

    /// From now on, the next drop of that kind wakes the dispatcher again.
    pub(crate) fn clear_misfit(&self) {
        self.is_misfit_unsaid.store(false, Ordering::Relaxed);
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
            entered_items: ledger.entered_items(),
            entered_bytes: ledger.entered_bytes(),
            used_bytes: self.bounds.used_bytes(),
            limit_bytes: self.bounds.bytes_max,
            limit_items: self.bounds.items_max,
            ..LaneSnapshot::default()
        };
        for open in &open {
            snapshot.emitted = snapshot.emitted.saturating_add(open.emitted);
            let (items, charge) = (open.chunk.items(), to_u64(open.chunk.charge()));
            snapshot.queued = snapshot.queued.saturating_add(items);
            snapshot.entered_items = snapshot.entered_items.saturating_add(items);
            snapshot.entered_bytes = snapshot.entered_bytes.saturating_add(charge);
            snapshot.dropped_before_wire.merge(&open.dropped);
        }
        snapshot.dropped_before_wire.merge(&ledger.dropped_in_queue());
        snapshot.dropped.merge(&snapshot.dropped_before_wire.clone());
        snapshot
    }
}

fn to_u64(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_hold_little_each_still_make_a_full_request() {
        let settings = QueueSettings {
            items_max: Some(2_048),
            request_items_max: 512,
            ..QueueSettings::for_tests()
        };
        let lane = Lane::new(&settings, 64);
        let scope = Arc::new(Scope::default());
        for index in 0..2_048 {
            lane.push(index, &scope, &[0x12, 0], 1);
        }
        // At most half of the bound is open; the rest is queued, and leaves before the delay.
        assert!(lane.queued_items() >= 1_024, "{}", lane.queued_items());
        assert!(lane.has_full_request() && !lane.has_overflow());
        lane.push(0, &scope, &[0x12, 0], 1);
        assert!(lane.has_overflow());
        assert_eq!(lane.take_open(), 2_048);
        assert!(lane.snapshot().report().is_conserved());
    }

    #[test]
    fn scopes_count_against_the_bound_in_bytes() {
        let settings = QueueSettings { bytes_max: 1 << 20, ..QueueSettings::for_tests() };
        let lane = Lane::new(&settings, 4);
        let mut taken = 0;
        while !lane.has_overflow() {
            let scope = Arc::new(Scope { fields: vec![0; 1_000].into() });
            lane.push(taken, &scope, &[0x12, 0], 1);
            taken += 1;
        }
        assert!((500..1_100).contains(&taken), "{taken} scopes of 1,000 bytes in 1 MiB");
    }

    #[test]
    fn a_queue_of_one_request_sends_before_it_is_full() {
        for items_max in [1, 2, 10, 100, 512] {
            let settings = QueueSettings {
                items_max: Some(items_max),
                request_items_max: items_max,
                ..QueueSettings::for_tests()
            };
            let lane = Lane::new(&settings, 4);
            let scope = Arc::new(Scope::default());
            // A fifth of the bound stays free, or one place.
            for index in 0..(items_max - items_max / 5).max(1) {
                lane.push(index, &scope, &[0x12, 0], 1);
            }
            assert!(lane.has_full_request() && !lane.has_overflow(), "{items_max}");
        }
    }
}
