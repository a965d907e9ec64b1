//! What the semantic conventions say about requests, as pure functions.

#![cfg_attr(not(test), expect(dead_code, reason = "the layers for HTTP and gRPC will use it"))]

mod grpc;
mod http;
mod url;
