//! What goes along with a message: where it was sent from.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use opentelemetry::baggage::{Baggage, BaggageExt as _, KeyValueMetadata};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context as OtelContext, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::task::TaskContext;
use crate::thread_end::is_thread_ending;

/// Where a message was sent from: the sender's span and baggage.
///
/// Unlike a [`TaskContext`] it does not keep the sender's span open: a message may wait for long. The
/// receiver decides whether its work is a part of the sender's trace
/// ([`child_span`](Self::child_span)) or one of its own that refers to it
/// ([`linked_span`](Self::linked_span)).
///
/// # Examples
///
/// A job that waits in a queue of your own:
///
/// ```
/// use beacon::task::MessageContext;
/// use beacon::testing::TestTelemetry;
/// use tracing::info_span;
///
/// struct Job {
///     number: u32,
///     context: MessageContext,
/// }
///
/// let test = TestTelemetry::start()?;
/// test.with(|| {
///     let job = info_span!("request")
///         .in_scope(|| Job { number: 7, context: MessageContext::current() });
///     let span = job.context.child_span(|| info_span!("job", number = job.number));
///     span.in_scope(|| { /* do it */ });
/// });
/// test.span("request")?.child("job")?;
/// # Ok::<(), beacon::testing::TestError>(())
/// ```
#[derive(Clone, Default)]
pub struct MessageContext {
    otel: OtelContext,
}

impl MessageContext {
    /// Captures where the caller is.
    pub fn current() -> Self {
        if is_thread_ending() {
            return Self::default();
        }
        Self { otel: OtelContext::current() }
    }

    /// Returns the span of the sender; invalid where there was none.
    pub fn span_context(&self) -> SpanContext {
        self.otel.span().span_context().clone()
    }

    /// Returns the context of the OpenTelemetry API, with the baggage.
    pub const fn otel(&self) -> &OtelContext {
        &self.otel
    }

    /// Makes a span that is a child of the sender's span, in the sender's trace.
    ///
    /// `make` is called where the sender was: a span that it makes without an explicit parent becomes
    /// a child.
    pub fn child_span(&self, make: impl FnOnce() -> Span) -> Span {
        let _attached = self.otel.clone().attach();
        make()
    }

    /// Makes a span that begins a trace of its own, with a link to the sender's span and with the
    /// sender's baggage.
    pub fn linked_span(&self, make: impl FnOnce() -> Span) -> Span {
        let span = {
            let _attached = self.without_span().attach();
            make()
        };
        span.add_link(self.span_context());
        span
    }

    /// Makes a span that begins a trace of its own, with a link to the span of each message: for work
    /// that is done for several of them at once. Links to the same span are made once.
    ///
    /// A span has at most as many links as `OTEL_SPAN_LINK_COUNT_LIMIT` says; the rest is counted on
    /// the span. Baggage of several senders has no meaning together, so there is none.
    #[expect(single_use_lifetimes, reason = "it cannot be left out here")]
    pub fn batch_span<'a>(
        messages: impl IntoIterator<Item = &'a Self>,
        make: impl FnOnce() -> Span,
    ) -> Span {
        let span = {
            let _attached = OtelContext::new().attach();
            make()
        };
        let mut linked = HashSet::new();
        for message in messages {
            let sender = message.span_context();
            if linked.insert((sender.trace_id(), sender.span_id())) {
                span.add_link(sender);
            }
        }
        span
    }

    /// Makes a span that exists already, and was not entered yet, the root of a trace of its own
    /// with a link to the sender's span.
    pub(crate) fn detach(&self, span: Span) -> Span {
        // Refused where the span was entered before or is not recorded. The first is what
        // the caller wanted, the second leaves nothing to detach.
        span.set_parent(self.without_span()).unwrap_or_default();
        span.add_link(self.span_context());
        span
    }

    /// Writes the context into a carrier, in the formats of `OTEL_PROPAGATORS`.
    pub fn inject(&self, carrier: &mut impl Injector) {
        global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&self.otel, carrier);
        });
    }

    /// Reads a context out of a carrier. What cannot be read is left out: the result is empty then,
    /// and a child of it is a root.
    pub fn extract(carrier: &impl Extractor) -> Self {
        let empty = OtelContext::new();
        let otel = global::get_text_map_propagator(|propagator| {
            propagator.extract_with_context(&empty, carrier)
        });
        Self { otel }
    }

    /// Returns the context as a map of strings, for queues and jobs that carry such a map.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::task::MessageContext;
    ///
    /// let map = MessageContext::current().to_map();
    /// let again = MessageContext::from_map(map);
    /// assert!(!again.span_context().is_valid(), "nobody was in a span");
    /// ```
    pub fn to_map(&self) -> BTreeMap<String, String> {
        let mut map = HashMap::new();
        self.inject(&mut map);
        map.into_iter().collect()
    }

    /// Reads a context out of pairs of strings, as [`extract`](Self::extract) does.
    pub fn from_map<K, V>(map: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        // Names of headers have no case; the carrier looks for those in lower case.
        let lower = |name: String| name.to_ascii_lowercase();
        let map: HashMap<String, String> =
            map.into_iter().map(|(name, value)| (lower(name.into()), value.into())).collect();
        Self::extract(&map)
    }

    /// The context of a new trace. A context cannot lose its span, and one with an invalid span
    /// counts as a parent that is not sampled, so this is another one, with the same baggage.
    fn without_span(&self) -> OtelContext {
        let empty = OtelContext::new();
        let entries = self.otel.baggage().iter().map(|(key, (value, metadata))| {
            KeyValueMetadata::new(key.clone(), value.clone(), metadata.clone())
        });
        let baggage: Baggage = entries.collect();
        let context = if baggage.is_empty() { empty } else { empty.with_baggage(baggage) };
        if self.otel.is_telemetry_suppressed() {
            return context.with_telemetry_suppressed();
        }
        context
    }
}

impl From<OtelContext> for MessageContext {
    fn from(otel: OtelContext) -> Self {
        Self { otel }
    }
}

impl From<MessageContext> for TaskContext {
    fn from(context: MessageContext) -> Self {
        context.otel.into()
    }
}

impl fmt::Debug for MessageContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MessageContext").field(&self.otel).finish()
    }
}

/// A message that knows where it was sent from.
///
/// # Examples
///
/// ```
/// use beacon::task::{CarriesContext, MessageContext};
/// use tracing::info_span;
///
/// struct Order {
///     id: u64,
///     sent_from: MessageContext,
/// }
///
/// impl CarriesContext for Order {
///     fn message_context(&self) -> &MessageContext {
///         &self.sent_from
///     }
/// }
///
/// let order = Order { id: 3, sent_from: MessageContext::current() };
/// let span = order.linked_span(|| info_span!("order", id = order.id));
/// span.in_scope(|| { /* ship it */ });
/// ```
pub trait CarriesContext {
    /// Returns where the message was sent from.
    fn message_context(&self) -> &MessageContext;

    /// Makes a span in the sender's trace, as [`MessageContext::child_span`].
    fn child_span(&self, make: impl FnOnce() -> Span) -> Span {
        self.message_context().child_span(make)
    }

    /// Makes a span in a trace of its own, as [`MessageContext::linked_span`].
    fn linked_span(&self, make: impl FnOnce() -> Span) -> Span {
        self.message_context().linked_span(make)
    }
}

/// Makes a span for several messages, as [`MessageContext::batch_span`].
pub fn batch_span<'a, M: CarriesContext + 'a>(
    messages: impl IntoIterator<Item = &'a M>,
    make: impl FnOnce() -> Span,
) -> Span {
    MessageContext::batch_span(messages.into_iter().map(M::message_context), make)
}
