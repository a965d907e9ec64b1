//! One request on its way: its span, what is known of its answer, and its metrics.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body::Body;
use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanRef, Status, TraceContextExt as _};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::catalog::{attribute, request_attribute};
use crate::clock::{Clock as _, SystemClock};
use crate::propagation::layers::metrics::{CallMetrics, Side};
use crate::propagation::layers::request;
use crate::propagation::layers::trace_header::TraceHeader;
use crate::propagation::semantics::grpc::GrpcStatus;
use crate::propagation::semantics::http::{Outcome, client_outcome, server_outcome};
use crate::task::TaskContext;

/// How a call ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    Complete,
    /// Whoever waited for it does so no more: the peer has gone, the time is over, the task was
    /// cancelled.
    Dropped,
    /// With an error of this type instead of a response, or in the middle of one.
    Failed(&'static str),
    /// The code that makes the response has panicked.
    Panicked,
}

/// What began with a request.
#[expect(unnameable_types, reason = "only a trait that nobody else implements shows it")]
pub struct Call {
    context: TaskContext,
    span: Span,
    protocol: Protocol,
    side: Side,
    metrics: Option<Arc<CallMetrics>>,
    /// Of the metrics: those of active requests first.
    labels: Vec<KeyValue>,
    clock: SystemClock,
    is_head: bool,
    trace_header: Option<TraceHeader>,
    status: Option<StatusCode>,
    grpc_status: Option<GrpcStatus>,
    sizes: BodySizes,
    response_bytes: u64,
}

/// What is known of the bodies of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BodySizes {
    /// Metrics of them are recorded. The length is that of the request, if it says one.
    Measured {
        request: Option<u64>,
    },
    Unmeasured,
}

impl BodySizes {
    /// What is known before there is a response.
    pub(super) fn of<B: Body>(request: &Request<B>, is_measured: bool) -> Self {
        if is_measured {
            Self::Measured { request: request::body_len(request) }
        } else {
            Self::Unmeasured
        }
    }
}

/// What decides about success.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Protocol {
    Grpc,
    Http,
}

/// What a call begins with.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) context: TaskContext,
    pub(super) span: Span,
    pub(super) protocol: Protocol,
    pub(super) side: Side,
    pub(super) metrics: Option<Arc<CallMetrics>>,
    pub(super) labels: Vec<KeyValue>,
    pub(super) is_head: bool,
    pub(super) trace_header: Option<TraceHeader>,
    pub(super) sizes: BodySizes,
}

impl Call {
    pub(super) fn begin(begun: Begun) -> Self {
        let Begun { context, span, protocol, side, metrics, labels, is_head, trace_header, sizes } =
            begun;
        if let Some(metrics) = &metrics {
            metrics.started(&labels);
        }
        Self {
            context,
            span,
            protocol,
            side,
            metrics,
            labels,
            clock: SystemClock::new(),
            is_head,
            trace_header,
            status: None,
            grpc_status: None,
            sizes,
            response_bytes: 0,
        }
    }

    pub(super) const fn context(&self) -> &TaskContext {
        &self.context
    }

    /// The head of the response is there.
    pub(super) fn answered<B>(mut self, response: &mut Response<B>) -> Self {
        self.status = Some(response.status());
        self.ended_with(response.headers());
        // A request says what its client would like; only the response says what they speak.
        if self.side == Side::Client && self.protocol == Protocol::Http {
            self.spoke(response.version());
        }
        if let Some(header) = self.trace_header.take() {
            header.set(response.headers_mut(), &self.span);
        }
        self
    }

    fn spoke(&mut self, version: Version) {
        let Some(version) = request::version(version) else { return };
        self.span.set_attribute(attribute::NETWORK_PROTOCOL_VERSION, version);
        self.labels.push(KeyValue::new(attribute::NETWORK_PROTOCOL_VERSION, version));
    }

    /// Reads the status of gRPC, which stands in the trailers, or in the headers when there are none.
    pub(super) fn ended_with(&mut self, headers: &HeaderMap) {
        if self.protocol == Protocol::Grpc
            && let Some(status) = headers.get("grpc-status")
        {
            self.grpc_status = Some(GrpcStatus::parse(status.as_bytes()));
        }
    }

    pub(super) fn add_bytes(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.response_bytes = self.response_bytes.saturating_add(bytes);
    }

    pub(super) const fn response_bytes(&self) -> u64 {
        self.response_bytes
    }

    /// Whether somebody reads the body. Trailers end a call of gRPC also where it has none.
    pub(super) fn has_body(&self) -> bool {
        let is_without = |status: StatusCode| {
            status.is_informational() || matches!(status.as_u16(), 204 | 205 | 304)
        };
        match self.protocol {
            Protocol::Grpc => self.grpc_status.is_none(),
            Protocol::Http => !self.is_head && !self.status.is_some_and(is_without),
        }
    }

    /// Ends the span and records the metrics.
    pub(super) fn end(mut self, ending: Ending) {
        let verdict = self.verdict(ending);
        if !self.span.is_disabled() {
            // Once: each look at it goes through the registry.
            let context = self.span.context();
            let span = context.span();
            self.show(&verdict, &span);
            // Now, and not when the last task that was spawned inside lets go of the span.
            span.end();
        }
        if let Some(metrics) = self.metrics.take() {
            let mut labels = std::mem::take(&mut self.labels);
            metrics.ended(&labels);
            verdict.add_to(&mut labels);
            metrics.took(self.clock.now(), &labels);
            if let BodySizes::Measured { request } = self.sizes {
                let response = self.status.map(|_| self.response_bytes);
                metrics.carried([request, response], &labels);
            }
        }
    }

    fn verdict(&self, ending: Ending) -> Verdict {
        match self.protocol {
            Protocol::Grpc => self.grpc_verdict(ending),
            Protocol::Http => self.http_verdict(ending),
        }
    }

    fn http_verdict(&self, ending: Ending) -> Verdict {
        let status = self.status.map(|status| status.as_u16());
        let outcome = status.map(|status| match self.side {
            Side::Client => client_outcome(status),
            Side::Server => server_outcome(status),
        });
        // A client that has its answer need not read it to the end.
        let is_read_enough = self.side == Side::Client && status.is_some();
        let error_type = match (ending, outcome) {
            (Ending::Failed(name), _) => Some(error_type(name)),
            (Ending::Panicked, _) => Some(PANIC.into()),
            (_, Some(Outcome::Error)) => Some(status.unwrap_or_default().to_string().into()),
            (Ending::Dropped, _) if !is_read_enough => Some(CANCELLED.into()),
            _ => None,
        };
        let is_error = error_type.is_some();
        let status = status
            .map(|status| KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status)));
        Verdict { status, error_type, is_error, method: None }
    }

    fn grpc_verdict(&self, ending: Ending) -> Verdict {
        let from_http = || match self.status {
            // Something in between has answered, or the server broke off.
            Some(status) => GrpcStatus::from_http(status.as_u16()),
            None => GrpcStatus::UNKNOWN,
        };
        let status = match ending {
            _ if self.grpc_status.is_some() => self.grpc_status.unwrap_or(GrpcStatus::UNKNOWN),
            Ending::Dropped => GrpcStatus::CANCELLED,
            Ending::Complete => from_http(),
            Ending::Panicked => GrpcStatus::UNKNOWN,
            // No connection, or it broke.
            Ending::Failed(_) => GrpcStatus::UNAVAILABLE,
        };
        let is_error = match self.side {
            Side::Client => status.is_client_error(),
            Side::Server => status.is_server_error(),
        };
        let error_type = is_error.then(|| match ending {
            Ending::Failed(name) => error_type(name),
            Ending::Panicked => Cow::Borrowed(PANIC),
            _ => Cow::Borrowed(status.name()),
        });
        // Whoever calls chooses the name of a method that does not exist.
        let is_nobody = self.side == Side::Server && status == GrpcStatus::UNIMPLEMENTED;
        let method = is_nobody.then(|| KeyValue::new(attribute::RPC_METHOD, "_OTHER"));
        let status = Some(KeyValue::new(attribute::RPC_RESPONSE_STATUS_CODE, status.name()));
        Verdict { status, error_type, is_error, method }
    }

    fn show(&self, verdict: &Verdict, span: &SpanRef<'_>) {
        if let Some(status) = verdict.status.clone() {
            span.set_attribute(status);
        }
        if let Some(error_type) = verdict.error_type.clone() {
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error_type));
        }
        if self.protocol == Protocol::Http && self.response_bytes > 0 {
            let bytes = i64::try_from(self.response_bytes).unwrap_or(i64::MAX);
            span.set_attribute(KeyValue::new(request_attribute::RESPONSE_BODY_SIZE, bytes));
        }
        if verdict.is_error {
            span.set_status(Status::error(""));
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("span", &self.span).finish_non_exhaustive()
    }
}

/// Runs code of the service in the context of its call, and ends the call when the code panics:
/// whoever catches that may keep the future or the body for as long as he likes.
pub(super) fn run_in<T>(call: &mut Option<Call>, code: impl FnOnce() -> T) -> T {
    let mut watch = PanicWatch { call, is_over: false };
    let value = match watch.call.as_ref() {
        Some(call) => {
            let _mark = call.context().mark();
            call.context().run(code)
        }
        None => code(),
    };
    watch.is_over = true;
    value
}

/// Not `thread::panicking`: that is true as well while others' panics drop the call.
#[derive(Debug)]
struct PanicWatch<'a> {
    call: &'a mut Option<Call>,
    is_over: bool,
}

impl Drop for PanicWatch<'_> {
    fn drop(&mut self) {
        if !self.is_over
            && let Some(call) = self.call.take()
        {
            call.end(Ending::Panicked);
        }
    }
}

/// What is said about a call in the end.
#[derive(Debug)]
struct Verdict {
    status: Option<KeyValue>,
    error_type: Option<Cow<'static, str>>,
    /// Of the span.
    is_error: bool,
    /// What replaces the name of the method among the labels.
    method: Option<KeyValue>,
}

impl Verdict {
    fn add_to(self, labels: &mut Vec<KeyValue>) {
        if let Some(method) = self.method {
            labels.retain(|label| label.key != method.key);
            labels.push(method);
        }
        labels.extend(self.status);
        labels.extend(self.error_type.map(|name| KeyValue::new(attribute::ERROR_TYPE, name)));
    }
}

/// The name of a type says what failed, unless it says only that there is something.
fn error_type(name: &'static str) -> Cow<'static, str> {
    let is_opaque = name.contains("dyn ");
    Cow::Borrowed(if is_opaque { "_OTHER" } else { name })
}

/// The response was not wanted to its end any more.
const CANCELLED: &str = "cancelled";

/// The name that beacon's records of panics go by as well: a panic has no type.
const PANIC: &str = "panic";
