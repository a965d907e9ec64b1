//! How a finished request leaves the process.

mod outcome;

pub(crate) use outcome::{Cause, Outcome, PeerStatus};
