//! Protobuf on the writing side: tags, varints and nested messages, appended to a `Vec`.
//!
//! As in proto3, fields without presence are left out when they hold their default. Lengths are
//! always written in their shortest form, so the bytes are as long as any other encoder's.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>

/// A nested message whose content is being written; [`close`] completes it.
#[derive(Debug)]
#[must_use]
pub(super) struct OpenMessage {
    len_start: usize,
    len_bytes_reserved: usize,
}

impl OpenMessage {
    /// Where the content begins.
    pub(super) fn content_start(&self) -> usize {
        self.len_start.saturating_add(self.len_bytes_reserved)
    }
}

/// Begins a nested message. `len_expected` decides how much room its length gets: a guess that is
/// right costs nothing, a wrong one costs a move of the content in [`close`].
#[inline]
pub(super) fn open(out: &mut Vec<u8>, field: u32, len_expected: usize) -> OpenMessage {
    len_head(out, field, len_expected);
    let len_bytes_reserved = varint_len(len_expected as u64);
    OpenMessage { len_start: out.len().saturating_sub(len_bytes_reserved), len_bytes_reserved }
}

/// Writes the length of a nested message in front of its content.
#[inline]
pub(super) fn close(out: &mut Vec<u8>, message: &OpenMessage) {
    let content_start = message.content_start();
    let content_end = out.len();
    let len = content_end.saturating_sub(content_start);
    let len_bytes = varint_len(len as u64);
    if len_bytes != message.len_bytes_reserved {
        move_content(out, content_start, message.len_start.saturating_add(len_bytes));
    }

    let mut rest = len as u64;
    for slot in out.iter_mut().skip(message.len_start).take(len_bytes) {
        *slot = varint_byte(rest);
        rest >>= 7;
    }
}

/// Moves all from `from` to the end, so that it begins at `to` and ends `out`.
#[cold]
fn move_content(out: &mut Vec<u8>, from: usize, to: usize) {
    let end = out.len();
    let end_after = to.saturating_add(end.saturating_sub(from));
    out.resize(end.max(end_after), 0);
    out.copy_within(from..end, to);
    out.truncate(end_after);
}

/// The tag and the length of a string, a byte string or a nested message.
#[inline]
pub(super) fn len_head(out: &mut Vec<u8>, field: u32, len: usize) {
    if is_short(field, len) {
        // By far the most heads: one step instead of two.
        out.extend_from_slice(&short_head(field, len));
    } else {
        tag(out, field, WIRE_LEN);
        varint(out, len as u64);
    }
}

/// The head of a nested message and the head of its first field, each a field and a length.
#[inline]
pub(super) fn nested_heads(out: &mut Vec<u8>, message: (u32, usize), first: (u32, usize)) {
    if is_short(message.0, message.1) && is_short(first.0, first.1) {
        let ([tag, len], [first_tag, first_len]) =
            (short_head(message.0, message.1), short_head(first.0, first.1));
        out.extend_from_slice(&[tag, len, first_tag, first_len]);
    } else {
        len_head(out, message.0, message.1);
        len_head(out, first.0, first.1);
    }
}

/// The tag of a field below 16.
pub(super) const fn short_tag(field: u32, wire_type: u8) -> u8 {
    let [tag, ..] = (field << 3 | wire_type as u32).to_le_bytes();
    tag
}

/// Tag and length are one byte each.
#[inline]
const fn is_short(field: u32, len: usize) -> bool {
    field < 16 && len < 0x80
}

#[inline]
const fn short_head(field: u32, len: usize) -> [u8; 2] {
    let [len, ..] = len.to_le_bytes();
    [short_tag(field, WIRE_LEN), len]
}

/// A string or a byte string, written also when it is empty.
#[inline]
pub(super) fn bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    len_head(out, field, value.len());
    out.extend_from_slice(value);
}

#[inline]
pub(super) fn nonempty_str(out: &mut Vec<u8>, field: u32, value: &str) {
    if !value.is_empty() {
        bytes(out, field, value.as_bytes());
    }
}

#[inline]
pub(super) fn nonzero_varint(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        varint_field(out, field, value);
    }
}

/// A number, written also when it is zero.
#[inline]
pub(super) fn varint_field(out: &mut Vec<u8>, field: u32, value: u64) {
    if field < 16 && value < 0x80 {
        // Tag and value in one step instead of two.
        out.extend_from_slice(&[short_tag(field, WIRE_VARINT), varint_byte(value)]);
    } else {
        tag(out, field, WIRE_VARINT);
        varint(out, value);
    }
}

#[inline]
pub(super) fn nonzero_fixed32(out: &mut Vec<u8>, field: u32, value: u32) {
    if value != 0 {
        tag(out, field, WIRE_FIXED32);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

#[inline]
pub(super) fn nonzero_fixed64(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        fixed64(out, field, value.to_le_bytes());
    }
}

/// Eight bytes, written also when they are zero.
#[inline]
pub(super) fn fixed64(out: &mut Vec<u8>, field: u32, value: [u8; 8]) {
    if field < 16 {
        // Tag and value in one step instead of two.
        let mut bytes = [0; 9];
        let [first, rest @ ..] = &mut bytes;
        *first = short_tag(field, WIRE_FIXED64);
        *rest = value;
        out.extend_from_slice(&bytes);
    } else {
        tag(out, field, WIRE_FIXED64);
        out.extend_from_slice(&value);
    }
}

#[inline]
pub(super) fn tag(out: &mut Vec<u8>, field: u32, wire_type: u8) {
    varint(out, u64::from(field) << 3 | u64::from(wire_type));
}

#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(varint_byte(value));
        value >>= 7;
    }
    out.push(varint_byte(value));
}

/// The bytes of [`varint`], with zeros behind them.
#[inline]
pub(super) fn varint_bytes(mut value: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    for slot in &mut bytes {
        *slot = varint_byte(value);
        value >>= 7;
        if value == 0 {
            break;
        }
    }
    bytes
}

/// How many bytes [`varint`] writes.
#[inline]
pub(super) const fn varint_len(value: u64) -> usize {
    ((value | 1).ilog2() / 7).saturating_add(1) as usize
}

/// The first byte of a varint: seven bits, and a mark when more follow.
#[inline]
fn varint_byte(value: u64) -> u8 {
    let [low, ..] = value.to_le_bytes();
    if value >= 0x80 { low | 0x80 } else { low }
}

pub(super) const WIRE_VARINT: u8 = 0;
pub(super) const WIRE_FIXED64: u8 = 1;
pub(super) const WIRE_LEN: u8 = 2;
pub(super) const WIRE_FIXED32: u8 = 5;
