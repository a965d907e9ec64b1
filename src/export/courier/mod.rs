//! Delivery: bounded queue, requests, several in flight, retry, exact accounting.

mod intake;
mod scope;

pub(crate) use intake::Intake;
pub(crate) use scope::Scope;
