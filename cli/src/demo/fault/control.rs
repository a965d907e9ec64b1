//! Faults switched on and off from outside, over HTTP.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use clap::ValueEnum as _;

use crate::demo::fault::{Fault, Faults};

/// `GET /faults` lists those that are on; `PUT` and `DELETE` of `/faults/{name}` begin and end one.
pub(in crate::demo) fn control(faults: Faults) -> Router {
    Router::new()
        .route("/faults", get(list))
        .route("/faults/{name}", put(begin).delete(end))
        .with_state(faults)
}

async fn list(State(faults): State<Faults>) -> String {
    let on = Fault::value_variants().iter().filter(|fault| faults.is_on(**fault));
    on.map(|fault| fault.name() + "\n").collect()
}

async fn begin(State(faults): State<Faults>, Path(name): Path<String>) -> StatusCode {
    with_fault(&name, |fault| faults.begin(fault))
}

async fn end(State(faults): State<Faults>, Path(name): Path<String>) -> StatusCode {
    with_fault(&name, |fault| faults.end(fault))
}

fn with_fault(name: &str, act: impl FnOnce(Fault)) -> StatusCode {
    match Fault::from_str(name, false) {
        Ok(fault) => {
            act(fault);
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::NOT_FOUND,
    }
}
