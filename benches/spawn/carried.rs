//! A future in an OpenTelemetry context, as `opentelemetry::context::FutureExt` makes it: that one is
//! behind a feature that nothing else here needs.

use std::pin::Pin;
use std::task::{Context, Poll};

use opentelemetry::Context as OtelContext;
use pin_project_lite::pin_project;

pin_project! {
    pub(crate) struct Carried<F> {
        #[pin]
        future: F,
        context: OtelContext,
    }
}

impl<F> Carried<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future, context: OtelContext::current() }
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _attached = this.context.clone().attach();
        this.future.poll(cx)
    }
}
