//! The header `traceparent`: one text, read and written. Pure.

/// What the header says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct TraceParent {
    pub(super) trace_id: [u8; 16],
    pub(super) span_id: [u8; 8],
    pub(super) is_sampled: bool,
    pub(super) is_random: bool,
}

impl TraceParent {
    /// Reads a header without blanks around it. `None` for anything that the grammar does not
    /// know; a higher version is read as far as this one goes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (known, behind) = text.as_bytes().split_at_checked(LEN)?;
        let (version, fields) = known.split_at_checked(2)?;
        let [version] = bytes_of(version)?;
        let has_end = match version {
            VERSION => behind.is_empty(),
            INVALID_VERSION => false,
            _ => matches!(behind.first(), None | Some(&DASH)),
        };
        let (trace_id, fields) = field(fields, 32)?;
        let (span_id, fields) = field(fields, 16)?;
        let (flags, rest) = field(fields, 2)?;
        let (trace_id, span_id) = (bytes_of(trace_id)?, bytes_of(span_id)?);
        let [flags] = bytes_of(flags)?;
        let is_valid = has_end && rest.is_empty() && trace_id != [0; 16] && span_id != [0; 8];
        is_valid.then_some(Self {
            trace_id,
            span_id,
            is_sampled: flags & SAMPLED != 0,
            is_random: flags & RANDOM != 0,
        })
    }

    /// Writes the header. Flags that have no meaning yet are never sent.
    pub(super) fn header(&self) -> String {
        let mut header = String::with_capacity(LEN);
        header.push_str("00-");
        push_hex(&mut header, &self.trace_id);
        header.push('-');
        push_hex(&mut header, &self.span_id);
        header.push_str(match (self.is_random, self.is_sampled) {
            (false, false) => "-00",
            (false, true) => "-01",
            (true, false) => "-02",
            (true, true) => "-03",
        });
        header
    }
}

/// Takes a dash and a field of `len` bytes off.
fn field(text: &[u8], len: usize) -> Option<(&[u8], &[u8])> {
    match text.split_first()? {
        (&DASH, fields) => fields.split_at_checked(len),
        _ => None,
    }
}

/// Decodes exactly `2 * N` lower-case digits.
fn bytes_of<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(character.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        text.push(hex_digit(byte >> 4));
        text.push(hex_digit(byte & 0x0F));
    }
}

const fn hex_digit(value: u8) -> char {
    let first = if value < 10 { b'0' } else { b'a'.wrapping_sub(10) };
    first.wrapping_add(value) as char
}

/// Source: <https://www.w3.org/TR/trace-context-2/#traceparent-header-field-values>
const LEN: usize = 55;
const DASH: u8 = b'-';
const VERSION: u8 = 0;
const INVALID_VERSION: u8 = 0xFF;
const SAMPLED: u8 = 0x01;
const RANDOM: u8 = 0x02;

#[cfg(test)]
mod tests {
    use super::*;

    const T: &str = "0af7651916cd43dd8448eb211c80319c";
    const P: &str = "b7ad6b7169203331";

    fn check(header: &str, expected: Option<(bool, bool)>) {
        let found = TraceParent::parse(header);
        let flags = found.map(|parent| (parent.is_random, parent.is_sampled));
        assert_eq!(flags, expected, "{header}");
    }

    #[test]
    fn what_is_written_is_read() {
        for flags in ["00", "01", "02", "03"] {
            let header = format!("00-{T}-{P}-{flags}");
            let parent = TraceParent::parse(&header).expect("it is valid");
            assert_eq!(parent.header(), header);
        }
    }

    #[test]
    fn only_known_flags_count() {
        check(&format!("00-{T}-{P}-00"), Some((false, false)));
        check(&format!("00-{T}-{P}-fd"), Some((false, true)));
        check(&format!("00-{T}-{P}-fe"), Some((true, false)));
        check(&format!("00-{T}-{P}-ff"), Some((true, true)));
    }

    #[test]
    fn a_higher_version_may_go_on_after_a_dash() {
        check(&format!("01-{T}-{P}-01"), Some((false, true)));
        check(&format!("fe-{T}-{P}-01-"), Some((false, true)));
        check(&format!("cc-{T}-{P}-01-more.-ß"), Some((false, true)));
        check(&format!("cc-{T}-{P}-01.more"), None);
        check(&format!("ff-{T}-{P}-01"), None);
    }

    #[test]
    fn nothing_else_is_valid() {
        let zeros = "0".repeat(32);
        for header in [
            String::new(),
            "00".to_owned(),
            format!("00-{T}-{P}-01-"),
            format!("00-{T}-{P}-01-more"),
            format!("00-{T}-{P}-01."),
            format!("00-{T}-{P}-01 "),
            format!("00-{zeros}-{P}-01"),
            format!("00-{T}-{}-01", &zeros[..16]),
            format!("00-{}-{P}-01", &T[1..]),
            format!("00-{T}0-{P}-01"),
            format!("00-{}-{P}-01", T.to_uppercase()),
            format!("00-{T}-{}-01", P.to_uppercase()),
            format!("0-{T}-{P}-01"),
            format!("000-{T}-{P}-01"),
            format!("CC-{T}-{P}-01"),
            format!("+0-{T}-{P}-01"),
            format!("00-+{}-{P}-01", &T[1..]),
            format!("00-{T}-+{}-01", &P[1..]),
            format!("00-{T}-{P}-+1"),
            format!("00-{T}-{P}-0A"),
            format!("00-{T}-{P}-1"),
            format!("00_{T}_{P}_01"),
            format!("00-{T}-{P}"),
            format!("00-{T}-{}ß-01", &P[2..]),
            format!("00-{T}-{P}-0ß"),
        ] {
            check(&header, None);
        }
    }
}
