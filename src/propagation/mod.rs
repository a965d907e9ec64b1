//! Trace context and baggage between services.
//!
//! [`extract`] reads what a caller sent, [`inject_current`] writes what a called service should
//! know, and [`manual::context`](crate::manual::context) tells the rules of both.
//!
//! For HTTP and gRPC there are tower layers that do it, with a span and metrics for each request:
//! [`HttpServerLayer`], [`HttpClientLayer`], [`GrpcServerLayer`], [`GrpcClientLayer`], and
//! [`manual::http`](crate::manual::http) on how they are used.
//!
//! Both use the process's propagator. [`install`](crate::TelemetryBuilder::install) sets it, with
//! the formats of `OTEL_PROPAGATORS`; before that, and without it, nothing travels.
//!
//! # Examples
//!
//! A server continues the trace of its caller, and hands it on:
//!
//! ```
//! use beacon::propagation;
//! use beacon::tracing::info_span;
//! use beacon::tracing_opentelemetry::OpenTelemetrySpanExt as _;
//!
//! fn answer(request: &http::Request<()>) {
//!     let span = info_span!("GET /orders", otel.kind = "server");
//!     // Before the span is entered; a span that nobody records has no parent.
//!     let _ = span.set_parent(propagation::extract(request.headers()));
//!     span.in_scope(|| {
//!         let mut next = http::Request::new(());
//!         propagation::inject_current(next.headers_mut());
//!     });
//! }
//! # answer(&http::Request::new(()));
//! ```

mod baggage;
mod carrier;
mod composite;
mod counters;
mod layers;
mod percent;
mod semantics;
mod trace_context;

#[cfg(test)]
mod tests;

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub use crate::propagation::carrier::{
    Carrier, CarrierExtractor, CarrierInjector, CarrierMut, NO_TEXT,
};
pub use crate::propagation::composite::CompositePropagator;
pub(crate) use crate::propagation::counters::{Fault, Field, PropagationCounters};
pub(crate) use crate::propagation::layers::set_installed_layers;
pub use crate::propagation::layers::{
    GrpcClientLayer, GrpcServerLayer, HttpClientLayer, HttpServerLayer, RequestRules, ResendCount,
    TracedBody, TracedFuture, TracedService,
};
pub(crate) use crate::propagation::semantics::http::set_installed_methods;

/// Writes trace context and baggage of the current span into a carrier.
///
/// The current span is the `tracing` span that is entered, or one of OpenTelemetry's API that was
/// attached within it. Without any, only baggage is written. What the carrier had under the same
/// names is replaced. Never blocks.
///
/// # Examples
///
/// ```
/// use beacon::propagation;
///
/// let mut headers = http::HeaderMap::new();
/// propagation::inject_current(&mut headers);
/// ```
pub fn inject_current<C: CarrierMut + ?Sized>(carrier: &mut C) {
    inject(&current_context(), carrier);
}

/// Writes trace context and baggage of a context into a carrier.
///
/// For work whose span is not the current one: keep [`opentelemetry::Context::current`], or a span's
/// `context()`, and hand it over here.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
///
/// use beacon::opentelemetry::Context;
/// use beacon::propagation;
///
/// let context = Context::current();
/// let mut message = BTreeMap::new();
/// propagation::inject(&context, &mut message);
/// ```
pub fn inject<C: CarrierMut + ?Sized>(context: &Context, carrier: &mut C) {
    let mut injector = CarrierInjector::new(carrier);
    global::get_text_map_propagator(|propagator| {
        propagator.inject_context(context, &mut injector);
    });
}

/// Returns what a carrier brought, and nothing else: without a valid trace context in it, a span
/// with this parent begins a new trace.
///
/// Bad input is never an error and never half-used; `beacon.propagation.dropped` counts it. What the
/// current context holds is not part of the result: a request is no part of the loop that accepts
/// it. Never blocks.
///
/// # Examples
///
/// ```
/// use beacon::propagation;
///
/// let request = http::Request::new(());
/// let _caller = propagation::extract(request.headers());
/// ```
pub fn extract<C: Carrier + ?Sized>(carrier: &C) -> Context {
    global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&Context::new(), &CarrierExtractor::new(carrier))
    })
}

/// The context of the innermost span, whichever API made it.
fn current_context() -> Context {
    let context = Context::current();
    if context.has_active_span() {
        return context;
    }
    // A layer of someone else may not make its spans part of the context.
    let of_span = Span::current().context();
    if of_span.has_active_span() { of_span } else { context }
}
