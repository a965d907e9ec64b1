//! The key-values of a record of the crate `log`, with their types.

use log::kv::{Error, Key, Source, Value, VisitSource, VisitValue};

use crate::logging::LogValue;

/// Reads all key-values. A source or a value that fails is read as far as it comes.
///
/// Runs the user's code.
pub(super) fn read(source: &dyn Source) -> Vec<(Box<str>, LogValue)> {
    let mut fields = Fields(Vec::with_capacity(source.count()));
    source.visit(&mut fields).unwrap_or_default();
    fields.0
}

struct Fields(Vec<(Box<str>, LogValue)>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let mut found = Found(None);
        value.visit(&mut found)?;
        // A value that is nothing is no field, as in the macros of `tracing`.
        self.0.extend(found.0.map(|value| (key.as_str().into(), value)));
        Ok(())
    }
}

struct Found(Option<LogValue>);

impl Found {
    #[expect(clippy::unnecessary_wraps, reason = "it ends the functions of a visitor")]
    fn set(&mut self, value: impl Into<LogValue>) -> Result<(), Error> {
        self.0 = Some(value.into());
        Ok(())
    }
}

impl VisitValue<'_> for Found {
    /// Also lists and maps: neither an event nor a line has them.
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.set(value.to_string())
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), Error> {
        self.set(value)
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), Error> {
        self.set(value)
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), Error> {
        self.set(value)
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), Error> {
        self.set(value)
    }

    fn visit_str(&mut self, value: &str) -> Result<(), Error> {
        self.set(value)
    }

    fn visit_error(&mut self, error: &(dyn std::error::Error + 'static)) -> Result<(), Error> {
        self.set(LogValue::error(error))
    }

    fn visit_borrowed_error(
        &mut self,
        error: &(dyn std::error::Error + 'static),
    ) -> Result<(), Error> {
        self.visit_error(error)
    }
}
