//! What can be made to go wrong, and which of it does at the moment.

mod control;
mod fragment;
mod handlers;
mod leak;
mod retain;
mod stall;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use clap::ValueEnum;

pub(super) use crate::demo::fault::control::control;
pub(super) use crate::demo::fault::handlers::disturb;
pub(super) use crate::demo::fault::leak::LEAK_SPAN;
pub(super) use crate::demo::fault::work::work;

/// Something that goes wrong while it is on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Fault {
    /// Every other request is answered with 500, and says so in the log
    Errors,
    /// Twenty thousand log records a second
    Flood,
    /// Eight MiB a second are freed in pieces that no new block fits into; they are given back when it ends
    Fragment,
    /// Each request brings a baggage header that is broken
    Headers,
    /// Two MiB a second are never given back; they are when the fault ends
    Leak,
    /// One request of ten panics, and so does who is asked to give memory back
    Panics,
    /// The bank does not take one order of five
    Payments,
    /// The allocator keeps 320 MiB that the program has freed; they are given back when it ends
    Retain,
    /// The client sends what has failed up to three times more
    Retries,
    /// The bank takes 300 ms to answer, and refuses every other call
    Rpc,
    /// Each request takes more than a second
    Slow,
    /// A task keeps its worker
    Stall,
}

impl Fault {
    const fn bit(self) -> u32 {
        1 << self as u32
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Which faults are on. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Arc<AtomicU32>);

impl Faults {
    pub(super) fn new(faults: &[Fault]) -> Self {
        let on = Self::default();
        for fault in faults {
            on.begin(*fault);
        }
        on
    }

    pub(super) fn begin(&self, fault: Fault) {
        self.0.fetch_or(fault.bit(), Ordering::Relaxed);
    }

    pub(super) fn end(&self, fault: Fault) {
        self.0.fetch_and(!fault.bit(), Ordering::Relaxed);
    }

    pub(super) fn end_all(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(super) fn is_on(&self, fault: Fault) -> bool {
        self.0.load(Ordering::Relaxed) & fault.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_begins_and_ends_alone() {
        let faults = Faults::new(&[Fault::Slow]);
        faults.clone().begin(Fault::Stall);
        faults.end(Fault::Slow);
        let on: Vec<_> =
            Fault::value_variants().iter().filter(|fault| faults.is_on(**fault)).collect();
        assert_eq!(on, [&Fault::Stall]);
    }
}
