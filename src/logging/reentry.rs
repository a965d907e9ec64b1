//! A span that is entered again and again, by work that is polled.

use std::sync::Arc;

use opentelemetry::{Context as OtelContext, ContextGuard};
use tracing::span::Id;
use tracing::{Dispatch, Metadata, Span, Subscriber as _};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::Registry;

use crate::logging::filter::{Admission, SoleAdmission};
use crate::memory::{CallSiteLayer, is_tracking};

/// What it takes to enter a span without showing that to the layers.
///
/// Work that is polled a thousand times enters its span a thousand times. All that the official layer
/// does then is to activate the context that the work carries anyway, and to note the time, of which
/// only the last one counts. So the first and the last time are for the layers, and those between
/// are not.
#[derive(Debug)]
pub(crate) struct Reentry {
    dispatch: Dispatch,
    admission: Arc<Admission>,
    id: Id,
    call_site: Option<&'static Metadata<'static>>,
    otel: OtelContext,
}

impl Reentry {
    /// `None` where somebody wants to see each time: layers that are not ours.
    ///
    /// The span was entered before, so its context is settled. `otel` is what goes on top of it.
    pub(crate) fn of(span: &Span, otel: Option<&OtelContext>) -> Option<Self> {
        let call_site = span.metadata();
        let of_span = |(id, dispatch): (&Id, &Dispatch)| {
            let SoleAdmission(admission) = dispatch.downcast_ref()?;
            Some(Self {
                dispatch: dispatch.clone(),
                admission: Arc::clone(admission),
                id: id.clone(),
                call_site,
                otel: otel.cloned().or_else(|| get_otel_context(id, dispatch))?,
            })
        };
        span.with_subscriber(of_span).flatten()
    }

    /// `None` while directives keep books about spans: they want to see each time as well.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Reentered<'_>> {
        if self.admission.is_scoped() {
            return None;
        }
        let registry: &Registry = self.dispatch.downcast_ref()?;
        registry.enter(&self.id);
        if is_tracking() {
            CallSiteLayer::entered(&self.id, self.call_site);
        }
        Some(Reentered { registry, id: &self.id, _otel: self.otel.clone().attach() })
    }
}

/// The span is entered until this is dropped.
#[derive(Debug)]
#[must_use = "the span is left when this is dropped"]
pub(crate) struct Reentered<'a> {
    registry: &'a Registry,
    id: &'a Id,
    _otel: ContextGuard,
}

impl Drop for Reentered<'_> {
    fn drop(&mut self) {
        if is_tracking() {
            CallSiteLayer::left(self.id);
        }
        self.registry.exit(self.id);
    }
}
