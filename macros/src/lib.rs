//! Attribute macros of beacon-telemetry. The first one comes with the async helpers.
