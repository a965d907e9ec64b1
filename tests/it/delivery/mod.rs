//! What becomes of a request, for everything that can come back.

mod in_flight;
mod outcomes;
mod pauses;
mod settings;
