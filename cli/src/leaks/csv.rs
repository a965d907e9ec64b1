//! Samples out of comma-separated values, by hand: no allocation for a row.

use std::fmt;

/// One sample; what is empty or has no column is absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) minute: f64,
    pub(super) rss_bytes: Option<f64>,
    pub(super) live_bytes: Option<f64>,
    pub(super) load: Option<f64>,
}

/// Why a text cannot be read.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct CsvError {
    pub(super) line: usize,
    pub(super) problem: Problem,
}

#[derive(Debug, Eq, PartialEq)]
pub(super) enum Problem {
    /// A column and what stands in the cell.
    BadCell(&'static str, String),
    ColumnTwice(&'static str),
    GoesBack,
    NoMinute,
    NoMinuteColumn,
}

/// Walks over the rows behind the header.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    cells: Cells<'a>,
    /// Which of the known columns each column is.
    columns: Vec<Option<usize>>,
    last_minute: f64,
}

impl<'a> Rows<'a> {
    /// Reads the header.
    pub(super) fn new(text: &'a [u8]) -> Result<Self, CsvError> {
        let mut cells = Cells { rest: text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text), line: 1 };
        let mut columns = Vec::new();
        loop {
            let (cell, is_last) = cells.next();
            let known = COLUMNS.iter().position(|name| name.as_bytes().eq_ignore_ascii_case(cell));
            if let Some(name) = known.and_then(|at| COLUMNS.get(at))
                && columns.contains(&known)
            {
                return Err(CsvError { line: 1, problem: Problem::ColumnTwice(name) });
            }
            columns.push(known);
            if is_last {
                break;
            }
        }
        if columns.contains(&Some(0)) {
            return Ok(Self { cells, columns, last_minute: 0.0 });
        }
        Err(CsvError { line: 1, problem: Problem::NoMinuteColumn })
    }

    /// Whether there is a column of the live heap.
    pub(super) fn has_live_bytes(&self) -> bool {
        self.columns.contains(&Some(LIVE_BYTES))
    }

    /// Returns the next row, or the reason why there is none. Empty lines are skipped.
    pub(super) fn next(&mut self) -> Option<Result<Row, CsvError>> {
        self.cells.skip_empty_lines();
        if self.cells.rest.is_empty() {
            return None;
        }
        let line = self.cells.line;
        Some(self.row().map_err(|problem| CsvError { line, problem }))
    }

    fn row(&mut self) -> Result<Row, Problem> {
        let mut values = [None; COLUMNS.len()];
        let mut columns = self.columns.iter();
        loop {
            let (cell, is_last) = self.cells.next();
            if let Some(column) = columns.next().copied().flatten() {
                let value = number(cell).map_err(|()| bad_cell(column, cell))?;
                if let Some(slot) = values.get_mut(column) {
                    *slot = value;
                }
            }
            if is_last {
                break;
            }
        }
        let [minute, rss_bytes, live_bytes, load] = values;
        let minute = minute.ok_or(Problem::NoMinute)?;
        if !(0.0..=MINUTE_MAX).contains(&minute) {
            return Err(Problem::BadCell("minute", minute.to_string()));
        }
        if minute < self.last_minute {
            return Err(Problem::GoesBack);
        }
        self.last_minute = minute;
        Ok(Row { minute, rss_bytes, live_bytes, load })
    }
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.line)?;
        match &self.problem {
            Problem::BadCell("minute", cell) => {
                write!(f, "`minute`: expected a number from 0 to 1e9, got `{cell}`")
            }
            Problem::BadCell(column, cell) => {
                write!(f, "`{column}`: expected a number, got `{cell}`")
            }
            Problem::ColumnTwice(column) => write!(f, "the column `{column}` is there twice"),
            Problem::GoesBack => write!(f, "`minute` is smaller than in the row before"),
            Problem::NoMinute => write!(f, "`minute` is empty"),
            Problem::NoMinuteColumn => write!(f, "the header has no column `minute`"),
        }
    }
}

/// Bytes that are still to be split.
#[derive(Debug)]
struct Cells<'a> {
    rest: &'a [u8],
    /// The line that `rest` begins in.
    line: usize,
}

impl<'a> Cells<'a> {
    /// Returns the next cell, without quotes and blanks around it, and whether its row ends.
    fn next(&mut self) -> (&'a [u8], bool) {
        let blanks = self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let start = self.rest.get(blanks..).unwrap_or_default();
        if let Some(quoted) = start.strip_prefix(b"\"") {
            let len = quoted_len(quoted);
            let (cell, behind) = quoted.split_at_checked(len).unwrap_or((quoted, b""));
            self.line = self.line.saturating_add(cell.split(|byte| *byte == b'\n').skip(1).count());
            self.rest = behind;
            // Between the closing quote and the comma there is nothing of interest.
            let (_, is_last) = self.plain();
            return (cell.trim_ascii(), is_last);
        }
        self.plain()
    }

    /// A cell up to a comma or the end of the line.
    fn plain(&mut self) -> (&'a [u8], bool) {
        let end = self.rest.iter().position(|byte| matches!(byte, b',' | b'\n'));
        let (cell, behind) =
            self.rest.split_at_checked(end.unwrap_or(self.rest.len())).unwrap_or_default();
        let is_last = behind.first() != Some(&b',');
        self.line = self.line.saturating_add(usize::from(behind.first() == Some(&b'\n')));
        self.rest = behind.get(1..).unwrap_or_default();
        (cell.trim_ascii(), is_last)
    }

    fn skip_empty_lines(&mut self) {
        loop {
            let blanks =
                self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
            match self.rest.get(blanks..) {
                Some([b'\n', behind @ ..]) => {
                    self.line = self.line.saturating_add(1);
                    self.rest = behind;
                }
                Some([]) => {
                    self.rest = b"";
                    return;
                }
                _ => return,
            }
        }
    }
}

/// Up to the closing quote; two in a row are one that belongs to the text.
fn quoted_len(text: &[u8]) -> usize {
    let mut at = 0_usize;
    while let Some(quote) = text.get(at..).and_then(|rest| rest.iter().position(|b| *b == b'"')) {
        at = at.saturating_add(quote);
        if text.get(at.saturating_add(1)) != Some(&b'"') {
            return at;
        }
        at = at.saturating_add(2);
    }
    text.len()
}

/// `None` for an empty cell.
fn number(cell: &[u8]) -> Result<Option<f64>, ()> {
    if cell.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(cell).map_err(|_| ())?;
    text.parse().map(Some).map_err(|_| ())
}

fn bad_cell(column: usize, cell: &[u8]) -> Problem {
    let name = COLUMNS.get(column).copied().unwrap_or_default();
    let cell = String::from_utf8_lossy(cell);
    let mut shown: String = cell.chars().take(SHOWN_MAX).flat_map(char::escape_default).collect();
    if cell.chars().count() > SHOWN_MAX {
        shown.push('…');
    }
    Problem::BadCell(name, shown)
}

/// Known columns, in the order of [`Row`].
const COLUMNS: [&str; 4] = ["minute", "rss_bytes", "live_bytes", "load"];

/// Its place among them.
const LIVE_BYTES: usize = 2;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// 1,900 years: more is no time.
const MINUTE_MAX: f64 = 1e9;

/// Of a bad cell.
const SHOWN_MAX: usize = 40;
