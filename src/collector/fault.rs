//! Misbehavior on demand.

use std::time::Duration;

use crate::Signal;

/// Something that goes wrong between a sender and the collector.
///
/// A request that is answered by a failure is not stored; it is listed in
/// [`Collector::attempts`](super::Collector::attempts). The variants say where they differ.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Sends the head of a success and half of its body, then closes the connection (over HTTP/2:
    /// resets the stream).
    CloseMidAnswer,
    /// Waits, then handles the request as usual.
    Delay(Duration),
    /// Answers success with a body that does not decode. The request **is** stored: a real
    /// collector that answers so has taken the data.
    GarbageAnswer,
    /// Answers a gRPC status. A request over HTTP gets the HTTP status that OTLP pairs with it.
    GrpcStatus {
        /// The number of the status, such as 14 for `UNAVAILABLE`.
        code: u32,
        /// The pause that the answer's `RetryInfo` asks for, or the `Retry-After` over HTTP.
        retry_info: Option<Duration>,
    },
    /// Takes the request and never answers.
    Hang,
    /// Answers an HTTP status with a `google.rpc.Status` as body. A gRPC request gets the bare
    /// HTTP status, as from a proxy that knows no gRPC.
    HttpStatus {
        /// The status, such as 503.
        code: u16,
        /// The text of the `Retry-After` header.
        retry_after: Option<String>,
    },
    /// Answers success with a body of this many bytes.
    HugeAnswer(usize),
    /// Answers success, but refuses some items. All items of the request **are** stored, and
    /// counted as `received`; `rejected` are counted apart and missing from `accepted`.
    PartialSuccess {
        /// How many items are refused.
        rejected: u64,
        /// What the answer says about it.
        message: String,
    },
    /// Answers 307 with this `Location`.
    Redirect(String),
    /// Closes the connection without an answer: when it is accepted, or when the request has
    /// arrived, whichever comes first. Limited to a signal, only when a request has arrived.
    Refuse,
    /// Makes the way longer: waits before the request is handled, whatever else happens to it.
    RoundTrip(Duration),
}

/// How often a fault happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Times {
    /// To every request until faults are cleared.
    Always,
    /// To the next so many requests.
    Next(u32),
}

impl Times {
    /// To the next request only.
    pub const ONCE: Self = Self::Next(1);
}

/// The faults that are still to happen, in the order in which they were injected.
#[derive(Debug, Default)]
pub(super) struct FaultScript {
    entries: Vec<ScriptEntry>,
}

#[derive(Debug)]
struct ScriptEntry {
    fault: Fault,
    signal: Option<Signal>,
    times: Times,
}

/// What happens to one request.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) pause: Duration,
    pub(super) fault: Option<Fault>,
}

impl FaultScript {
    pub(super) fn push(&mut self, fault: Fault, signal: Option<Signal>, times: Times) {
        if times != Times::Next(0) {
            self.entries.push(ScriptEntry { fault, signal, times });
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Returns whether a connection that was just accepted is to be closed.
    pub(super) fn refuses_connection(&mut self) -> bool {
        let next = self.entries.iter().position(|entry| !entry.fault.is_round_trip());
        let Some(index) = next else { return false };
        let is_refusal = self
            .entries
            .get(index)
            .is_some_and(|entry| entry.fault == Fault::Refuse && entry.signal.is_none());
        if is_refusal {
            self.spend(index);
        }
        is_refusal
    }

    /// Takes what happens to a request: every round trip, and the first of the other faults.
    pub(super) fn next(&mut self, signal: Option<Signal>) -> Verdict {
        let mut verdict = Verdict::default();
        let mut index = 0_usize;
        while let Some(entry) = self.entries.get(index) {
            let applies = entry.signal.is_none() || entry.signal == signal;
            match entry.fault {
                Fault::RoundTrip(pause) if applies => {
                    verdict.pause = verdict.pause.saturating_add(pause);
                }
                ref fault if applies && verdict.fault.is_none() => {
                    verdict.fault = Some(fault.clone());
                }
                _ => {
                    index = index.saturating_add(1);
                    continue;
                }
            }
            if !self.spend(index) {
                index = index.saturating_add(1);
            }
        }
        verdict
    }

    /// Counts one use of an entry. Returns whether that was the last and the entry is gone.
    fn spend(&mut self, index: usize) -> bool {
        let Some(entry) = self.entries.get_mut(index) else { return false };
        let Times::Next(left) = &mut entry.times else { return false };
        *left = left.saturating_sub(1);
        let is_spent = *left == 0;
        if is_spent {
            self.entries.remove(index);
        }
        is_spent
    }
}

impl Fault {
    const fn is_round_trip(&self) -> bool {
        matches!(self, Self::RoundTrip(_))
    }
}
