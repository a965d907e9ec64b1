//! Compressed bodies made plain again, never beyond a limit.

use std::borrow::Cow;
use std::io;

/// Why a body stays as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecompressError {
    #[cfg_attr(
        not(any(feature = "gzip", feature = "zstd")),
        expect(dead_code, reason = "only a build that decompresses can fail at it")
    )]
    #[error("the compressed body does not decode: {0}")]
    Malformed(io::Error),
    #[error("the body is too large")]
    TooLarge,
    #[error("this build does not know the encoding")]
    Unsupported,
}

/// Undoes `encoding`, as `content-encoding` and `grpc-encoding` name it; none is `identity`.
///
/// # Errors
///
/// See [`DecompressError`]. The limit counts plain bytes and bounds the memory that is used.
pub(crate) fn decompress<'a>(
    encoding: &str,
    body: &'a [u8],
    limit_bytes: usize,
) -> Result<Cow<'a, [u8]>, DecompressError> {
    match encoding {
        "" | "identity" if body.len() > limit_bytes => Err(DecompressError::TooLarge),
        "" | "identity" => Ok(Cow::Borrowed(body)),
        #[cfg(feature = "gzip")]
        "gzip" => read_limited(flate2::read::MultiGzDecoder::new(body), limit_bytes),
        #[cfg(feature = "zstd")]
        "zstd" => {
            let decoder = zstd::stream::read::Decoder::with_buffer(body);
            read_limited(decoder.map_err(DecompressError::Malformed)?, limit_bytes)
        }
        _ => Err(DecompressError::Unsupported),
    }
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
fn read_limited<'a>(
    decoder: impl io::Read,
    limit_bytes: usize,
) -> Result<Cow<'a, [u8]>, DecompressError> {
    use std::io::Read;

    let mut plain = Vec::new();
    // One byte more than allowed tells "at the limit" from "over it".
    let take = u64::try_from(limit_bytes).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(take).read_to_end(&mut plain).map_err(DecompressError::Malformed)?;
    if plain.len() > limit_bytes { Err(DecompressError::TooLarge) } else { Ok(Cow::Owned(plain)) }
}
