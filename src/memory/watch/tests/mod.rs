//! From samples to the records, metrics and calls that others get.

mod alerts;
mod calls;
mod profiles;
mod service;
