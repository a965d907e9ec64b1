//! All configured formats as one propagator.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};

use crate::config::Propagator;
use crate::propagation::counters::{Field, PropagationCounters};
use crate::propagation::{baggage, trace_context};

/// Applies the configured formats in the configured order. Without any it does nothing.
///
/// [`Telemetry::propagator`](crate::Telemetry::propagator) returns it, and
/// [`install`](crate::TelemetryBuilder::install) makes it the process's.
#[derive(Clone, Debug)]
pub struct CompositePropagator {
    formats: Arc<[Propagator]>,
    fields: Arc<[String]>,
    counters: Arc<PropagationCounters>,
}

impl CompositePropagator {
    pub(crate) fn new(formats: &[Propagator], counters: Arc<PropagationCounters>) -> Self {
        let mut fields: Vec<String> = Vec::new();
        for field in formats.iter().flat_map(|format| fields_of(*format)) {
            if fields.iter().all(|other| other != field.name()) {
                fields.push(field.name().to_owned());
            }
        }
        Self { formats: formats.into(), fields: fields.into(), counters }
    }
}

impl TextMapPropagator for CompositePropagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        for format in &*self.formats {
            match format {
                Propagator::Baggage => baggage::inject(context, injector, &self.counters),
                Propagator::TraceContext => {
                    trace_context::inject(context, injector, &self.counters);
                }
            }
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let mut context = context.clone();
        for format in &*self.formats {
            context = match format {
                Propagator::Baggage => baggage::extract(&context, extractor, &self.counters),
                Propagator::TraceContext => {
                    trace_context::extract(&context, extractor, &self.counters)
                }
            };
        }
        context
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

const fn fields_of(format: Propagator) -> &'static [Field] {
    match format {
        Propagator::Baggage => &[Field::Baggage],
        Propagator::TraceContext => &[Field::TraceParent, Field::TraceState],
    }
}
