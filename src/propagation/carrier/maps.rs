//! Maps of strings: the attributes of a message, the headers of a job.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use crate::propagation::carrier::{Carrier, CarrierMut};

impl<S: BuildHasher> Carrier for HashMap<String, String, S> {
    fn values_of(&self, name: &str) -> Vec<&str> {
        let mut pairs: Vec<_> = self.iter().filter(|(key, _)| is_same(key, name)).collect();
        // The same name in several letter cases: as in a map that has an order.
        pairs.sort_unstable();
        pairs.into_iter().map(|(_, value)| value.as_str()).collect()
    }

    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }
}

impl<S: BuildHasher> CarrierMut for HashMap<String, String, S> {
    fn set(&mut self, name: &str, value: String) {
        CarrierMut::remove_all(self, name);
        self.insert(name.to_owned(), value);
    }

    fn remove_all(&mut self, name: &str) {
        self.retain(|key, _| !is_same(key, name));
    }
}

impl Carrier for BTreeMap<String, String> {
    fn values_of(&self, name: &str) -> Vec<&str> {
        let pairs = self.iter().filter(|(key, _)| is_same(key, name));
        pairs.map(|(_, value)| value.as_str()).collect()
    }

    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }
}

impl CarrierMut for BTreeMap<String, String> {
    fn set(&mut self, name: &str, value: String) {
        CarrierMut::remove_all(self, name);
        self.insert(name.to_owned(), value);
    }

    fn remove_all(&mut self, name: &str) {
        self.retain(|key, _| !is_same(key, name));
    }
}

fn is_same(key: &str, name: &str) -> bool {
    key.eq_ignore_ascii_case(name)
}
