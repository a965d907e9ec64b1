//! The list that the header `baggage` holds. Pure.

use crate::propagation::percent::{self, is_octet, is_plain_in_properties};

/// One member: with its value encoded when it was read, and not encoded when it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) key: &'a str,
    pub(super) value: &'a str,
    /// What followed the first semicolon.
    pub(super) properties: &'a str,
}

impl<'a> Entry<'a> {
    /// Reads one member.
    fn parse(member: &'a str) -> Option<Self> {
        let (pair, properties) = member.split_once(';').unwrap_or((member, ""));
        let (key, value) = pair.split_once('=')?;
        let entry = Self {
            key: key.trim_matches(BLANKS),
            value: value.trim_matches(BLANKS),
            properties: properties.trim_matches(BLANKS),
        };
        let is_valid = !entry.key.is_empty()
            && entry.key.bytes().all(is_token)
            && entry.value.bytes().all(is_octet)
            && entry.properties.bytes().all(is_plain_in_properties);
        is_valid.then_some(entry)
    }

    /// How many bytes [`push_to`](Self::push_to) appends.
    pub(super) fn len(&self) -> usize {
        let properties = match self.properties {
            "" => 0,
            properties => percent::encoded_properties_len(properties).saturating_add(1),
        };
        let value = percent::encoded_value_len(self.value);
        self.key.len().saturating_add(1).saturating_add(value).saturating_add(properties)
    }

    pub(super) fn push_to(&self, header: &mut String) {
        header.push_str(self.key);
        header.push('=');
        percent::encode_value(self.value, header);
        if !self.properties.is_empty() {
            header.push(';');
            percent::encode_properties(self.properties, header);
        }
    }
}

/// Walks through all headers as one list, up to its bounds. A bad member is left out alone.
#[derive(Debug)]
pub(super) struct List<'a> {
    headers: std::vec::IntoIter<&'a str>,
    header: Option<&'a str>,
    len: usize,
    count: usize,
    pub(super) is_invalid: bool,
    pub(super) is_too_large: bool,
}

impl<'a> List<'a> {
    pub(super) fn new(headers: Vec<&'a str>) -> Self {
        let mut headers = headers.into_iter();
        let header = headers.next();
        Self { headers, header, len: 0, count: 0, is_invalid: false, is_too_large: false }
    }

    /// The next text between commas.
    fn next_text(&mut self) -> Option<&'a str> {
        let header = self.header?;
        if let Some((text, behind)) = header.split_once(',') {
            self.header = Some(behind);
            return Some(text);
        }
        self.header = self.headers.next();
        Some(header)
    }
}

impl<'a> Iterator for List<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        while let Some(text) = self.next_text() {
            let len = self.len.saturating_add(text.len());
            let member = text.trim_matches(BLANKS);
            self.len = len.saturating_add(1);
            if member.is_empty() {
                continue;
            }
            if len > LEN_MAX || self.count >= MEMBERS_MAX {
                self.is_too_large = true;
                self.header = None;
                return None;
            }
            match Entry::parse(member) {
                Some(entry) => {
                    self.count = self.count.saturating_add(1);
                    return Some(entry);
                }
                None => self.is_invalid = true,
            }
        }
        None
    }
}

/// Source: <https://www.rfc-editor.org/rfc/rfc7230#section-3.2.6>, `tchar`.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Source: <https://www.w3.org/TR/baggage/#limits>
const MEMBERS_MAX: usize = 64;

/// Of all headers, the commas included. Source: as above.
pub(super) const LEN_MAX: usize = 8192;
