//! The body of a request, shared between its attempts.

use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Up to two pieces that leave one after the other: what gRPC puts before a message, and the
/// message. Clones share the bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestBody {
    pieces: [Bytes; 2],
}

impl RequestBody {
    pub(super) const fn new(prefix: Bytes, payload: Bytes) -> Self {
        Self { pieces: [prefix, payload] }
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(Bytes::len).fold(0, usize::saturating_add)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.iter_mut().find(|piece| !piece.is_empty());
        Poll::Ready(piece.map(|piece| Ok(Frame::data(mem::take(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.iter().all(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        // `usize` is never wider than `u64` where this runs.
        SizeHint::with_exact(u64::try_from(self.len()).unwrap_or(u64::MAX))
    }
}
