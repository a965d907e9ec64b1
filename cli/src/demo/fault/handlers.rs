//! Faults of the handlers of requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::sleep;

use crate::demo::fault::{Fault, Faults};
use crate::demo::say::say;

/// Runs inside of the server's span, around each handler.
pub(in crate::demo) async fn disturb(
    State(faults): State<Faults>,
    request: Request,
    next: Next,
) -> Response {
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    if faults.is_on(Fault::Slow) {
        sleep(SLOW).await;
    }
    if faults.is_on(Fault::Panics) && number.is_multiple_of(PANICS_EACH) {
        give_up();
    }
    if faults.is_on(Fault::Errors) && number.is_multiple_of(FAILS_EACH) {
        say!(error, "the database is away");
        return (StatusCode::INTERNAL_SERVER_ERROR, "the database is away\n").into_response();
    }
    next.run(request).await
}

#[expect(clippy::panic, reason = "it is what is to be shown")]
pub(super) fn give_up() {
    panic!("the demo panics on request");
}

static REQUESTS: AtomicU64 = AtomicU64::new(0);
/// More than the objective, one second.
const SLOW: Duration = Duration::from_millis(1200);
const PANICS_EACH: u64 = 10;
const FAILS_EACH: u64 = 2;
