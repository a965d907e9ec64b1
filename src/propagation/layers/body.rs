//! The body of a response, with which its span ends.

use std::any::type_name;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf as _;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::propagation::layers::call::{Call, Ending, run_in};

pin_project! {
    /// The body of a response. The span of its request ends with it, or when it is dropped.
    pub struct TracedBody<B> {
        #[pin]
        inner: Option<B>,
        // `None` once it has ended.
        call: Option<Call>,
        // What the body said of its length at first.
        exact_len: Option<u64>,
    }

    impl<B> PinnedDrop for TracedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            run_in(this.call, || this.inner.set(None));
            let Some(call) = this.call.take() else { return };
            let is_whole = *this.exact_len == Some(call.response_bytes()) || !call.has_body();
            call.end(if is_whole { Ending::Complete } else { Ending::Dropped });
        }
    }
}

impl<B: Body> TracedBody<B> {
    pub(super) fn new(body: B, call: Option<Call>) -> Self {
        // A body that is empty by its own words need not be polled, and often is not.
        let is_empty = body.is_end_stream();
        let exact_len = if is_empty { Some(0) } else { body.size_hint().exact() };
        Self { inner: Some(body), call, exact_len }
    }
}

impl<B: Body> Body for TracedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(mut inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let frame = ready!(run_in(this.call, || inner.as_mut().poll_frame(cx)));
        let ending = match &frame {
            None => Some(Ending::Complete),
            Some(Err(_)) => Some(Ending::Failed(type_name::<B::Error>())),
            Some(Ok(frame)) => {
                if let Some(call) = this.call.as_mut() {
                    if let Some(data) = frame.data_ref() {
                        call.add_bytes(data.remaining());
                    }
                    if let Some(trailers) = frame.trailers_ref() {
                        call.ended_with(trailers);
                    }
                }
                // Nobody need poll it again then.
                (frame.is_trailers() || inner.is_end_stream()).then_some(Ending::Complete)
            }
        };
        if let Some(ending) = ending
            && let Some(call) = this.call.take()
        {
            call.end(ending);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// An empty body, as some frameworks need it for answers of their own.
impl<B: Default> Default for TracedBody<B> {
    fn default() -> Self {
        Self { inner: Some(B::default()), call: None, exact_len: None }
    }
}

impl<B> fmt::Debug for TracedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedBody").field("call", &self.call).finish_non_exhaustive()
    }
}
