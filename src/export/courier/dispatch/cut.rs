//! Cutting requests off the queue, and making them ready for the wire.

use crate::export::courier::dispatch::Dispatcher;
use crate::export::courier::dispatch::operation::{Account, Operation};
use crate::export::courier::request::Batch;
use crate::export::wire::{ConsoleError, PrepareError};
use crate::report::DropReason;

impl Dispatcher {
    /// Cuts the next request, and makes it ready for the wire.
    pub(super) fn next_operation(&mut self) -> Option<Operation> {
        loop {
            let (sequence, mut batch) = match self.halves.pop_front() {
                Some(half) => half,
                None => self.cut_batch()?,
            };
            let account = Account { sequence, items: batch.items(), charge: batch.charge() };
            let body = batch.assemble(&self.parts.resource_fields);
            if !self.show(account, &body) {
                continue;
            }
            match self.parts.sink.prepare(body, REQUEST_BYTES_LIMIT) {
                Ok(ready) => {
                    self.parts.lane.recycle(batch);
                    return Some(Operation::new(ready, account));
                }
                Err(error @ PrepareError::TooLarge { .. }) => {
                    if let Some(rear) = batch.split_off_half() {
                        self.count_unsettled(sequence);
                        self.halves.push_front((sequence, rear));
                        self.halves.push_front((sequence, batch));
                    } else {
                        self.parts.announcer.lost(&format!("{} items: {error}", account.items));
                        self.give_up(account, DropReason::TooLarge, "too_large".into());
                    }
                }
                Err(error) => {
                    self.parts.announcer.lost(&format!("{} items: {error}", account.items));
                    self.give_up(account, DropReason::Invalid, "invalid".into());
                }
            }
        }
    }

    /// Shows a request on the console. Returns whether it goes on from there.
    fn show(&mut self, account: Account, body: &[u8]) -> bool {
        let Err(error) = self.parts.sink.show(self.parts.signal, body) else { return true };
        self.parts.announcer.lost(&format!("{} items on the console: {error}", account.items));
        if !self.parts.sink.is_console_only() {
            // A copy was lost, not the items.
            return true;
        }
        let reason = match error {
            ConsoleError::Io(_) => DropReason::IoError,
            ConsoleError::Malformed(_) => DropReason::Invalid,
        };
        self.give_up(account, reason, error.error_type().into());
        false
    }

    fn cut_batch(&mut self) -> Option<(u64, Batch)> {
        let batch = self.parts.lane.next_batch(self.forced_items > 0)?;
        self.forced_items = self.forced_items.saturating_sub(batch.items());
        self.cut_items = self.cut_items.saturating_add(batch.items());
        let sequence = self.next_sequence;
        self.next_sequence = self.next_sequence.saturating_add(1);
        self.count_unsettled(sequence);
        Some((sequence, batch))
    }

    pub(super) fn count_unsettled(&mut self, sequence: u64) {
        let count = self.unsettled.entry(sequence).or_default();
        *count = count.saturating_add(1);
    }
}

/// No request is larger, whatever the settings: receivers commonly accept 4 MiB, and gRPC puts
/// five bytes in front. Source: opentelemetry-proto, docs/specification.md; gRPC over HTTP/2.
const REQUEST_BYTES_LIMIT: usize = 4 * 1024 * 1024 - 5;
