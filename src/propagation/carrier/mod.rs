//! What trace context travels in: headers, metadata, maps, the environment.

mod adapter;
mod environment;
mod grpc;
mod http;
mod maps;

use opentelemetry::propagation::{Extractor, Injector};

pub use self::adapter::{CarrierExtractor, CarrierInjector};

/// Something that trace context can be read from.
///
/// Implemented for [`HeaderMap`](::http::HeaderMap), tonic's `MetadataMap`, maps of strings and
/// [`Environment`](crate::config::Environment). Write it for the headers of a message queue or of a
/// job; or hand over any [`Extractor`] as `&dyn Extractor`.
///
/// # Examples
///
/// ```
/// use beacon::propagation::{self, Carrier};
///
/// struct Message {
///     headers: Vec<(String, String)>,
/// }
///
/// impl Carrier for Message {
///     fn values_of(&self, name: &str) -> Vec<&str> {
///         let named = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
///         named.map(|(_, value)| value.as_str()).collect()
///     }
///
///     fn names(&self) -> Vec<&str> {
///         self.headers.iter().map(|(key, _)| key.as_str()).collect()
///     }
/// }
///
/// let message = Message { headers: vec![("Baggage".into(), "tenant=blue".into())] };
/// let _context = propagation::extract(&message);
/// ```
pub trait Carrier {
    /// Returns every value of a name, in order; the letter case of the name does not matter. A
    /// value that is no text is [`NO_TEXT`]: left out, it would hide that a header
    /// came twice.
    fn values_of(&self, name: &str) -> Vec<&str>;

    /// Returns all names.
    fn names(&self) -> Vec<&str>;
}

/// Something that trace context can be written to.
///
/// Implemented for [`HeaderMap`](::http::HeaderMap), tonic's `MetadataMap`, maps of strings and
/// [`Command`](std::process::Command), which hands it to a child process in its environment. Any
/// [`Injector`] works as `&mut dyn Injector`.
pub trait CarrierMut {
    /// Sets a value in place of all that the name has, whatever the letter case. A pair that the
    /// carrier cannot hold changes nothing.
    fn set(&mut self, name: &str, value: String);

    /// Removes all values of a name, whatever the letter case.
    fn remove_all(&mut self, name: &str);
}

impl Carrier for dyn Extractor + '_ {
    fn values_of(&self, name: &str) -> Vec<&str> {
        self.get_all(name).unwrap_or_default()
    }

    fn names(&self) -> Vec<&str> {
        self.keys()
    }
}

impl CarrierMut for dyn Injector + '_ {
    fn set(&mut self, name: &str, value: String) {
        Injector::set(self, name, value);
    }

    /// An [`Injector`] cannot remove.
    fn remove_all(&mut self, _name: &str) {}
}

/// Stands for a value that is no text. No format accepts it.
pub const NO_TEXT: &str = "\u{FFFD}";
