//! What becomes of one request.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use tokio::sync::Notify;

use super::answer::{self, Answer, Refusal};
use super::attempt::{AttemptAnswer, ReceivedAttempt, ReceivedProtocol, copy_headers, hash_body};
use super::count::count_items;
use super::decode::{DecodedRequest, decode};
use super::fault::Fault;
use super::payload::{read_body, unpack};
use super::rpc_status::{Failure, UNIMPLEMENTED, http_status_of};
use super::shared::Shared;
use crate::Signal;

/// A connection, as its requests see it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) number: u64,
    /// Told when the connection is to be closed at once.
    pub(super) close: Notify,
}

/// Where a request wants to go.
struct Route {
    signal: Option<Signal>,
    protocol: Option<ReceivedProtocol>,
    target: Result<(Signal, ReceivedProtocol), Failure>,
}

/// A request that was understood.
struct Understood {
    signal: Signal,
    protocol: ReceivedProtocol,
    plain_bytes: usize,
    items: u64,
    /// What is to be stored, unless items are only counted.
    decoded: Option<DecodedRequest>,
}

pub(super) async fn handle(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let (parts, body) = request.into_parts();
    let route = route(&parts);
    let body = read_body(body, shared.options.request_bytes_max).await;
    let understood = understand(&shared, &route, &parts, body.as_ref());
    let attempt = attempt(&connection, &route, &parts, body.ok(), understood.as_ref());
    let (number, verdict) = shared.begin(attempt, route.signal);
    if !verdict.pause.is_zero() {
        tokio::time::sleep(verdict.pause).await;
    }
    let finish = |answer| shared.update(|state| state.store.finish(number, route.signal, answer));
    match verdict.fault {
        Some(Fault::Delay(pause)) => tokio::time::sleep(pause).await,
        Some(Fault::Hang) => return pending().await,
        Some(Fault::Refuse) => {
            finish(AttemptAnswer::None);
            connection.close.notify_one();
            // An error here would reset the stream, and the sender could go on before it sees
            // that the connection ends.
            return pending().await;
        }
        Some(fault) => match scripted(&fault, route.protocol) {
            Some(answer) => {
                finish(reported(&answer, &fault));
                return Ok(answer);
            }
            None => return Ok(conclude(&shared, number, &route, understood, Some(&fault))),
        },
        None => {}
    }
    Ok(conclude(&shared, number, &route, understood, None))
}

/// Makes the answer of a fault that does not depend on the request's content.
fn scripted(fault: &Fault, protocol: Option<ReceivedProtocol>) -> Option<Answer> {
    let success_protocol = protocol.unwrap_or(ReceivedProtocol::HttpJson);
    Some(match fault {
        Fault::CloseMidAnswer => answer::broken_success(success_protocol),
        Fault::GrpcStatus { code, retry_info } => {
            let message = format!("scripted status {code}");
            let http_status = http_status_of(*code);
            let failure = Failure { http_status, grpc_status: *code, message };
            answer::failure(protocol, &failure, *retry_info)
        }
        Fault::HttpStatus { code, retry_after } => {
            answer::http_status(protocol, *code, retry_after.as_deref())
        }
        Fault::HugeAnswer(len) => answer::huge_success(success_protocol, *len),
        Fault::Redirect(location) => answer::redirect(location),
        Fault::Delay(_)
        | Fault::GarbageAnswer
        | Fault::Hang
        | Fault::PartialSuccess { .. }
        | Fault::Refuse
        | Fault::RoundTrip(_) => return None,
    })
}

/// Stores the request and answers it, or answers why not.
fn conclude(
    shared: &Shared,
    number: u64,
    route: &Route,
    understood: Result<Understood, Failure>,
    fault: Option<&Fault>,
) -> Answer {
    let understood = match understood {
        Ok(understood) => understood,
        Err(failure) => {
            let answer = answer::failure(route.protocol, &failure, None);
            let reported = AttemptAnswer::Failed {
                http_status: answer.status().as_u16(),
                grpc_status: (route.protocol == Some(ReceivedProtocol::Grpc))
                    .then_some(failure.grpc_status),
            };
            shared.update(|state| state.store.finish(number, route.signal, reported));
            return answer;
        }
    };
    let Understood { signal, protocol, plain_bytes, items, decoded } = understood;
    let refusal = match fault {
        Some(Fault::PartialSuccess { rejected, message }) => {
            Some(Refusal { rejected: *rejected, message: message.clone() })
        }
        _ => None,
    };
    let rejected = refusal.as_ref().map_or(0, |refusal| refusal.rejected);
    shared.update(|state| {
        state.store.accept(signal, items, rejected);
        state.store.note_request_bytes(plain_bytes);
        if let Some(decoded) = decoded {
            state.store.keep(decoded);
        }
        state.store.finish(number, Some(signal), AttemptAnswer::Accepted);
    });
    if fault == Some(&Fault::GarbageAnswer) {
        return answer::success(protocol, GARBAGE);
    }
    answer::success(protocol, &answer::success_message(protocol, signal, refusal.as_ref()))
}

fn reported(answer: &Answer, fault: &Fault) -> AttemptAnswer {
    match fault {
        Fault::CloseMidAnswer | Fault::HugeAnswer(_) => AttemptAnswer::None,
        Fault::GrpcStatus { code, .. } => AttemptAnswer::Failed {
            http_status: answer.status().as_u16(),
            grpc_status: answer.headers().contains_key("grpc-status").then_some(*code),
        },
        _ => AttemptAnswer::Failed { http_status: answer.status().as_u16(), grpc_status: None },
    }
}

fn route(parts: &Parts) -> Route {
    let content_type = parts.headers.get(http::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let protocol = match essence.as_str() {
        "application/grpc" | "application/grpc+proto" => Some(ReceivedProtocol::Grpc),
        "application/json" => Some(ReceivedProtocol::HttpJson),
        "application/x-protobuf" => Some(ReceivedProtocol::HttpProtobuf),
        _ => None,
    };
    let is_grpc = protocol == Some(ReceivedProtocol::Grpc);
    let signal = PATHS.into_iter().find_map(|(signal, http_path, grpc_path)| {
        let path = if is_grpc { grpc_path } else { http_path };
        (parts.uri.path() == path).then_some(signal)
    });
    let target = match (signal, protocol) {
        (None, _) => {
            Err(Failure::new(StatusCode::NOT_FOUND, UNIMPLEMENTED, "no such path or method"))
        }
        (Some(_), _) if parts.method != Method::POST => {
            Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, UNIMPLEMENTED, "use POST"))
        }
        (Some(_), None) => Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            UNIMPLEMENTED,
            "use application/x-protobuf, application/json or application/grpc",
        )),
        (Some(signal), Some(protocol)) => Ok((signal, protocol)),
    };
    Route { signal, protocol, target }
}

fn understand(
    shared: &Shared,
    route: &Route,
    parts: &Parts,
    body: Result<&Bytes, &Failure>,
) -> Result<Understood, Failure> {
    let (signal, protocol) = route.target.clone()?;
    let body = body.map_err(Clone::clone)?;
    let limit_bytes = shared.options.request_bytes_max;
    let payload = unpack(protocol, signal, &parts.headers, body, limit_bytes)?;
    let items = count_items(signal, &payload.protobuf)
        .map_err(|error| Failure::malformed(&error.to_string()))?;
    let decoded = if shared.options.count_only {
        None
    } else {
        let decoded = decode(signal, &payload.protobuf);
        Some(decoded.map_err(|error| Failure::malformed(&error.to_string()))?)
    };
    Ok(Understood { signal, protocol, plain_bytes: payload.plain_bytes, items, decoded })
}

fn attempt(
    connection: &Connection,
    route: &Route,
    parts: &Parts,
    body: Option<Bytes>,
    understood: Result<&Understood, &Failure>,
) -> ReceivedAttempt {
    let body = body.unwrap_or_default();
    ReceivedAttempt {
        signal: route.signal,
        protocol: route.protocol,
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: copy_headers(&parts.headers),
        body_bytes: body.len(),
        body_hash: hash_body(&body),
        items: understood.map_or(0, |understood| understood.items),
        connection: connection.number,
        answer: AttemptAnswer::Pending,
    }
}

/// Where each signal is received over HTTP and over gRPC.
///
/// Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>
const PATHS: [(Signal, &str, &str); 3] = [
    (Signal::Logs, "/v1/logs", "/opentelemetry.proto.collector.logs.v1.LogsService/Export"),
    (
        Signal::Metrics,
        "/v1/metrics",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    ),
    (Signal::Traces, "/v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
];

/// No protobuf and no JSON.
const GARBAGE: &[u8] = b"\xFF\xFF\xFF not an answer";
