//! The header `tracestate`: its members, checked, bounded and joined. Pure.

/// One `key=value`, both valid.
pub(super) type Member<'a> = (&'a str, &'a str);

/// What became of a list.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Members<'a> {
    /// In order, every key once.
    pub(super) kept: Vec<Member<'a>>,
    /// One member was bad or there were too many: the rule is to drop them all then.
    pub(super) is_invalid: bool,
    /// Whole members were left out for length.
    pub(super) is_shortened: bool,
}

impl<'a> Members<'a> {
    /// Reads all headers as one list.
    pub(super) fn parse(headers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut kept: Vec<Member<'a>> = Vec::new();
        let mut count = 0_usize;
        for member in headers.into_iter().flat_map(|header| header.split(',')) {
            let member = member.trim_matches(BLANKS);
            if member.is_empty() {
                continue;
            }
            count = count.saturating_add(1);
            let Some(member) = parse_member(member).filter(|_| count <= MEMBERS_MAX) else {
                return Self { is_invalid: true, ..Self::default() };
            };
            if kept.iter().all(|(key, _)| *key != member.0) {
                kept.push(member);
            }
        }
        Self::shortened(kept)
    }

    /// Checks members that someone in this process has made.
    pub(super) fn check(members: impl IntoIterator<Item = Member<'a>>) -> Self {
        let mut is_invalid = false;
        let mut kept: Vec<Member<'a>> = Vec::new();
        for (key, value) in members {
            let is_fit = is_key(key) && is_value(value) && kept.len() < MEMBERS_MAX;
            is_invalid |= !is_fit;
            if is_fit && kept.iter().all(|(other, _)| *other != key) {
                kept.push((key, value));
            }
        }
        Self { is_invalid, ..Self::shortened(kept) }
    }

    /// Drops whole members until the text is short enough: long ones first, then from the right.
    fn shortened(mut kept: Vec<Member<'a>>) -> Self {
        let mut len = header_len(&kept);
        let is_shortened = len > LEN_MAX;
        while len > LEN_MAX {
            let is_long = |member: &Member<'_>| member_len(member) > LONG_MEMBER_LEN;
            match kept.iter().rposition(is_long) {
                Some(at) => drop(kept.remove(at)),
                None => drop(kept.pop()),
            }
            len = header_len(&kept);
        }
        Self { kept, is_invalid: false, is_shortened }
    }

    /// Writes the header; empty without members.
    pub(super) fn header(&self) -> String {
        let mut header = String::with_capacity(header_len(&self.kept));
        for (key, value) in &self.kept {
            if !header.is_empty() {
                header.push(',');
            }
            header.push_str(key);
            header.push('=');
            header.push_str(value);
        }
        header
    }
}

/// The members of a text that [`Members::header`] has written.
pub(super) fn members_of(header: &str) -> impl Iterator<Item = Member<'_>> {
    header.split(',').filter_map(|member| member.split_once('='))
}

fn parse_member(member: &str) -> Option<Member<'_>> {
    member.split_once('=').filter(|(key, value)| is_key(key) && is_value(value))
}

fn is_key(key: &str) -> bool {
    let is_first = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_other = |byte: &u8| is_first(byte) || b"_-*/@".contains(byte);
    let bytes = key.as_bytes();
    bytes.len() <= PART_LEN_MAX
        && bytes
            .split_first()
            .is_some_and(|(first, others)| is_first(first) && others.iter().all(is_other))
}

fn is_value(value: &str) -> bool {
    let is_fit = |byte: &u8| matches!(byte, 0x20..=0x7E) && !matches!(byte, b',' | b'=');
    let bytes = value.as_bytes();
    bytes.len() <= PART_LEN_MAX
        && bytes.iter().all(is_fit)
        && bytes.last().is_some_and(|last| *last != b' ')
}

fn member_len((key, value): &Member<'_>) -> usize {
    key.len().saturating_add(value.len()).saturating_add(1)
}

fn header_len(members: &[Member<'_>]) -> usize {
    let commas = members.len().saturating_sub(1);
    members.iter().map(member_len).fold(commas, usize::saturating_add)
}

/// What may stand around a header and around a member.
pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// Source, also of the next three: <https://www.w3.org/TR/trace-context-2/#tracestate-header>
const MEMBERS_MAX: usize = 32;

/// Of a key and of a value.
const PART_LEN_MAX: usize = 256;

/// What has to be sent on at least is what is sent on at most: it travels with every request.
pub(super) const LEN_MAX: usize = 512;

const LONG_MEMBER_LEN: usize = 128;
