//! Which span a thread is in, so that a sample can name it.

use std::cell::Cell;

use opentelemetry::Context as OtelContext;
use opentelemetry::trace::TraceContextExt as _;
use tracing::Subscriber;
use tracing::span::Id;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::memory::allocator::sample::SITES;
use crate::memory::allocator::site_table::CallSite;

/// Tells [`TrackingAllocator`] which span each thread is in, so that samples of the heap carry
/// its name.
///
/// [`init_telemetry`] adds it by itself when the allocator is in use. Who builds a subscriber by
/// hand adds it beside [`Telemetry::layer`], under the same filter as spans: it has none of its own.
///
/// It writes two words when a span is entered and when it is left, which is also right for async
/// code, where spans follow the polls. Of more than 16 spans within spans the outer 16 are known.
///
/// [`TrackingAllocator`]: crate::memory::TrackingAllocator
/// [`init_telemetry`]: crate::init_telemetry
/// [`Telemetry::layer`]: crate::Telemetry::layer
///
/// # Examples
///
/// ```
/// use beacon::memory::CallSiteLayer;
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry().with(CallSiteLayer::new());
/// # let _ = subscriber;
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CallSiteLayer;

impl CallSiteLayer {
    /// Returns the layer.
    pub const fn new() -> Self {
        Self
    }

    /// The current thread is in a span of this call-site.
    pub(crate) fn entered(id: &Id, call_site: CallSite) {
        let _ = ENTERED.try_with(|entered| entered.enter(id.into_u64(), call_site));
    }

    /// The current thread leaves the span.
    pub(crate) fn left(id: &Id) {
        let _ = ENTERED.try_with(|entered| {
            if let Some(wanted) = entered.link_wanted.take() {
                link(wanted);
            }
            entered.exit(id.into_u64());
        });
    }
}

impl<S> Layer<S> for CallSiteLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        Self::entered(id, ctx.metadata(id));
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        Self::left(id);
    }
}

/// A site that was sampled and has no trace yet.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    site: u32,
    key: u64,
}

/// The spans of one thread. Without a destructor: spans are left while a thread ends.
struct Entered {
    spans: [Cell<(u64, CallSite)>; DEPTH_MAX],
    /// How many were entered and not left; may be more than there is room for.
    depth: Cell<usize>,
    link_wanted: Cell<Option<Wanted>>,
}

thread_local! {
    static ENTERED: Entered = const {
        Entered {
            spans: [const { Cell::new((0, None)) }; DEPTH_MAX],
            depth: Cell::new(0),
            link_wanted: Cell::new(None),
        }
    };
}

/// Returns the call-site of the current span. Called inside of allocations.
pub(super) fn current() -> CallSite {
    ENTERED.try_with(Entered::innermost).ok().flatten()
}

/// Asks for a trace of this site. It is read when the span is left: inside of an allocation
/// nothing else may be called.
pub(super) fn ask_for_link(site: u32, key: u64) {
    let _ = ENTERED.try_with(|entered| {
        if entered.depth.get() > 0 {
            entered.link_wanted.set(Some(Wanted { site, key }));
        }
    });
}

/// Before the layer that leaves the OpenTelemetry span: it is still the current one.
fn link(wanted: Wanted) {
    OtelContext::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        if span.is_valid() {
            let trace_id = u128::from_be_bytes(span.trace_id().to_bytes());
            let span_id = u64::from_be_bytes(span.span_id().to_bytes());
            SITES.link(wanted.site, wanted.key, trace_id, span_id);
        }
    });
}

impl Entered {
    /// For one that has no room, its parent stands.
    fn enter(&self, id: u64, call_site: CallSite) {
        let depth = self.depth.get();
        if let Some(slot) = self.spans.get(depth) {
            slot.set((id, call_site));
        }
        self.depth.set(depth.saturating_add(1));
    }

    /// Spans may be left in any order.
    fn exit(&self, id: u64) {
        let depth = self.depth.get();
        let kept = self.spans.get(..depth.min(DEPTH_MAX)).unwrap_or_default();
        let place = kept.iter().rposition(|slot| slot.get().0 == id);
        if place.is_none() && depth <= DEPTH_MAX {
            // Entered before this layer was there.
            return;
        }
        let behind = place.and_then(|place| kept.get(place..)).unwrap_or_default();
        for pair in behind.windows(2) {
            if let [slot, next] = pair {
                slot.set(next.get());
            }
        }
        self.depth.set(depth.saturating_sub(1));
    }

    fn innermost(&self) -> CallSite {
        let last = self.depth.get().min(DEPTH_MAX).checked_sub(1)?;
        self.spans.get(last).and_then(|slot| slot.get().1)
    }
}

/// Deeper spans are rare, and then the sixteenth says enough.
const DEPTH_MAX: usize = 16;
