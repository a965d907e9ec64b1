//! How a finished request leaves the process.
//!
//! All three protocols share one HTTP client. gRPC is unary here, so its frame is five bytes and
//! its answer a status in the trailers: written and read by hand, a request is compressed once for
//! all its attempts, and a broken connection is not mistaken for a status of the server.

mod answer;
mod base64;
mod compress;
mod console;
mod decompress;
mod error;
mod failure;
mod grpc_answer;
mod headers;
mod hint;
mod http_answer;
mod messages;
mod outcome;
mod request_body;
mod resolver;
mod success;
mod target;
mod text;
#[cfg_attr(not(feature = "_tls"), path = "no_tls.rs")]
mod tls;
mod transport;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};

pub(crate) use self::console::{Console, ConsoleError};
#[cfg(feature = "collector")]
pub(crate) use self::decompress::{DecompressError, decompress};
pub(crate) use self::error::{PrepareError, WireSetupError};
pub(crate) use self::outcome::{Cause, Outcome, PeerStatus};
pub(crate) use self::target::Target;

use self::answer::ANSWER_BYTES_MAX;
use self::request_body::RequestBody;
use self::success::SuccessReader;
use self::tls::TlsConfig;
use self::transport::Transport;
use crate::Signal;
use crate::clock::SharedClock;
use crate::config::{Compression, OtlpSettings, Protocol};
use crate::export::encode::json;

/// One OTLP destination of one signal.
#[derive(Debug)]
pub(crate) struct Wire {
    signal: Signal,
    protocol: Protocol,
    compression: Compression,
    target: Target,
    headers: HeaderMap,
    transport: Transport,
    success: SuccessReader,
    clock: SharedClock,
}

impl Wire {
    /// Connects to nothing and needs no runtime: connections are made by the runtime that polls
    /// [`attempt`](Self::attempt).
    ///
    /// # Errors
    ///
    /// When this build or this machine cannot reach such a destination at all.
    pub(crate) fn new(
        signal: Signal,
        settings: &OtlpSettings,
        clock: SharedClock,
    ) -> Result<Self, WireSetupError> {
        let target = Target::new(signal, settings)?;
        let is_http2 = settings.protocol == Protocol::Grpc;
        let tls = if target.is_tls() { Some(TlsConfig::new(is_http2)?) } else { None };
        Self::with_tls(signal, settings, clock, target, tls)
    }

    fn with_tls(
        signal: Signal,
        settings: &OtlpSettings,
        clock: SharedClock,
        target: Target,
        tls: Option<TlsConfig>,
    ) -> Result<Self, WireSetupError> {
        compress::check_support(settings.compression)?;
        Ok(Self {
            signal,
            protocol: settings.protocol,
            compression: settings.compression,
            target,
            headers: headers::request_headers(settings),
            transport: Transport::new(settings.protocol == Protocol::Grpc, tls),
            success: SuccessReader::new(signal),
            clock,
        })
    }

    /// Turns the protobuf bytes of an `Export…ServiceRequest` into what is sent, once for all
    /// attempts.
    ///
    /// `len_max` bounds the body before and after compression, without the five bytes of gRPC.
    ///
    /// # Errors
    ///
    /// [`PrepareError::TooLarge`] also when the JSON form alone is over the limit: it is two to
    /// three times as long as protobuf, so cut such requests shorter.
    pub(crate) fn prepare(&self, body: Vec<u8>, len_max: usize) -> Result<Prepared, PrepareError> {
        let plain = match self.protocol {
            Protocol::HttpJson => {
                json::to_json(self.signal, &body).map_err(PrepareError::Malformed)?
            }
            Protocol::Grpc | Protocol::HttpProtobuf => body,
        };
        check_len(plain.len(), len_max)?;
        let payload = compress::compress(self.compression, plain);
        let payload = Bytes::from(payload.map_err(PrepareError::Compression)?);
        check_len(payload.len(), len_max)?;
        let prefix = match self.protocol {
            Protocol::Grpc => {
                let is_compressed = self.compression != Compression::None;
                grpc_answer::frame_prefix(is_compressed, payload.len())
                    .ok_or(PrepareError::TooLarge { len: payload.len(), len_max })?
            }
            Protocol::HttpJson | Protocol::HttpProtobuf => Bytes::new(),
        };
        Ok(Prepared { body: RequestBody::new(prefix, payload) })
    }

    /// Sends `request` once and reads the answer to its end.
    ///
    /// There is no time limit here: whoever polls drops the future when the time of the attempt is
    /// over, and takes [`Cause::timeout`] for the cause. Needs a tokio runtime with I/O and time.
    /// A name is looked up on the runtime's blocking pool, and dropping the future does not end a
    /// look-up that hangs: end the runtime with `shutdown_background`, which does not wait for it.
    pub(crate) async fn attempt(&self, request: &Prepared) -> Outcome {
        let guard = self.transport.attempt();
        let outcome = match self.transport.send(self.request(request)).await {
            Ok(response) => {
                let answer = answer::read(response, ANSWER_BYTES_MAX).await;
                let now = self.clock.wall();
                match self.protocol {
                    Protocol::Grpc => grpc_answer::classify(&answer, &self.success, now),
                    protocol => {
                        let asked_in_json = protocol == Protocol::HttpJson;
                        http_answer::classify(&answer, &self.success, asked_in_json, now)
                    }
                }
            }
            Err(error) => failure::classify(&error),
        };
        guard.finish();
        outcome
    }

    /// Returns where this leads, to be shown to people: no secrets.
    pub(crate) const fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the value of `server.address`: a name or an address without brackets.
    pub(crate) fn server_address(&self) -> &str {
        self.target.address()
    }

    /// Returns the value of `server.port`.
    pub(crate) const fn server_port(&self) -> u16 {
        self.target.port()
    }

    /// Returns the value of `otel.component.type`.
    ///
    /// Source: semantic-conventions, registry `otel.component.type` (well-known values).
    pub(crate) const fn component_type(&self) -> &'static str {
        match (self.protocol, self.signal) {
            (Protocol::Grpc, Signal::Logs) => "otlp_grpc_log_exporter",
            (Protocol::Grpc, Signal::Metrics) => "otlp_grpc_metric_exporter",
            (Protocol::Grpc, Signal::Traces) => "otlp_grpc_span_exporter",
            (Protocol::HttpJson, Signal::Logs) => "otlp_http_json_log_exporter",
            (Protocol::HttpJson, Signal::Metrics) => "otlp_http_json_metric_exporter",
            (Protocol::HttpJson, Signal::Traces) => "otlp_http_json_span_exporter",
            (Protocol::HttpProtobuf, Signal::Logs) => "otlp_http_log_exporter",
            (Protocol::HttpProtobuf, Signal::Metrics) => "otlp_http_metric_exporter",
            (Protocol::HttpProtobuf, Signal::Traces) => "otlp_http_span_exporter",
        }
    }

    fn request(&self, prepared: &Prepared) -> Request<RequestBody> {
        let mut request = Request::new(prepared.body.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.uri().clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

fn check_len(len: usize, len_max: usize) -> Result<(), PrepareError> {
    if len > len_max { Err(PrepareError::TooLarge { len, len_max }) } else { Ok(()) }
}

/// A request as it is sent. Clones share the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    body: RequestBody,
}

impl Prepared {
    /// Bytes on the wire, without headers.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }
}

#[cfg(test)]
mod tests;
