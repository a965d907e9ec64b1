//! Lists of attributes: every key once, no more than the limit, the rest counted.
//!
//! A key that occurs again replaces the value and is not a dropped attribute. A new key that finds
//! the list full is dropped and counted.
//!
//! Source: opentelemetry-specification, common/README.md (Attribute Collections, Attribute Limits).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use opentelemetry::KeyValue;

use crate::export::encode::value::{Scalar, write_key_scalar, write_key_value, write_value};

/// Writes the attributes as elements of `field`; returns how many were dropped.
pub(super) fn write_attributes(
    out: &mut Vec<u8>,
    field: u32,
    attributes: &[KeyValue],
    limits: AttributeLimits,
) -> u32 {
    if attributes.len() <= KeyFilter::KEYS_MAX && !has_duplicate(attributes) {
        let kept = attributes.len().min(limits.count_max as usize);
        for attribute in attributes.iter().take(kept) {
            write_attribute(out, field, attribute, limits.chars_max);
        }
        return saturate(attributes.len().saturating_sub(kept));
    }

    let (kept, dropped) = deduplicate(attributes, limits.count_max as usize);
    for attribute in kept {
        write_attribute(out, field, attribute, limits.chars_max);
    }
    saturate(dropped)
}

/// Bounds of one list.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttributeLimits {
    pub(super) count_max: u32,
    pub(super) chars_max: Option<usize>,
}

impl AttributeLimits {
    /// Resources and scopes are exempt from limits.
    pub(super) const NONE: Self = Self { count_max: u32::MAX, chars_max: None };
}

/// Says of a key whether it may have occurred before, in a fixed space and without storing it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyFilter {
    bits: [u64; 16],
}

impl KeyFilter {
    /// Above this many keys the answer is "maybe" too often to be worth the question.
    pub(super) const KEYS_MAX: usize = 512;

    /// Adds the key; returns whether it may have been there. `false` is certain.
    #[inline]
    pub(super) fn insert(&mut self, key: &str) -> bool {
        let (word, bit) = Self::place(key);
        let Some(word) = self.bits.get_mut(word) else { return true };
        let was_set = *word & bit != 0;
        *word |= bit;
        was_set
    }

    /// Whether the key may have been added. `false` is certain.
    pub(super) fn contains(&self, key: &str) -> bool {
        let (word, bit) = Self::place(key);
        self.bits.get(word).is_none_or(|word| *word & bit != 0)
    }

    /// From the top ten bits of the hash: four choose the word, six the bit.
    #[inline]
    fn place(key: &str) -> (usize, u64) {
        let [.., low, high] = cheap_hash(key.as_bytes()).to_le_bytes();
        (usize::from(high >> 4), 1 << ((high & 0x0f) << 2 | low >> 6))
    }
}

pub(super) fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn write_attribute(out: &mut Vec<u8>, field: u32, attribute: &KeyValue, chars_max: Option<usize>) {
    let KeyValue { key, value, .. } = attribute;
    match Scalar::of(value, chars_max) {
        Some(scalar) => write_key_scalar(out, field, key.as_str(), scalar),
        None => write_key_value(out, field, key.as_str(), |out, field| {
            write_value(out, field, value, chars_max);
        }),
    }
}

fn has_duplicate(attributes: &[KeyValue]) -> bool {
    let is_few = attributes.len() <= FEW_KEYS;
    let mut filter = KeyFilter::default();
    attributes.iter().enumerate().any(|(index, attribute)| {
        let key = attribute.key.as_str();
        (is_few || filter.insert(key))
            && attributes.iter().take(index).any(|earlier| earlier.key.as_str() == key)
    })
}

/// The attributes to write and the number of dropped ones.
fn deduplicate(attributes: &[KeyValue], count_max: usize) -> (Vec<&KeyValue>, usize) {
    let mut kept = Vec::new();
    let mut positions = HashMap::new();
    let mut dropped = 0_usize;
    for attribute in attributes {
        match positions.entry(attribute.key.as_str()) {
            Entry::Occupied(position) => {
                if let Some(slot) = kept.get_mut(*position.get()) {
                    *slot = attribute;
                }
            }
            Entry::Vacant(position) if kept.len() < count_max => {
                position.insert(kept.len());
                kept.push(attribute);
            }
            Entry::Vacant(_) => dropped = dropped.saturating_add(1),
        }
    }
    (kept, dropped)
}

/// Looks at length, head and tail only: attribute keys differ there, and hashing every byte costs
/// more than encoding the attribute.
#[inline]
fn cheap_hash(key: &[u8]) -> u64 {
    let ends = match (key.first_chunk(), key.last_chunk()) {
        (Some(head), Some(tail)) => {
            u64::from_le_bytes(*head) ^ u64::from_le_bytes(*tail).rotate_left(29)
        }
        _ => key.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)),
    };
    // The fractional part of the golden ratio spreads the bits to the top.
    (ends ^ key.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// So few keys are compared with each other sooner than hashed.
const FEW_KEYS: usize = 6;
