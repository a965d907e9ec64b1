//! HTTP headers.

use std::str;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::propagation::carrier::{Carrier, CarrierMut, NO_TEXT};

impl Carrier for HeaderMap {
    fn values_of(&self, name: &str) -> Vec<&str> {
        self.get_all(name).iter().map(text).collect()
    }

    fn names(&self) -> Vec<&str> {
        self.keys().map(HeaderName::as_str).collect()
    }
}

impl CarrierMut for HeaderMap {
    fn set(&mut self, name: &str, value: String) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            // A map of headers has room for 32768; a full one stays as it is.
            drop(self.try_insert(name, value));
        }
    }

    fn remove_all(&mut self, name: &str) {
        drop(self.remove(name));
    }
}

fn text(value: &HeaderValue) -> &str {
    str::from_utf8(value.as_bytes()).unwrap_or(NO_TEXT)
}
