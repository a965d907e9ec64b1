//! Secrets are taken out of what the OpenTelemetry API recorded, before it is encoded.

use std::borrow::Cow;

use opentelemetry::logs::AnyValue;
use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

use crate::logging::{REDACTED, Redactor};

/// Hides what is secret in every text of a span: names, attributes, events, links, status.
///
/// Ids, trace state and scope are not looked at.
pub(super) fn hide_in_span(redactor: &Redactor, span: &mut SpanData) {
    hide_in_text(redactor, &mut span.name);
    hide_in_attributes(redactor, &mut span.attributes);
    for event in &mut span.events.events {
        hide_in_text(redactor, &mut event.name);
        hide_in_attributes(redactor, &mut event.attributes);
    }
    for link in &mut span.links.links {
        hide_in_attributes(redactor, &mut link.attributes);
    }
    if let Status::Error { description } = &mut span.status {
        hide_in_text(redactor, description);
    }
}

/// Returns what stands in for the value of a log record, where something in it is secret.
pub(super) fn hidden(redactor: &Redactor, key: &str, value: &AnyValue) -> Option<AnyValue> {
    hidden_at(redactor, key, value, DEPTH_MAX)
}

fn hidden_at(redactor: &Redactor, key: &str, value: &AnyValue, depth: u32) -> Option<AnyValue> {
    if redactor.is_secret_key(key) {
        return Some(AnyValue::String(StringValue::from(REDACTED)));
    }
    match value {
        AnyValue::String(text) => changed(redactor, text.as_str()).map(AnyValue::from),
        AnyValue::Bytes(bytes) => {
            hidden_bytes(redactor, bytes).map(|bytes| AnyValue::Bytes(Box::new(bytes)))
        }
        AnyValue::ListAny(values) if depth > 0 => {
            let depth = depth.saturating_sub(1);
            let hide = |value: &AnyValue| hidden_at(redactor, "", value, depth);
            if values.iter().all(|value| hide(value).is_none()) {
                return None;
            }
            let values = values.iter().map(|value| hide(value).unwrap_or_else(|| value.clone()));
            Some(AnyValue::ListAny(Box::new(values.collect())))
        }
        AnyValue::Map(entries) if depth > 0 => {
            let depth = depth.saturating_sub(1);
            let mut shown = entries.clone();
            let mut is_changed = false;
            for (key, value) in shown.iter_mut() {
                if let Some(hidden) = hidden_at(redactor, key.as_str(), value, depth) {
                    *value = hidden;
                    is_changed = true;
                }
            }
            is_changed.then_some(AnyValue::Map(shown))
        }
        _ => None,
    }
}

/// Bytes are looked at where they are text.
pub(crate) fn hidden_bytes(redactor: &Redactor, bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    changed(redactor, text).map(String::into_bytes)
}

fn hide_in_attributes(redactor: &Redactor, attributes: &mut [KeyValue]) {
    for attribute in attributes {
        let is_secret = redactor.is_secret_key(attribute.key.as_str());
        match &mut attribute.value {
            value if is_secret => *value = Value::String(StringValue::from(REDACTED)),
            Value::String(text) => hide_in_string(redactor, text),
            Value::Array(Array::String(texts)) => {
                for text in texts {
                    hide_in_string(redactor, text);
                }
            }
            _ => {}
        }
    }
}

fn hide_in_string(redactor: &Redactor, text: &mut StringValue) {
    if let Some(shown) = changed(redactor, text.as_str()) {
        *text = StringValue::from(shown);
    }
}

fn hide_in_text(redactor: &Redactor, text: &mut Cow<'static, str>) {
    if let Some(shown) = changed(redactor, text) {
        *text = Cow::Owned(shown);
    }
}

fn changed(redactor: &Redactor, text: &str) -> Option<String> {
    match redactor.redact_text(text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(shown) => Some(shown),
    }
}

/// The encoder writes nothing of what is nested deeper.
const DEPTH_MAX: u32 = 17;
