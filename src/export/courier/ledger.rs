//! The queue of one signal, and the account of what became of each item that entered it.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use crate::export::courier::chunk::Chunk;
use crate::export::courier::request::Batch;
use crate::report::{DropCounts, DropReason};

/// `error.type` values are few; a peer that invents statuses must not grow the account.
const ERROR_TYPES_MAX: usize = 64;
/// Source: semantic conventions, attribute `error.type`, fallback value.
const ERROR_TYPE_OTHER: Cow<'static, str> = Cow::Borrowed("_OTHER");

/// Guarded by the lane's lock: what is queued, in flight, and settled.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    queue: VecDeque<Chunk>,
    queued_items: u64,
    queued_bytes: usize,
    entered_items: u64,
    entered_bytes: u64,
    totals: LedgerTotals,
    /// Dropped after the hand-over to the wire.
    dropped: DropCounts,
    /// Dropped while queued.
    dropped_in_queue: DropCounts,
    failed_by_error_type: BTreeMap<Cow<'static, str>, u64>,
}

/// Item counts since start, and what is in flight now.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct LedgerTotals {
    /// Handed to the wire: the first attempt of their request has begun, or will at once.
    pub(crate) handed_over: u64,
    /// Handed to the wire and not settled: in flight or waiting for a retry.
    pub(crate) in_flight: u64,
    pub(crate) delivered: u64,
    pub(crate) rejected: u64,
    /// Requests that were settled.
    pub(crate) requests: u64,
}

impl Ledger {
    pub(crate) fn enqueue(&mut self, chunk: Chunk) {
        self.queued_items = self.queued_items.saturating_add(chunk.items());
        self.queued_bytes = self.queued_bytes.saturating_add(chunk.bytes_len());
        let charge = u64::try_from(chunk.charge()).unwrap_or(u64::MAX);
        self.entered_items = self.entered_items.saturating_add(chunk.items());
        self.entered_bytes = self.entered_bytes.saturating_add(charge);
        self.queue.push_back(chunk);
    }

    /// Takes a batch off the front and counts it as in flight.
    pub(crate) fn dequeue(&mut self, items_max: u64, bytes_max: usize) -> Batch {
        let mut batch = Batch::default();
        while let Some(mut chunk) = self.queue.pop_front() {
            let items_left = items_max.saturating_sub(batch.items());
            let bytes_left = bytes_max.saturating_sub(batch.bytes_len());
            let has_room = items_left > 0 && bytes_left > 0;
            let fits = chunk.items() <= items_left && chunk.bytes_len() <= bytes_left;
            if !batch.is_empty() && !fits && (!has_room || !chunk.can_split(items_left, bytes_left))
            {
                self.queue.push_front(chunk);
                break;
            }
            if let Some(rest) = chunk.split_off_rest(items_left, bytes_left) {
                self.queue.push_front(rest);
                batch.push(chunk);
                break;
            }
            batch.push(chunk);
        }
        self.queued_items = self.queued_items.saturating_sub(batch.items());
        self.queued_bytes = self.queued_bytes.saturating_sub(batch.bytes_len());
        self.totals.handed_over = self.totals.handed_over.saturating_add(batch.items());
        self.totals.in_flight = self.totals.in_flight.saturating_add(batch.items());
        batch
    }

    /// The peer took the request; `rejected` of its items were refused.
    pub(crate) fn deliver(&mut self, items: u64, rejected: u64) {
        // A peer cannot reject more than it was given.
        let rejected = rejected.min(items);
        let delivered = items.saturating_sub(rejected);
        self.totals.delivered = self.totals.delivered.saturating_add(delivered);
        self.totals.rejected = self.totals.rejected.saturating_add(rejected);
        if rejected > 0 {
            self.count_failed(Cow::Borrowed("rejected"), rejected);
        }
        self.end_request(items);
    }

    /// The peer refused the request for good.
    pub(crate) fn refuse(&mut self, items: u64, error_type: Cow<'static, str>) {
        self.totals.rejected = self.totals.rejected.saturating_add(items);
        self.count_failed(error_type, items);
        self.end_request(items);
    }

    /// Beacon gave the request up.
    pub(crate) fn give_up(
        &mut self,
        items: u64,
        reason: DropReason,
        error_type: Cow<'static, str>,
    ) {
        self.dropped.add(reason, items);
        self.count_failed(error_type, items);
        self.end_request(items);
    }

    fn end_request(&mut self, items: u64) {
        self.totals.in_flight = self.totals.in_flight.saturating_sub(items);
        self.totals.requests = self.totals.requests.saturating_add(1);
    }

    fn count_failed(&mut self, error_type: Cow<'static, str>, items: u64) {
        let is_known = self.failed_by_error_type.contains_key(&error_type);
        let has_room = self.failed_by_error_type.len() < ERROR_TYPES_MAX;
        let key = if is_known || has_room { error_type } else { ERROR_TYPE_OTHER };
        let count = self.failed_by_error_type.entry(key).or_default();
        *count = count.saturating_add(items);
    }

    /// Empties the queue; returns its charge and its items.
    pub(crate) fn drop_queue(&mut self, reason: DropReason) -> (usize, u64) {
        let charge = self.queue.iter().map(Chunk::charge).fold(0, usize::saturating_add);
        let items = std::mem::take(&mut self.queued_items);
        self.queue.clear();
        self.queued_bytes = 0;
        self.dropped_in_queue.add(reason, items);
        (charge, items)
    }

    pub(crate) fn queued_items(&self) -> u64 {
        self.queued_items
    }

    pub(crate) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// Items that were ever queued.
    pub(crate) fn entered_items(&self) -> u64 {
        self.entered_items
    }

    /// Bytes of the bound that they took.
    pub(crate) fn entered_bytes(&self) -> u64 {
        self.entered_bytes
    }

    pub(crate) fn totals(&self) -> LedgerTotals {
        self.totals
    }

    pub(crate) fn dropped(&self) -> DropCounts {
        self.dropped
    }

    pub(crate) fn dropped_in_queue(&self) -> DropCounts {
        self.dropped_in_queue
    }

    pub(crate) fn failed_by_error_type(&self) -> &BTreeMap<Cow<'static, str>, u64> {
        &self.failed_by_error_type
    }
}
