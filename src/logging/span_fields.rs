//! The fields of spans, kept for the lines and records that are written inside of them.

use std::sync::Arc;

use tracing::{Subscriber, span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::logging::field_list::{FieldCollector, FieldList};
use crate::logging::redact::Redactor;

/// The fields of one span, in its extensions. Secrets are hidden already.
#[derive(Debug)]
pub(crate) struct SpanFields(pub(crate) FieldList);

/// Keeps [`SpanFields`] up to date.
#[derive(Debug)]
pub(crate) struct SpanFieldsLayer {
    redactor: Arc<Redactor>,
}

impl SpanFieldsLayer {
    pub(crate) const fn new(redactor: Arc<Redactor>) -> Self {
        Self { redactor }
    }
}

impl<S> Layer<S> for SpanFieldsLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, ctx: Context<'_, S>) {
        // A span without values needs no extension.
        if attributes.is_empty() {
            return;
        }
        let mut fields = FieldList::default();
        let call_site = attributes.metadata();
        attributes.record(&mut FieldCollector::of_span(&mut fields, &self.redactor, call_site));
        if let Some(span) = ctx.span(id) {
            span.extensions_mut().replace(SpanFields(fields));
        }
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, ctx: Context<'_, S>) {
        // The user's code runs before the extensions are locked: it may log.
        let Some(call_site) = ctx.metadata(id) else { return };
        let mut news = FieldList::default();
        values.record(&mut FieldCollector::of_span(&mut news, &self.redactor, call_site));
        let Some(span) = ctx.span(id) else { return };
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<SpanFields>() {
            Some(SpanFields(fields)) => fields.add_all(&news),
            None => extensions.insert(SpanFields(news)),
        }
    }
}
