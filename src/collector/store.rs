//! What the collector remembers: bounded, and queryable.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::attempt::{AttemptAnswer, ReceivedAttempt};
use super::decode::{DecodedRequest, Encoded};
use super::received::{ReceivedLog, ReceivedResource, ReceivedSpan};
use super::received_metric::ReceivedMetricPoint;
use super::totals::Totals;
use crate::Signal;

/// Everything that was received and is still in memory, oldest first.
#[derive(Debug)]
pub struct CollectorStore {
    limits: StoreLimits,
    spans: Bounded<ReceivedSpan>,
    logs: Bounded<ReceivedLog>,
    points: Bounded<ReceivedMetricPoint>,
    /// How many spans of the store have this trace id and span id.
    span_ids: HashMap<(String, String), u32>,
    resources: VecDeque<Arc<ReceivedResource>>,
    attempts: VecDeque<ReceivedAttempt>,
    /// The number of the first entry of `attempts`, since older ones are forgotten.
    first_attempt: u64,
    totals: Totals,
}

/// The most that the store keeps, of each signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoreLimits {
    pub(super) items: usize,
    pub(super) encoded_bytes: usize,
    pub(super) attempts: usize,
}

/// Items of one kind in a bounded number of bytes.
#[derive(Debug)]
struct Bounded<T> {
    items: VecDeque<Encoded<T>>,
    encoded_bytes: usize,
}

impl CollectorStore {
    pub(super) fn new(limits: StoreLimits) -> Self {
        Self {
            limits,
            spans: Bounded::new(),
            logs: Bounded::new(),
            points: Bounded::new(),
            span_ids: HashMap::new(),
            resources: VecDeque::new(),
            attempts: VecDeque::new(),
            first_attempt: 0,
            totals: Totals::default(),
        }
    }

    /// Forgets items and attempts; the totals start again at zero.
    pub(super) fn clear(&mut self) {
        let next = self.next_attempt();
        *self = Self { first_attempt: next, ..Self::new(self.limits) };
    }

    /// Notes a request before anything becomes of it. Returns its number.
    pub(super) fn begin(&mut self, attempt: ReceivedAttempt) -> u64 {
        let number = self.next_attempt();
        self.attempts.push_back(attempt);
        if self.attempts.len() > self.limits.attempts {
            self.attempts.pop_front();
            self.first_attempt = self.first_attempt.saturating_add(1);
        }
        number
    }

    /// Notes what became of a request. One that was forgotten meanwhile stays forgotten.
    pub(super) fn finish(&mut self, number: u64, signal: Option<Signal>, answer: AttemptAnswer) {
        if let Some(signal) = signal
            && answer != AttemptAnswer::Accepted
        {
            add(&mut self.totals.of_mut(signal).failed_requests, 1);
        }
        let index = number.checked_sub(self.first_attempt).and_then(|i| usize::try_from(i).ok());
        if let Some(attempt) = index.and_then(|index| self.attempts.get_mut(index)) {
            attempt.answer = answer;
        }
    }

    /// Counts the items of a request that is answered with success.
    pub(super) fn accept(&mut self, signal: Signal, items: u64, rejected: u64) {
        let totals = self.totals.of_mut(signal);
        let rejected = rejected.min(items);
        add(&mut totals.requests, 1);
        add(&mut totals.received, items);
        add(&mut totals.rejected, rejected);
        add(&mut totals.accepted, items.saturating_sub(rejected));
    }

    pub(super) fn keep(&mut self, decoded: DecodedRequest) {
        for resource in decoded.resources {
            self.keep_resource(resource);
        }
        for span in decoded.spans {
            self.keep_span(span);
        }
        let mut evicted = 0;
        for log in decoded.logs {
            evicted = self.logs.push(log, self.limits).len().saturating_add(evicted);
        }
        for point in decoded.points {
            evicted = self.points.push(point, self.limits).len().saturating_add(evicted);
        }
        self.count_evicted(evicted);
    }

    pub(super) fn count_connection(&mut self) -> u64 {
        add(&mut self.totals.connections, 1);
        self.totals.connections
    }

    pub(super) fn note_request_bytes(&mut self, len: usize) {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        self.totals.largest_request_bytes = self.totals.largest_request_bytes.max(len);
    }

    /// Returns the totals since the start, or since [`Collector::clear`](super::Collector::clear).
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Returns the spans in the order of arrival.
    pub fn spans(&self) -> impl Iterator<Item = &ReceivedSpan> {
        self.spans.iter()
    }

    /// Returns the log records in the order of arrival.
    pub fn logs(&self) -> impl Iterator<Item = &ReceivedLog> {
        self.logs.iter()
    }

    /// Returns the metric data points in the order of arrival.
    pub fn metric_points(&self) -> impl Iterator<Item = &ReceivedMetricPoint> {
        self.points.iter()
    }

    /// Returns the resources that were seen, each once. The oldest are forgotten beyond 1000.
    pub fn resources(&self) -> impl Iterator<Item = &ReceivedResource> {
        self.resources.iter().map(|resource| &**resource)
    }

    /// Returns the requests that arrived, whatever became of them.
    pub fn attempts(&self) -> impl Iterator<Item = &ReceivedAttempt> {
        self.attempts.iter()
    }

    fn keep_span(&mut self, span: Encoded<ReceivedSpan>) {
        let seen = self.span_ids.entry(span_key(&span.item)).or_default();
        if *seen > 0 {
            add(&mut self.totals.traces.duplicates, 1);
        }
        *seen = seen.saturating_add(1);
        let evicted = self.spans.push(span, self.limits);
        for span in &evicted {
            let key = span_key(span);
            if let Some(seen) = self.span_ids.get_mut(&key) {
                *seen = seen.saturating_sub(1);
                if *seen == 0 {
                    self.span_ids.remove(&key);
                }
            }
        }
        self.count_evicted(evicted.len());
    }

    fn keep_resource(&mut self, resource: Arc<ReceivedResource>) {
        if self.resources.contains(&resource) {
            return;
        }
        self.resources.push_back(resource);
        if self.resources.len() > RESOURCES_MAX {
            self.resources.pop_front();
        }
    }

    fn count_evicted(&mut self, items: usize) {
        add(&mut self.totals.evicted_items, u64::try_from(items).unwrap_or(u64::MAX));
    }

    fn next_attempt(&self) -> u64 {
        self.first_attempt.saturating_add(u64::try_from(self.attempts.len()).unwrap_or(u64::MAX))
    }
}

impl<T> Bounded<T> {
    const fn new() -> Self {
        Self { items: VecDeque::new(), encoded_bytes: 0 }
    }

    /// Adds an item and returns those that had to make room. An item over the limit is kept alone.
    fn push(&mut self, item: Encoded<T>, limits: StoreLimits) -> Vec<T> {
        self.encoded_bytes = self.encoded_bytes.saturating_add(item.encoded_bytes);
        self.items.push_back(item);
        let mut evicted = Vec::new();
        while self.items.len() > 1
            && (self.items.len() > limits.items || self.encoded_bytes > limits.encoded_bytes)
        {
            let Some(oldest) = self.items.pop_front() else { break };
            self.encoded_bytes = self.encoded_bytes.saturating_sub(oldest.encoded_bytes);
            evicted.push(oldest.item);
        }
        evicted
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|encoded| &encoded.item)
    }
}

fn span_key(span: &ReceivedSpan) -> (String, String) {
    (span.trace_id.clone(), span.span_id.clone())
}

fn add(counter: &mut u64, by: u64) {
    *counter = counter.saturating_add(by);
}

/// One process sends one resource; a thousand is a fleet, and then the newest matter.
const RESOURCES_MAX: usize = 1_000;
