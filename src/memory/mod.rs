//! Memory: whether it leaks, and where.

mod alert;
mod bounded;
mod hooks;
mod leak;
mod pressure;
mod reclaim;
mod watch;

pub use crate::memory::alert::{
    CulpritSite, LeakAlert, LeakCause, LeakCulprit, LeakSignal, LeakSource,
};
pub use crate::memory::bounded::{BoundedGuard, bounded};
pub use crate::memory::leak::{
    ExhaustionChange, ExhaustionDetector, LeakDetector, LeakEvidence, LeakLevel, LeakState,
    LeakStateMachine, LeakTransition, LeakVerdict, LeakingSite, LeakingSiteStatus, LeakingSites,
    SiteBytes, SiteLeakDetectors,
};
#[doc(hidden)]
pub use crate::memory::leak::{LeakCondition, LeakRules};
pub use crate::memory::pressure::{PressureGuard, PressureLevel, on_pressure};
pub use crate::memory::reclaim::{ReclaimReport, ReclaimStatus, reclaim};
