//! The tables of an object, read for one address.
//!
//! Sources: Linux Standard Base, Core 5.0, section 10.6 (`.eh_frame`); DWARF 5, section 6.4;
//! System V ABI for AMD64, section 3.6 (numbers of registers).

use crate::memory::allocator::stack::walk::reader::Reader;
use crate::memory::allocator::stack::walk::rule::{Base, Frame, Rule};

/// Returns the rule for the address `offset` bytes into the function that `entry` describes.
/// `common` is what the entry refers to.
pub(super) fn rule(common: &[u8], entry: &[u8], offset: usize) -> Rule {
    read(common, entry, offset).unwrap_or(Rule::Unknown)
}

fn read(common: &[u8], entry: &[u8], offset: usize) -> Option<Rule> {
    let offset = u64::try_from(offset).ok()?;
    let (common, instructions) = Common::read(common)?;
    let mut table = Table { common, initial: Row::FIRST, row: Row::FIRST, kept: [None; KEPT_MAX] };
    // All of the common ones hold at the start of the function.
    table.run(instructions, 0)?;
    table.initial = table.row;
    table.run(table.common.instructions_of(entry)?, offset)?;
    table.row.rule()
}

/// What entries have in common.
#[derive(Clone, Copy, Debug)]
struct Common {
    code_factor: u64,
    data_factor: i64,
    address_len: usize,
    has_augmentation: bool,
}

impl Common {
    /// Returns the instructions besides.
    fn read(bytes: &[u8]) -> Option<(Self, Reader<'_>)> {
        let mut reader = Reader::new(bytes);
        let [_len, id] = [reader.array::<4>()?, reader.array::<4>()?];
        let version = reader.byte()?;
        if id != [0; 4] || !matches!(version, 1 | 3) {
            return None;
        }
        let augmentation = reader.text()?;
        let code_factor = reader.unsigned()?;
        let data_factor = reader.signed()?;
        let return_address =
            if version == 1 { u64::from(reader.byte()?) } else { reader.unsigned()? };
        let (has_augmentation, address_len) = match augmentation {
            [b'z', letters @ ..] => {
                let len = usize::try_from(reader.unsigned()?).ok()?;
                (true, Self::address_len(letters, Reader::new(reader.take(len)?))?)
            }
            [] => (false, WORD_LEN),
            _ => return None,
        };
        if return_address != RETURN_ADDRESS {
            return None;
        }
        Some((Self { code_factor, data_factor, address_len, has_augmentation }, reader))
    }

    /// How long the addresses of entries are. The letters say what the data holds.
    fn address_len(letters: &[u8], mut data: Reader<'_>) -> Option<usize> {
        let mut address_len = WORD_LEN;
        for letter in letters {
            match letter {
                b'L' => {
                    data.byte()?;
                }
                b'P' => {
                    let len = encoded_len(data.byte()?)?;
                    data.take(len)?;
                }
                b'R' => address_len = encoded_len(data.byte()?)?,
                // `S`, the frame of a signal, among others.
                _ => return None,
            }
        }
        Some(address_len)
    }

    fn instructions_of<'a>(&self, entry: &'a [u8]) -> Option<Reader<'a>> {
        let mut reader = Reader::new(entry);
        let [_len, _to_common] = [reader.array::<4>()?, reader.array::<4>()?];
        let [_start, _len] = [reader.take(self.address_len)?, reader.take(self.address_len)?];
        if self.has_augmentation {
            let len = usize::try_from(reader.unsigned()?).ok()?;
            reader.take(len)?;
        }
        Some(reader)
    }
}

/// How many bytes an encoded address has. Source: Linux Standard Base, section 10.5.1.
const fn encoded_len(encoding: u8) -> Option<usize> {
    match encoding & 0x0f {
        // Aligned to a word, which takes to know where it lies.
        _ if encoding & 0x70 == 0x50 => None,
        0x00 | 0x04 | 0x0c => Some(8),
        0x02 | 0x0a => Some(2),
        0x03 | 0x0b => Some(4),
        _ => None,
    }
}

/// The row of the table that is reached.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// `None` when it takes an expression.
    end: Option<(u64, i64)>,
    frame_pointer: Saved,
    return_address: Saved,
}

/// Where the caller's register is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Saved {
    /// So many bytes from the end of the frame.
    At(i64),
    Elsewhere,
    Kept,
    Nowhere,
}

impl Row {
    const FIRST: Self =
        Self { end: None, frame_pointer: Saved::Kept, return_address: Saved::Elsewhere };

    fn saved(&mut self, register: u64) -> Option<&mut Saved> {
        match register {
            FRAME_POINTER => Some(&mut self.frame_pointer),
            RETURN_ADDRESS => Some(&mut self.return_address),
            _ => None,
        }
    }

    fn set(&mut self, register: u64, saved: Saved) {
        if let Some(place) = self.saved(register) {
            *place = saved;
        }
    }

    fn rule(self) -> Option<Rule> {
        match self.return_address {
            Saved::At(LAST_WORD) => {}
            Saved::Nowhere => return Some(Rule::End),
            _ => return None,
        }
        let (register, offset) = self.end?;
        let base = match register {
            FRAME_POINTER => Base::FramePointer,
            STACK_POINTER => Base::StackPointer,
            _ => return None,
        };
        let saved_below_bytes = match self.frame_pointer {
            Saved::At(offset) => positive(offset.checked_neg()?)?,
            // Nobody says what it is, so nobody relies on it.
            Saved::Kept | Saved::Nowhere => 0,
            Saved::Elsewhere => return None,
        };
        let size_bytes = positive(offset)?;
        Some(Rule::Frame(Frame { base, size_bytes, saved_below_bytes }))
    }
}

fn positive(bytes: i64) -> Option<usize> {
    usize::try_from(bytes).ok().filter(|bytes| *bytes > 0)
}

/// The table, as far as it was read.
struct Table {
    common: Common,
    /// What the common instructions say.
    initial: Row,
    row: Row,
    kept: [Option<Row>; KEPT_MAX],
}

impl Table {
    /// Follows the instructions up to the row that holds at `offset`.
    fn run(&mut self, mut instructions: Reader<'_>, offset: u64) -> Option<()> {
        let mut reached = 0_u64;
        while !instructions.is_at_end() {
            let byte = instructions.byte()?;
            let low = u64::from(byte & 0x3f);
            let code = &mut instructions;
            match byte {
                0x40..=0x7f => reached = self.advance(reached, low)?,
                0x80..=0xbf => self.save(low, code.unsigned()?)?,
                0xc0..=0xff => self.restore(low),
                0x02 => reached = self.advance(reached, code.byte()?.into())?,
                0x03 => {
                    let step = u16::from_ne_bytes(code.array()?);
                    reached = self.advance(reached, step.into())?;
                }
                0x04 => {
                    let step = u32::from_ne_bytes(code.array()?);
                    reached = self.advance(reached, step.into())?;
                }
                _ => self.change(byte, code)?,
            }
            if reached > offset {
                break;
            }
        }
        Some(())
    }

    fn advance(&self, reached: u64, steps: u64) -> Option<u64> {
        reached.checked_add(steps.checked_mul(self.common.code_factor)?)
    }

    fn save(&mut self, register: u64, factored: u64) -> Option<()> {
        let offset = i64::try_from(factored).ok()?.checked_mul(self.common.data_factor)?;
        self.row.set(register, Saved::At(offset));
        Some(())
    }

    fn restore(&mut self, register: u64) {
        let Some(initial) = self.initial.saved(register).copied() else { return };
        self.row.set(register, initial);
    }

    /// The instructions that are whole bytes. Source: DWARF 5, section 7.24.
    fn change(&mut self, byte: u8, code: &mut Reader<'_>) -> Option<()> {
        let factor = self.common.data_factor;
        match byte {
            // `nop`, and the size of arguments, which matters when a frame is ended.
            0x00 => {}
            0x2e => {
                code.unsigned()?;
            }
            // Registers.
            0x05 => {
                let register = code.unsigned()?;
                self.save(register, code.unsigned()?)?;
            }
            0x11 => {
                let register = code.unsigned()?;
                let offset = code.signed()?.checked_mul(factor)?;
                self.row.set(register, Saved::At(offset));
            }
            0x06 => self.restore(code.unsigned()?),
            0x07 => self.row.set(code.unsigned()?, Saved::Nowhere),
            0x08 => self.row.set(code.unsigned()?, Saved::Kept),
            // In another register, or as a value and not in memory.
            0x09 | 0x14 => {
                self.row.set(code.unsigned()?, Saved::Elsewhere);
                code.unsigned()?;
            }
            0x15 => {
                self.row.set(code.unsigned()?, Saved::Elsewhere);
                code.signed()?;
            }
            // By an expression.
            0x10 | 0x16 => {
                self.row.set(code.unsigned()?, Saved::Elsewhere);
                let len = code.unsigned()?;
                code.take(usize::try_from(len).ok()?)?;
            }
            // The end of the frame.
            0x0c => self.row.end = Some((code.unsigned()?, i64::try_from(code.unsigned()?).ok()?)),
            0x12 => {
                let register = code.unsigned()?;
                self.row.end = Some((register, code.signed()?.checked_mul(factor)?));
            }
            0x0d => self.row.end = Some((code.unsigned()?, self.row.end?.1)),
            0x0e => {
                let register = self.row.end?.0;
                self.row.end = Some((register, i64::try_from(code.unsigned()?).ok()?));
            }
            0x13 => {
                let register = self.row.end?.0;
                self.row.end = Some((register, code.signed()?.checked_mul(factor)?));
            }
            0x0f => {
                let len = code.unsigned()?;
                code.take(usize::try_from(len).ok()?)?;
                self.row.end = None;
            }
            // Rows kept, and taken up again.
            0x0a => {
                let place = self.kept.iter_mut().find(|kept| kept.is_none())?;
                *place = Some(self.row);
            }
            0x0b => self.row = self.kept.iter_mut().rev().find_map(Option::take)?,
            _ => return None,
        }
        Some(())
    }
}

const FRAME_POINTER: u64 = 6;
const STACK_POINTER: u64 = 7;
const RETURN_ADDRESS: u64 = 16;

/// Where a call puts the return address, from the end of the frame.
const LAST_WORD: i64 = -8;
const WORD_LEN: usize = 8;

/// Compilers keep one row at a time.
const KEPT_MAX: usize = 4;
