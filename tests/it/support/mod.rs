//! A service under observation, and waiting for what it does.

mod service;
mod wait;

pub(crate) use self::service::Service;
pub(crate) use self::wait::{PATIENCE, drive, eventually, join_all};
