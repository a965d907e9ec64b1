//! Where signals go, and how.

use std::time::Duration;

use crate::builder::TelemetryBuilder;
use crate::config::{Compression, Exporter, Protocol, key};
use crate::signal::Signal;

impl TelemetryBuilder {
    /// Sets where all signals go: a base URL, to which OTLP over HTTP appends `v1/traces`,
    /// `v1/logs`, `v1/metrics`. Default: `http://localhost:4318`, with gRPC
    /// `http://localhost:4317`.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.overrides.set(key::ENDPOINT, url.into());
        self
    }

    /// Sets where one signal goes: over HTTP the whole URL, to which nothing is appended. Default:
    /// as [`endpoint`](Self::endpoint).
    pub fn signal_endpoint(mut self, signal: Signal, url: impl Into<String>) -> Self {
        self.overrides.set(key::SIGNAL_ENDPOINT.get(signal), url.into());
        self
    }

    /// Chooses plain text for a gRPC endpoint without a scheme, such as `collector:4317`. Default:
    /// false, TLS. A scheme always wins; without effect over HTTP.
    pub fn insecure(mut self, is_on: bool) -> Self {
        self.overrides.set(key::INSECURE, is_on);
        self
    }

    /// Chooses plain text for the gRPC endpoint of one signal. Default: as
    /// [`insecure`](Self::insecure).
    pub fn signal_insecure(mut self, signal: Signal, is_on: bool) -> Self {
        self.overrides.set(key::SIGNAL_INSECURE.get(signal), is_on);
        self
    }

    /// Sets what carries OTLP. Default: [`Protocol::HttpProtobuf`], as the specification
    /// recommends; it never depends on the port or on features.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.overrides.set(key::PROTOCOL, protocol);
        self
    }

    /// Sets what carries one signal. Default: as [`protocol`](Self::protocol).
    pub fn signal_protocol(mut self, signal: Signal, protocol: Protocol) -> Self {
        self.overrides.set(key::SIGNAL_PROTOCOL.get(signal), protocol);
        self
    }

    /// Adds a header to every request, such as an API key. It beats a header of the same name from
    /// a variable. The value is treated as a secret: no message and no report shows it. A name or a
    /// value that HTTP does not allow is an [`InitError`](crate::InitError).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.overrides.add_pair(key::HEADERS, name.into(), value.into());
        self
    }

    /// Adds a header to the requests of one signal; it beats one of the same name from
    /// [`header`](Self::header).
    pub fn signal_header(
        mut self,
        signal: Signal,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.overrides.add_pair(key::SIGNAL_HEADERS.get(signal), name.into(), value.into());
        self
    }

    /// Sets how requests are compressed. Default: not at all, as the specification says. zstd costs
    /// a tenth of gzip, but not every receiver takes it. Without the feature of that name there is
    /// a warning, and nothing is compressed.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.overrides.set(key::COMPRESSION, compression);
        self
    }

    /// Sets how the requests of one signal are compressed. Default: as
    /// [`compression`](Self::compression).
    pub fn signal_compression(mut self, signal: Signal, compression: Compression) -> Self {
        self.overrides.set(key::SIGNAL_COMPRESSION.get(signal), compression);
        self
    }

    /// Bounds one attempt, connecting included; zero is no limit. An attempt that takes longer is
    /// repeated. Default: 10 s, as the specification says.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.overrides.set(key::TIMEOUT, timeout);
        self
    }

    /// Bounds one attempt of one signal. Default: as [`timeout`](Self::timeout).
    pub fn signal_timeout(mut self, signal: Signal, timeout: Duration) -> Self {
        self.overrides.set(key::SIGNAL_TIMEOUT.get(signal), timeout);
        self
    }

    /// Sets the destinations of one signal; an empty list turns the signal off. Default: OTLP.
    pub fn signal_exporters(mut self, signal: Signal, exporters: &[Exporter]) -> Self {
        self.overrides.set(key::SIGNAL_EXPORTERS.get(signal), exporters);
        self
    }
}
