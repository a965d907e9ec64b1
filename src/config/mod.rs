//! Settings: where they come from, what they may be, and which one wins.

mod settings;

pub(crate) use settings::*;
pub use settings::{Compression, Exporter, Propagator, Protocol, Sampler, Temporality};
