//! The bodies of answers, healthy and broken.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// A body whose frames are known beforehand.
#[derive(Debug)]
pub(super) struct AnswerBody {
    frames: VecDeque<Result<Frame<Bytes>, io::Error>>,
    /// The length that the head promises.
    promised_bytes: u64,
}

impl AnswerBody {
    pub(super) fn full(data: Bytes) -> Self {
        let promised_bytes = len(data.len());
        let frames = if data.is_empty() { vec![] } else { vec![Ok(Frame::data(data))] };
        Self { frames: frames.into(), promised_bytes }
    }

    pub(super) fn with_trailers(data: Bytes, trailers: HeaderMap) -> Self {
        let mut body = Self::full(data);
        body.frames.push_back(Ok(Frame::trailers(trailers)));
        body
    }

    /// Promises more than it holds, and fails when that is sent.
    pub(super) fn broken(data: Bytes, promised_bytes: usize) -> Self {
        let mut body = Self::full(data);
        body.frames.push_back(Err(io::ErrorKind::ConnectionAborted.into()));
        body.promised_bytes = len(promised_bytes);
        body
    }

    /// A head, then `size` spaces, without holding them in memory.
    pub(super) fn huge(head: Bytes, size_bytes: usize, trailers: HeaderMap) -> Self {
        static SPACES: [u8; 16 * 1024] = [b' '; 16 * 1024];
        let mut body = Self::full(head);
        let mut left = size_bytes;
        while left > 0 {
            let chunk = left.min(SPACES.len());
            let chunk = Bytes::from_static(SPACES.get(..chunk).unwrap_or_default());
            left = left.saturating_sub(chunk.len());
            body.frames.push_back(Ok(Frame::data(chunk)));
        }
        body.promised_bytes = body.promised_bytes.saturating_add(len(size_bytes));
        if !trailers.is_empty() {
            body.frames.push_back(Ok(Frame::trailers(trailers)));
        }
        body
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let next = self.frames.pop_front();
        if let Some(Ok(frame)) = &next
            && let Some(data) = frame.data_ref()
        {
            self.promised_bytes = self.promised_bytes.saturating_sub(len(data.len()));
        }
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised_bytes)
    }
}

fn len(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
