//! Whoever looks at each sample: the place of the leak detector.

use crate::memory::sample::Sample;

/// Sees every sample, on the thread `beacon-memory`. Owns its state; nobody else touches it.
#[derive(Debug, Default)]
pub(crate) struct Watch {}

impl Watch {
    /// Takes one sample. A panic in here is caught and counted, and the next sample comes all the
    /// same.
    #[expect(clippy::unused_self, reason = "the place of the detector, which has a state")]
    pub(crate) fn on_sample(&mut self, _sample: &Sample) {}
}
