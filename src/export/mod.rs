//! From finished items to delivered requests. The only place that names the SDK.

pub(crate) mod courier;
pub(crate) mod encode;
pub(crate) mod metrics;
pub(crate) mod processors;
pub(crate) mod providers;
mod publish;
mod resource;
mod start;
pub(crate) mod wire;

pub(crate) use start::Export;
