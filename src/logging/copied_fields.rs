//! Fields of spans that are copied onto the log records inside of them.

use tracing::Subscriber;
use tracing_subscriber::registry::{LookupSpan, Scope};

use crate::export::encode::LogRecordEncoder;
use crate::logging::field_list::FieldValue;
use crate::logging::span_fields::SpanFields;

/// The names of the fields that are copied.
#[derive(Clone, Debug)]
pub(crate) struct CopiedFields {
    /// At most 64: see [`CopiedFields::write`].
    names: Vec<String>,
}

impl CopiedFields {
    /// `None` when there are none to copy.
    pub(crate) fn new(names: &[String]) -> Option<Self> {
        (!names.is_empty()).then(|| Self { names: names.to_vec() })
    }

    /// Writes the fields of the spans, from the innermost out. The first value of a name stays.
    pub(crate) fn write<S>(&self, encoder: &mut LogRecordEncoder<'_>, spans: Scope<'_, S>)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let mut missing = bits(self.names.len());
        for span in spans {
            if missing == 0 {
                return;
            }
            let extensions = span.extensions();
            let Some(SpanFields(fields)) = extensions.get() else { continue };
            for (name, value) in fields.iter() {
                let Some(bit) = self.bit(name).filter(|bit| missing & bit != 0) else { continue };
                missing &= !bit;
                match value {
                    FieldValue::Bool(value) => encoder.attribute_bool(name, value),
                    FieldValue::F64(value) => encoder.attribute_f64(name, value),
                    FieldValue::I64(value) => encoder.attribute_i64(name, value),
                    FieldValue::Text(value) => encoder.attribute_str(name, value),
                }
            }
        }
    }

    /// The bit of a name that is to be copied.
    fn bit(&self, name: &str) -> Option<u64> {
        let index = self.names.iter().position(|wanted| wanted == name)?;
        1_u64.checked_shl(u32::try_from(index).ok()?)
    }
}

/// A bit for each of so many names.
fn bits(count: usize) -> u64 {
    let above = u32::try_from(count).ok().and_then(|count| u64::MAX.checked_shl(count));
    !above.unwrap_or_default()
}
