//! What the semantic conventions say about requests, as pure functions.

pub(super) mod grpc;
pub(super) mod http;
pub(super) mod url;
