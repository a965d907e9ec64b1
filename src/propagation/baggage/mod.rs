//! W3C baggage.

mod list;

#[cfg(test)]
mod tests;

use opentelemetry::Context;
use opentelemetry::baggage::{Baggage, BaggageExt as _};
use opentelemetry::propagation::{Extractor, Injector};

use crate::propagation::baggage::list::{Entry, LEN_MAX, List};
use crate::propagation::counters::{Fault, Field, PropagationCounters};
use crate::propagation::percent;

/// Writes the baggage of the context. Nothing when it is empty.
pub(super) fn inject(
    context: &Context,
    injector: &mut dyn Injector,
    counters: &PropagationCounters,
) {
    let baggage = context.baggage();
    if baggage.is_empty() {
        return;
    }
    let commas = baggage.len().saturating_sub(1);
    let len = entries(baggage).map(|entry| entry.len()).fold(commas, usize::saturating_add);
    let header = if len <= LEN_MAX {
        joined(len, &mut entries(baggage))
    } else {
        // What does not fit should not change from call to call, as the order of a map does.
        let mut sorted: Vec<_> = entries(baggage).collect();
        sorted.sort_unstable_by_key(|entry| entry.key);
        counters.add(Field::Baggage, Fault::TooLarge);
        joined(LEN_MAX, &mut sorted.into_iter())
    };
    if !header.is_empty() {
        injector.set(Field::Baggage.name(), header);
    }
}

/// Returns the context with the caller's baggage in place of its own; unchanged when there is no
/// valid member.
pub(super) fn extract(
    context: &Context,
    extractor: &dyn Extractor,
    counters: &PropagationCounters,
) -> Context {
    let Some(headers) = extractor.get_all(Field::Baggage.name()) else {
        return context.clone();
    };
    let mut baggage = Baggage::new();
    let mut list = List::new(headers);
    for entry in &mut list {
        // Returns the value that was there; the last one of a key counts.
        drop(baggage.insert_with_metadata(
            entry.key.to_owned(),
            percent::decode(entry.value).into_owned(),
            entry.properties.to_owned(),
        ));
    }
    if list.is_invalid {
        counters.add(Field::Baggage, Fault::Invalid);
    }
    if list.is_too_large {
        counters.add(Field::Baggage, Fault::TooLarge);
    }
    if baggage.is_empty() { context.clone() } else { context.with_baggage(baggage) }
}

fn entries(baggage: &Baggage) -> impl Iterator<Item = Entry<'_>> {
    baggage.iter().map(|(key, (value, properties))| Entry {
        key: key.as_str(),
        value: value.as_str(),
        properties: properties.as_str().trim(),
    })
}

/// Writes whole entries as long as they fit.
fn joined(capacity: usize, entries: &mut dyn Iterator<Item = Entry<'_>>) -> String {
    let mut header = String::with_capacity(capacity);
    for entry in entries {
        let comma = usize::from(!header.is_empty());
        let len = header.len().saturating_add(comma).saturating_add(entry.len());
        if len > LEN_MAX {
            continue;
        }
        if comma == 1 {
            header.push(',');
        }
        entry.push_to(&mut header);
    }
    header
}
