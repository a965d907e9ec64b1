//! Headers for the stock propagators, as `opentelemetry-http` hands them over.

use beacon::opentelemetry::propagation::{Extractor, Injector};
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) struct StockExtractor<'a>(pub(crate) &'a HeaderMap);

impl Extractor for StockExtractor<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

pub(crate) struct StockInjector<'a>(pub(crate) &'a mut HeaderMap);

impl Injector for StockInjector<'_> {
    fn set(&mut self, name: &str, value: String) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            self.0.insert(name, value);
        }
    }
}
