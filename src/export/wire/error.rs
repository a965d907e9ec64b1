//! What can go wrong before a request is sent.

use std::io;

use crate::export::encode::json::MalformedOtlp;

/// Why a wire cannot be built. Every one is a setting that a person must change.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireSetupError {
    /// The compression is not in this build.
    #[error("compression `{compression}` needs the feature `{compression}` of beacon-telemetry")]
    CompressionMissing { compression: &'static str },
    /// The URL is `https`, and this build has no TLS.
    #[cfg_attr(
        all(feature = "_tls", not(test)),
        expect(dead_code, reason = "only a build without TLS makes it")
    )]
    #[error("an `https` endpoint needs the feature `tls-ring` or `tls-aws-lc` of beacon-telemetry")]
    TlsMissing,
    /// TLS does not work on this machine: no root certificates, mostly.
    #[cfg_attr(not(feature = "_tls"), expect(dead_code, reason = "only a build with TLS makes it"))]
    #[error("cannot set up TLS: {reason}")]
    TlsUnusable { reason: String },
    /// The URL has no host, or a scheme other than `http` and `https`.
    #[error("expected a URL with the scheme `http` or `https` and a host, got `{url}`")]
    UrlUnusable { url: String },
}

/// Why a request cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    #[error("cannot compress the request")]
    Compression(#[source] io::Error),
    /// The body is not the request it should be; only JSON looks into it.
    #[error("cannot write the request as JSON: {}", .0.reason)]
    Malformed(MalformedOtlp),
    #[error("the request has {len} bytes, the limit is {len_max}")]
    TooLarge { len: usize, len_max: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_what_to_change() {
        let cases: [(&dyn std::error::Error, &str); 4] = [
            (
                &WireSetupError::CompressionMissing { compression: "zstd" },
                "compression `zstd` needs the feature `zstd` of beacon-telemetry",
            ),
            (
                &WireSetupError::TlsMissing,
                "an `https` endpoint needs the feature `tls-ring` or `tls-aws-lc` of \
                 beacon-telemetry",
            ),
            (
                &WireSetupError::UrlUnusable { url: "ftp://h/".into() },
                "expected a URL with the scheme `http` or `https` and a host, got `ftp://h/`",
            ),
            (
                &PrepareError::TooLarge { len: 11, len_max: 10 },
                "the request has 11 bytes, the limit is 10",
            ),
        ];
        for (error, expected) in cases {
            assert_eq!(error.to_string(), expected);
        }
    }
}
