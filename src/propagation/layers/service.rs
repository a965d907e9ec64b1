//! The service around a service: one span for each call, from the request to the end of the response.

use std::any::type_name;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::propagation::layers::body::TracedBody;
use crate::propagation::layers::call::{Call, Ending, run_in};
use crate::propagation::layers::{
    GrpcClientLayer, GrpcServerLayer, HttpClientLayer, HttpServerLayer,
};

/// What a layer knows about its protocol. Implemented by the layers of beacon, and by nobody else.
pub trait RequestRules: private::Rules {}

pub(super) mod private {
    use http::Request;
    use http_body::Body;

    use crate::propagation::layers::call::Call;

    /// What the public trait hides.
    #[expect(unnameable_types, reason = "so that nobody else implements it")]
    pub trait Rules: Clone {
        /// Begins the span of a request, before the inner service sees it. `None`: nothing is recorded.
        fn begin<B: Body>(&self, request: &mut Request<B>) -> Option<Call>;
    }
}

macro_rules! layers {
    ($($layer:ty),*) => {$(
        impl RequestRules for $layer {}

        impl<S> Layer<S> for $layer {
            type Service = TracedService<S, Self>;

            fn layer(&self, inner: S) -> TracedService<S, Self> {
                TracedService { inner, rules: self.clone() }
            }
        }
    )*};
}

layers!(GrpcClientLayer, GrpcServerLayer, HttpClientLayer, HttpServerLayer);

/// A service whose calls have spans and metrics, made by one of the layers.
///
/// It is ready when the inner service is, and calls the very one that was ready.
#[derive(Clone, Debug)]
pub struct TracedService<S, R> {
    inner: S,
    rules: R,
}

impl<S, R, B, ResponseBody> Service<Request<B>> for TracedService<S, R>
where
    S: Service<Request<B>, Response = Response<ResponseBody>>,
    R: RequestRules,
    B: Body,
    ResponseBody: Body,
{
    type Response = Response<TracedBody<ResponseBody>>;
    type Error = S::Error;
    type Future = TracedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> TracedFuture<S::Future> {
        let mut call = self.rules.begin(&mut request);
        let inner = run_in(&mut call, || self.inner.call(request));
        TracedFuture { inner: Some(inner), call }
    }
}

pin_project! {
    /// The future of a [`TracedService`]: the response, whose body carries the span on.
    #[must_use = "does nothing unless it is polled"]
    pub struct TracedFuture<F> {
        // `None` when there is nothing to poll any more.
        #[pin]
        inner: Option<F>,
        // `None` when nothing is recorded, and once the body has it.
        call: Option<Call>,
    }

    impl<F> PinnedDrop for TracedFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // Destructors of the handler record as well.
            run_in(this.call, || this.inner.set(None));
            if let Some(call) = this.call.take() {
                call.end(Ending::Dropped);
            }
        }
    }
}

impl<F, B, E> Future for TracedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<TracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        let answer = ready!(run_in(this.call, || inner.poll(cx)));
        run_in(this.call, || this.inner.set(None));
        let call = this.call.take();
        Poll::Ready(match answer {
            Ok(mut response) => {
                let call = call.map(|call| call.answered(&mut response));
                Ok(response.map(|body| TracedBody::new(body, call)))
            }
            Err(error) => {
                if let Some(call) = call {
                    call.end(Ending::Failed(type_name::<E>()));
                }
                Err(error)
            }
        })
    }
}

impl<F> fmt::Debug for TracedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedFuture").field("call", &self.call).finish_non_exhaustive()
    }
}
