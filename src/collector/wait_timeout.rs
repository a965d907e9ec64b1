//! The error of waiting in vain.

use std::fmt;
use std::time::Duration;

use super::totals::Totals;

/// A condition did not hold in time.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct WaitTimeout {
    /// How long it was waited.
    pub limit: Duration,
    /// What had been received at the end.
    pub totals: Box<Totals>,
}

impl fmt::Display for WaitTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the condition did not hold within {:?}: {}", self.limit, self.totals)
    }
}

impl std::error::Error for WaitTimeout {}
