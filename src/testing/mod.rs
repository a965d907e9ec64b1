//! Assert on what your own service emits. For tests; see the feature `testing`.

mod clock;

pub use clock::ManualClock;
