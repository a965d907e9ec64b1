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

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Result<Vec<Row>, CsvError> {
        let mut rows = Rows::new(text)?;
        std::iter::from_fn(|| rows.next()).collect()
    }

    fn row(minute: f64, rss_bytes: Option<f64>, live_bytes: Option<f64>, load: Option<f64>) -> Row {
        Row { minute, rss_bytes, live_bytes, load }
    }

    #[track_caller]
    fn check(text: &[u8], expected: &[Row]) {
        assert_eq!(rows(text).as_deref(), Ok(expected));
    }

    #[track_caller]
    fn check_error(text: &[u8], expected: &str) {
        assert_eq!(rows(text).map_err(|error| error.to_string()), Err(expected.to_owned()));
    }

    #[test]
    fn columns_come_in_any_order_and_may_be_missing() {
        let all = [row(0.0, Some(10.0), Some(20.0), Some(0.5))];
        check(b"minute,rss_bytes,live_bytes,load\n0,10,20,0.5\n", &all);
        check(b"load,live_bytes,host,rss_bytes,minute,\n.5,2e1,a b,10.0,0,x", &all);
        check(b"minute\n0\n1.25\n", &[row(0.0, None, None, None), row(1.25, None, None, None)]);
        check(b"minute,load,rss_bytes\n3,,\n3\n", &[row(3.0, None, None, None); 2]);
    }

    #[test]
    fn cells_are_read_as_spreadsheets_write_them() {
        let all = [row(0.0, Some(10.0), None, None), row(1.0, Some(11.0), None, None)];
        check(b"\xef\xbb\xbfMinute,RSS_BYTES\r\n0,10\r\n1,11\r\n", &all);
        check(b"\"minute\", \"rss_bytes\" \n\n \t\n\"0\",\"10\"\n 1\t, 11 \n\n", &all);
        let noted = b"note,minute,rss_bytes\n\"a, \"\"b\"\"\nc\",0,10\n\"\",1,11";
        check(noted, &all);
    }

    #[test]
    fn what_is_no_size_is_a_number_nonetheless() {
        let Ok([nan, huge]) = rows(b"minute,load\n0,NaN\n1,1e999")
            .as_deref()
            .map(<[Row]>::to_vec)
            .map(|rows| [rows[0], rows[1]])
        else {
            panic!("they can be read")
        };
        assert!(nan.load.is_some_and(f64::is_nan));
        assert_eq!(huge.load, Some(f64::INFINITY));
    }

    #[test]
    fn errors_name_line_and_column() {
        check_error(b"", "1: the header has no column `minute`");
        check_error(b"\0\xff\xfe,\n1,2", "1: the header has no column `minute`");
        check_error(b"0,1\n", "1: the header has no column `minute`");
        check_error(b"minute,load,minute\n", "1: the column `minute` is there twice");
        check_error(b"minute\n0\n\nx\n", "4: `minute`: expected a number from 0 to 1e9, got `x`");
        check_error(b"minute\n-1", "2: `minute`: expected a number from 0 to 1e9, got `-1`");
        check_error(b"minute\nNaN", "2: `minute`: expected a number from 0 to 1e9, got `NaN`");
        check_error(
            b"minute\n2e9",
            "2: `minute`: expected a number from 0 to 1e9, got `2000000000`",
        );
        check_error(b"minute,load\n1,\n,3", "3: `minute` is empty");
        check_error(b"minute\n5\n4.9", "3: `minute` is smaller than in the row before");
        check_error(
            b"a,minute,load\n\"x\ny\",1,\n\n2,2,1_0",
            "5: `load`: expected a number, got `1_0`",
        );
        let long = [b"minute,load\n0,".as_slice(), &[b'\x1b'; 100]].concat();
        let error = rows(&long).unwrap_err().to_string();
        assert!(error.len() < 500 && !error.contains('\x1b'), "{error}");
    }

    #[test]
    fn no_text_panics() {
        // Every text of up to six of these bytes.
        let bytes = b"\",\n1\r x";
        for length in 0..=6_u32 {
            for mut number in 0..8_usize.pow(length) {
                let mut text = b"minute,load\n".to_vec();
                for _ in 0..length {
                    text.extend(bytes.get(number % 8));
                    number /= 8;
                }
                drop(rows(&text));
                drop(rows(text.get(12..).unwrap()));
            }
        }
    }
}
