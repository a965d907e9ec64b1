//! The rules of attribute lists, written down as plainly as possible over decoded messages.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};

/// What may be left of a list, and how many attributes were dropped.
pub(super) fn limited(
    attributes: Vec<KeyValue>,
    count_max: u32,
    chars_max: Option<usize>,
) -> (Vec<KeyValue>, u32) {
    let mut kept: Vec<KeyValue> = Vec::new();
    let mut dropped = 0;
    for mut attribute in attributes {
        if let Some(value) = &mut attribute.value {
            cut(value, chars_max);
        }
        if let Some(earlier) = kept.iter_mut().find(|earlier| earlier.key == attribute.key) {
            *earlier = attribute;
        } else if kept.len() < count_max as usize {
            kept.push(attribute);
        } else {
            dropped += 1;
        }
    }
    (kept, dropped)
}

/// Order carries no meaning in a list of attributes, nor in a map inside.
pub(super) fn sort(attributes: &mut [KeyValue]) {
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
    for value in attributes.iter_mut().filter_map(|attribute| attribute.value.as_mut()) {
        sort_value(value);
    }
}

pub(super) fn sort_value(value: &mut AnyValue) {
    match &mut value.value {
        Some(any_value::Value::ArrayValue(array)) => array.values.iter_mut().for_each(sort_value),
        Some(any_value::Value::KvlistValue(map)) => sort(&mut map.values),
        _ => {}
    }
}

fn cut(value: &mut AnyValue, chars_max: Option<usize>) {
    let Some(max) = chars_max else { return };
    match &mut value.value {
        Some(any_value::Value::StringValue(text)) => *text = text.chars().take(max).collect(),
        Some(any_value::Value::BytesValue(bytes)) => bytes.truncate(max),
        Some(any_value::Value::ArrayValue(array)) => {
            array.values.iter_mut().for_each(|value| cut(value, chars_max));
        }
        Some(any_value::Value::KvlistValue(map)) => {
            map.values.iter_mut().filter_map(|entry| entry.value.as_mut()).for_each(|value| {
                cut(value, chars_max);
            });
        }
        _ => {}
    }
}
