//! Delivery: bounded queue, requests, several in flight, retry, exact accounting.

mod announce;
mod bounds;
mod chunk;
mod control;
mod dispatch;
mod gate;
mod intake;
mod lane;
mod ledger;
mod request;
mod scope;
mod sink;

pub(crate) use announce::{Announcer, DeliveryState};
pub(crate) use control::{Collects, Courier, CourierParts, SignalParts, Spawner};
pub(crate) use dispatch::OperationObserver;
pub(crate) use intake::Intake;
pub(crate) use lane::{Lane, LaneSnapshot};
pub(crate) use scope::Scope;
pub(crate) use sink::Sink;
