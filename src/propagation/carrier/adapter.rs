//! Carriers as OpenTelemetry's propagators want them.

use std::fmt;

use opentelemetry::propagation::{Extractor, Injector};

use crate::propagation::carrier::{Carrier, CarrierMut};
use crate::propagation::counters::Field;

/// A [`Carrier`] for a propagator of your choice.
///
/// # Examples
///
/// ```
/// use beacon::opentelemetry::propagation::TextMapPropagator as _;
/// use beacon::propagation::CarrierExtractor;
///
/// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
/// let headers = http::HeaderMap::new();
/// let _context = telemetry.propagator().extract(&CarrierExtractor::new(&headers));
/// # Ok::<(), beacon::InitError>(())
/// ```
pub struct CarrierExtractor<'a, C: ?Sized>(&'a C);

impl<'a, C: Carrier + ?Sized> CarrierExtractor<'a, C> {
    /// Returns it for a carrier.
    pub const fn new(carrier: &'a C) -> Self {
        Self(carrier)
    }
}

impl<C: Carrier + ?Sized> Extractor for CarrierExtractor<'_, C> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.values_of(name).into_iter().next()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.names()
    }

    fn get_all(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.0.values_of(name)).filter(|values| !values.is_empty())
    }
}

impl<C: ?Sized> fmt::Debug for CarrierExtractor<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarrierExtractor").finish_non_exhaustive()
    }
}

/// A [`CarrierMut`] for a propagator of your choice.
///
/// When it is dropped after a `traceparent` without a `tracestate` was written, it removes the
/// `tracestate` that the carrier had before: that belongs to another span.
///
/// # Examples
///
/// ```
/// use beacon::opentelemetry::propagation::TextMapPropagator as _;
/// use beacon::propagation::CarrierInjector;
///
/// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
/// let mut headers = http::HeaderMap::new();
/// telemetry.propagator().inject(&mut CarrierInjector::new(&mut headers));
/// # Ok::<(), beacon::InitError>(())
/// ```
pub struct CarrierInjector<'a, C: CarrierMut + ?Sized> {
    carrier: &'a mut C,
    has_parent: bool,
    has_state: bool,
}

impl<'a, C: CarrierMut + ?Sized> CarrierInjector<'a, C> {
    /// Returns it for a carrier.
    pub const fn new(carrier: &'a mut C) -> Self {
        Self { carrier, has_parent: false, has_state: false }
    }
}

impl<C: CarrierMut + ?Sized> Injector for CarrierInjector<'_, C> {
    fn set(&mut self, name: &str, value: String) {
        self.has_parent |= name == Field::TraceParent.name();
        self.has_state |= name == Field::TraceState.name();
        self.carrier.set(name, value);
    }
}

impl<C: CarrierMut + ?Sized> Drop for CarrierInjector<'_, C> {
    fn drop(&mut self) {
        if self.has_parent && !self.has_state {
            self.carrier.remove_all(Field::TraceState.name());
        }
    }
}

impl<C: CarrierMut + ?Sized> fmt::Debug for CarrierInjector<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarrierInjector").finish_non_exhaustive()
    }
}
