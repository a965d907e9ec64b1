//! Files of samples.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::leaks::args::SignalArg;
use crate::leaks::csv::{CsvError, Rows};
use crate::leaks::lines::Subject;
use crate::leaks::say;
use crate::leaks::watch::{Options, Watcher};

/// Writes the lines of each file, in order; returns whether all were read.
///
/// Of a file that cannot be read to its end there are no lines, only the reason on standard error; it is
/// also said there of a file that has no sample to judge.
///
/// # Errors
///
/// When `out` cannot be written.
pub(super) fn read_all(
    paths: &[PathBuf],
    signal: SignalArg,
    options: Options,
    out: &mut impl Write,
) -> io::Result<bool> {
    let mut is_all = true;
    for path in paths {
        match lines_of(path, signal, options) {
            Ok(lines) => out.write_all(&lines)?,
            Err(reason) => {
                is_all = false;
                say(&reason);
            }
        }
    }
    out.flush()?;
    Ok(is_all)
}

fn lines_of(path: &Path, signal: SignalArg, options: Options) -> Result<Vec<u8>, String> {
    let name = path.display().to_string();
    let text = read(path).map_err(|error| format!("{name}: {error}"))?;
    lines(&name, &text, signal, options).map_err(|error| match error {
        Failure::Csv(error) => format!("{name}:{error}"),
        Failure::Json(error) => format!("{name}: {error}"),
    })
}

/// Why a file has no lines.
enum Failure {
    Csv(CsvError),
    Json(io::Error),
}

fn lines(name: &str, text: &[u8], signal: SignalArg, options: Options) -> Result<Vec<u8>, Failure> {
    let (is_live, column) = match signal {
        SignalArg::Auto if has_live_bytes(text).map_err(Failure::Csv)? => (true, "live_bytes"),
        SignalArg::Auto => (false, "rss_bytes` or `live_bytes"),
        SignalArg::Live => (true, "live_bytes"),
        SignalArg::Rss => (false, "rss_bytes"),
    };
    let signal = if is_live { "live" } else { "rss" };
    let mut has_samples = false;
    let mut watcher = Watcher::new(Subject::File(name), signal, options);
    let mut rows = Rows::new(text).map_err(Failure::Csv)?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next() {
        let row = row.map_err(Failure::Csv)?;
        let bytes = if is_live { row.live_bytes } else { row.rss_bytes };
        let used_bytes = row.rss_bytes.or(row.live_bytes);
        has_samples |= bytes.is_some_and(is_size);
        watcher
            .observe(row.minute, bytes, used_bytes, row.load, &mut lines)
            .map_err(Failure::Json)?;
    }
    watcher.finish(&mut lines).map_err(Failure::Json)?;
    if !has_samples {
        // Read as it is, it looks healthy.
        say(&format!("{name}: there is no sample of `{column}`, so nothing was judged"));
    }
    Ok(lines)
}

/// Whether the detector takes it for a sample. Others are missing ones.
fn is_size(bytes: f64) -> bool {
    bytes > 0.0 && bytes.is_finite()
}

/// Whether the file knows the live heap: the first sample of it tells.
fn has_live_bytes(text: &[u8]) -> Result<bool, CsvError> {
    let mut rows = Rows::new(text)?;
    if !rows.has_live_bytes() {
        return Ok(false);
    }
    while let Some(row) = rows.next() {
        if row?.live_bytes.is_some_and(is_size) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = fs::read(path)?;
    if !bytes.starts_with(GZIP_MAGIC) {
        return Ok(bytes);
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut text)?;
    Ok(text)
}

/// What a compressed file begins with, whatever its name.
///
/// Source: RFC 1952, section 2.3.1.
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
