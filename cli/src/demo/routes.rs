//! The shop that the service runs: a few routes that await, spawn, block and sometimes fail.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, put};
use beacon::memory;
use beacon::propagation::HttpServerLayer;
use beacon::tracing::{Instrument as _, info_span};
use tokio::time::sleep;

use crate::demo::bank::{BankClient, BankError};
use crate::demo::fault::{Faults, disturb};
use crate::demo::say::say;
use crate::demo::service_metrics::ServiceMetrics;
use crate::demo::task;

pub(super) fn shop(bank: BankClient, faults: Faults) -> Router {
    let state = Shop { metrics: ServiceMetrics::new(), bank };
    Router::new()
        .route("/products/{id}", get(product))
        .route("/orders/{id}", put(place_order))
        .route("/reports/{day}", get(report))
        .route_layer(middleware::from_fn_with_state(faults, disturb))
        .layer(HttpServerLayer::new())
        .with_state(state)
}

/// What handlers need.
#[derive(Clone, Debug)]
struct Shop {
    metrics: ServiceMetrics,
    bank: BankClient,
}

/// Awaits.
async fn product(Path(id): Path<u64>) -> String {
    let stock = load_stock(id).instrument(info_span!("load_stock", product.id = id)).await;
    if stock == 0 {
        say!(warn, product.id = id, "the product is sold out");
    }
    format!("product {id}: {stock} left\n")
}

async fn load_stock(id: u64) -> u64 {
    sleep(Duration::from_millis(2)).await;
    id.checked_rem(SOLD_OUT_EACH).unwrap_or_default()
}

/// Spawns, and fails each few orders.
async fn place_order(
    State(Shop { metrics, bank }): State<Shop>,
    Path(id): Path<u64>,
) -> Result<(StatusCode, String), (StatusCode, &'static str)> {
    let _in_flight = metrics.begin_order();
    say!(info, order.id = id, "an order came in");
    reserve().instrument(info_span!("reserve_goods", order.id = id)).await;
    let charge = task::spawn(async move {
        // Made here, so that its parent is what the task brought along.
        charge(&bank).instrument(info_span!("charge_card", order.id = id)).await
    });
    let is_charged = matches!(charge.await, Ok(Ok(())));
    metrics.count_order(is_charged);
    if is_charged {
        say!(info, order.id = id, "the order is placed");
        Ok((StatusCode::CREATED, format!("order {id} is placed\n")))
    } else {
        say!(error, order.id = id, "the order failed");
        Err((StatusCode::INTERNAL_SERVER_ERROR, "the order failed\n"))
    }
}

async fn reserve() {
    sleep(Duration::from_millis(1)).await;
}

async fn charge(bank: &BankClient) -> Result<(), BankError> {
    if let Err(error) = bank.charge().await {
        say!(error, error = &*error as &dyn std::error::Error, "cannot charge the card");
        return Err(error);
    }
    say!(info, "the card is charged");
    Ok(())
}

/// Blocks a thread.
async fn report(Path(day): Path<u64>) -> Result<String, StatusCode> {
    let rendered = task::spawn_blocking(move || {
        info_span!("render_report", report.day = day).in_scope(|| {
            let _scope = memory::scope("report");
            std::thread::sleep(Duration::from_millis(3));
            say!(info, report.day = day, "the report is rendered");
            format!("report of day {day}\n")
        })
    });
    rendered.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// Of so many products one is sold out.
const SOLD_OUT_EACH: u64 = 7;
