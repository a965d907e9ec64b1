//! The metadata of gRPC.

use http::HeaderMap;
use tonic::metadata::MetadataMap;

use crate::propagation::carrier::{Carrier, CarrierMut};

/// Metadata is headers. A name that ends in `-bin` holds what is no text, and is not written.
impl Carrier for MetadataMap {
    fn values_of(&self, name: &str) -> Vec<&str> {
        headers(self).values_of(name)
    }

    fn names(&self) -> Vec<&str> {
        headers(self).names()
    }
}

impl CarrierMut for MetadataMap {
    fn set(&mut self, name: &str, value: String) {
        if !name.ends_with("-bin") {
            CarrierMut::set(AsMut::<HeaderMap>::as_mut(self), name, value);
        }
    }

    fn remove_all(&mut self, name: &str) {
        CarrierMut::remove_all(AsMut::<HeaderMap>::as_mut(self), name);
    }
}

fn headers(metadata: &MetadataMap) -> &HeaderMap {
    metadata.as_ref()
}
