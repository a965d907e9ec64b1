//! Bodies made smaller, once per request.
//!
//! Level 1 of both: on batches of spans, level 6 of gzip costs four times the CPU for a quarter
//! fewer bytes, and zstd at level 1 is faster and smaller than either.

use std::io;

use crate::config::Compression;
use crate::export::wire::error::WireSetupError;

/// Compresses `body` as a whole. Fails only for lack of memory.
pub(super) fn compress(compression: Compression, body: Vec<u8>) -> io::Result<Vec<u8>> {
    match compression {
        Compression::Gzip => gzip(&body),
        Compression::None => Ok(body),
        Compression::Zstd => zstd(&body),
    }
}

/// Returns the name of `compression` in `content-encoding` and `grpc-encoding`, if it is one.
pub(super) const fn encoding_name(compression: Compression) -> Option<&'static str> {
    match compression {
        Compression::Gzip => Some("gzip"),
        Compression::None => None,
        Compression::Zstd => Some("zstd"),
    }
}

/// Whether this build can compress so.
pub(super) const fn check_support(compression: Compression) -> Result<(), WireSetupError> {
    match compression {
        Compression::Gzip if !cfg!(feature = "gzip") => {
            Err(WireSetupError::CompressionMissing { compression: "gzip" })
        }
        Compression::Zstd if !cfg!(feature = "zstd") => {
            Err(WireSetupError::CompressionMissing { compression: "zstd" })
        }
        _ => Ok(()),
    }
}

#[cfg(feature = "gzip")]
fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    use std::io::Write;

    let smaller = Vec::with_capacity(body.len() / 4);
    let mut encoder = flate2::write::GzEncoder::new(smaller, flate2::Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(not(feature = "gzip"))]
fn gzip(_: &[u8]) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(feature = "zstd")]
fn zstd(body: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(body, ZSTD_LEVEL)
}

#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = 1;

#[cfg(not(feature = "zstd"))]
fn zstd(_: &[u8]) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_done_to_a_plain_body() {
        assert_eq!(compress(Compression::None, vec![1, 2, 3]).unwrap(), [1, 2, 3]);
        assert_eq!(encoding_name(Compression::None), None);
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn gzip_decodes_back() {
        use std::io::Read;

        for body in [Vec::new(), vec![7], b"beacon ".repeat(10_000)] {
            let small = compress(Compression::Gzip, body.clone()).unwrap();
            let mut back = Vec::new();
            flate2::read::GzDecoder::new(small.as_slice()).read_to_end(&mut back).unwrap();
            assert_eq!(back, body);
        }
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn zstd_decodes_back() {
        for body in [Vec::new(), vec![7], b"beacon ".repeat(10_000)] {
            let small = compress(Compression::Zstd, body.clone()).unwrap();
            assert_eq!(zstd::stream::decode_all(small.as_slice()).unwrap(), body);
        }
    }
}
