//! Memory: whether it leaks, and where.

mod leak;

pub use crate::memory::leak::{
    ExhaustionChange, ExhaustionDetector, LeakDetector, LeakEvidence, LeakLevel, LeakState,
    LeakStateMachine, LeakTransition, LeakVerdict, LeakingSite, LeakingSiteStatus, LeakingSites,
    SiteBytes, SiteLeakDetectors,
};
#[doc(hidden)]
pub use crate::memory::leak::{LeakCondition, LeakRules};
