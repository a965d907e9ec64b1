//! Which files the code of the process comes from.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// A range of addresses with code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CodeMapping {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) file_offset: u64,
    pub(super) file: String,
    /// In hexadecimal digits; empty when the file has none.
    pub(super) build_id: String,
}

/// Returns the mappings with code, in order; none where there is no `/proc`.
pub(super) fn code_mappings() -> Vec<CodeMapping> {
    let text = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let mut mappings: Vec<_> = text.lines().filter_map(parse).collect();
    for mapping in &mut mappings {
        mapping.build_id = build_id(Path::new(&mapping.file)).unwrap_or_default();
    }
    mappings
}

/// `start-end perms offset dev inode path`, the path with blanks as they are.
fn parse(line: &str) -> Option<CodeMapping> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let permissions = fields.next()?;
    let file_offset = fields.next()?;
    let file = fields.nth(2)?.trim_start();
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    let is_code = permissions.as_bytes().get(2) == Some(&b'x') && !file.is_empty();
    Some(CodeMapping {
        start: number(start)?,
        end: number(end)?,
        file_offset: number(file_offset)?,
        file: file.to_owned(),
        build_id: String::new(),
    })
    .filter(|_| is_code)
}

/// Reads the note of an ELF file that names its build (64 bits, little-endian).
fn build_id(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let mut header = [0; HEADER_LEN];
    file.read_exact(&mut header).ok()?;
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table_at = u64::from_le_bytes(field(&header, 32)?);
    let entry_len = u16::from_le_bytes(field(&header, 54)?);
    let entries = u16::from_le_bytes(field(&header, 56)?);
    let table_len = usize::from(entry_len).checked_mul(usize::from(entries))?;
    let table = read_at(&mut file, table_at, table_len)?;
    table.chunks(usize::from(entry_len.max(1))).find_map(|entry| {
        let is_note = u32::from_le_bytes(field(entry, 0)?) == PT_NOTE;
        let at = u64::from_le_bytes(field(entry, 8)?);
        let len = usize::try_from(u64::from_le_bytes(field(entry, 32)?)).ok()?;
        let is_read = is_note && len <= NOTES_LEN_MAX;
        is_read.then(|| read_at(&mut file, at, len)).flatten().and_then(|notes| id_in(&notes))
    })
}

/// Notes: the lengths of name and value, the kind, then both, each filled up to four bytes.
fn id_in(mut notes: &[u8]) -> Option<String> {
    loop {
        let name_len = usize::try_from(u32::from_le_bytes(field(notes, 0)?)).ok()?;
        let value_len = usize::try_from(u32::from_le_bytes(field(notes, 4)?)).ok()?;
        let kind = u32::from_le_bytes(field(notes, 8)?);
        let value_at = NOTE_HEADER_LEN.checked_add(name_len.checked_next_multiple_of(4)?)?;
        let name = notes.get(NOTE_HEADER_LEN..NOTE_HEADER_LEN.checked_add(name_len)?)?;
        let value = notes.get(value_at..value_at.checked_add(value_len)?)?;
        if kind == NT_GNU_BUILD_ID && name == b"GNU\0" {
            return Some(value.iter().fold(String::new(), |mut id, byte| {
                // Writing to a string cannot fail.
                let _ = write!(id, "{byte:02x}");
                id
            }));
        }
        let next = value_at.checked_add(value_len.checked_next_multiple_of(4)?)?;
        notes = notes.get(next..)?;
    }
}

fn read_at(file: &mut File, at: u64, len: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; len];
    file.seek(SeekFrom::Start(at)).ok()?;
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn field<const LEN: usize>(bytes: &[u8], at: usize) -> Option<[u8; LEN]> {
    bytes.get(at..at.checked_add(LEN)?)?.try_into().ok()
}

const HEADER_LEN: usize = 64;
const NOTE_HEADER_LEN: usize = 12;
const NOTES_LEN_MAX: usize = 1024 * 1024;
const PT_NOTE: u32 = 4;
const NT_GNU_BUILD_ID: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_map_is_read() {
        let line = "55d0c1e2a000-55d0c1e5b000 r-xp 00007000 fe:00 1234    /usr/bin/a b (deleted)";
        let expected = CodeMapping {
            start: 0x55d0_c1e2_a000,
            end: 0x55d0_c1e5_b000,
            file_offset: 0x7000,
            file: "/usr/bin/a b (deleted)".to_owned(),
            build_id: String::new(),
        };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse(&line.replace("r-xp", "rw-p")), None);
        for odd in ["", "x", "1-2 r-xp", "1-2 r-xp 0 0 0", "1-2 r-xp 0 0 0 ", "x-2 r-xp 0 0 0 a"] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_note_with_the_build_is_found_behind_others() {
        let note = |name: &[u8], kind: u32, value: &[u8]| {
            let len = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
            let filled = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                bytes.resize(bytes.len().next_multiple_of(4), 0);
                bytes
            };
            [&len(name)[..], &len(value), &kind.to_le_bytes(), &filled(name), &filled(value)]
                .concat()
        };
        let notes = [note(b"Other\0", 3, b"12345"), note(b"GNU\0", 3, b"\x01\xab\xff")].concat();
        assert_eq!(id_in(&notes).as_deref(), Some("01abff"));
        // The last byte only fills.
        for end in 0..notes.len() - 1 {
            assert_eq!(id_in(&notes[..end]), None);
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn this_program_is_among_the_mappings() {
        let here = u64::try_from((code_mappings as *const ()).addr()).unwrap();
        let mappings = code_mappings();
        let mapping = mappings.iter().find(|mapping| (mapping.start..mapping.end).contains(&here));
        let program = std::env::current_exe().unwrap();
        assert_eq!(mapping.unwrap().file, program.to_string_lossy());
    }
}
