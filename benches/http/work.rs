//! Requests, as they come to a service and as it sends them. Nothing travels: what is measured is what
//! the layers do.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::time::Instant;

use beacon::propagation::{HttpClientLayer, HttpServerLayer};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Extensions, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service, service_fn};

use crate::stack::Stack;
use crate::usual;

/// Whose request it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Client,
    Server,
}

pub(crate) const SIDES: &[Side] = &[Side::Server, Side::Client];

impl Side {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// What a router leaves in a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route(pub(crate) &'static str);

/// The mean of some requests.
pub(crate) fn nanoseconds(stack: Stack, side: Side, count: u32) -> f64 {
    let begun = Instant::now();
    requests(stack, side, count);
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

pub(crate) fn requests(stack: Stack, side: Side, count: u32) {
    match (stack, side) {
        (Stack::Bare, _) => send(service_fn(answer), side, count),
        (Stack::Beacon, Side::Server) => {
            let route =
                |extensions: &Extensions| extensions.get::<Route>().map(|route| route.0.to_owned());
            send(HttpServerLayer::new().route(route).layer(service_fn(answer)), side, count);
        }
        (Stack::Beacon, Side::Client) => {
            send(HttpClientLayer::new().layer(service_fn(answer)), side, count);
        }
        (Stack::Usual, Side::Server) => send(usual::server(service_fn(answer)), side, count),
        (Stack::Usual, Side::Client) => send(usual::client(service_fn(answer)), side, count),
    }
}

fn send<S, B>(mut service: S, side: Side, count: u32)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    B: Body,
{
    for _ in 0..count {
        let answer = service.call(request(side)).now_or_never().and_then(Result::ok);
        let body = answer.map(|answer| answer.into_body().collect().now_or_never().is_some());
        black_box(body);
    }
}

fn answer(_: Request<Full<Bytes>>) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    ready(Ok(Response::new(Full::from("a small answer"))))
}

fn request(side: Side) -> Request<Full<Bytes>> {
    let request = match side {
        Side::Client => Request::get("http://shop.example:8080/orders/7?page=2"),
        Side::Server => Request::get("/orders/7?page=2")
            .extension(Route("/orders/{id}"))
            .header("host", "shop.example:8080")
            .header("user-agent", "curl/8.5.0")
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    };
    request.body(Full::default()).unwrap_or_default()
}
