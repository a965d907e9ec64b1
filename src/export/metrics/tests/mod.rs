#![expect(clippy::arithmetic_side_effects, reason = "tests compute with small numbers")]

mod callbacks;
mod clock;
mod collecting;
mod points;
mod self_metrics;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_sdk::Resource;

use crate::config::Temporality;
use crate::export::metrics::problems::MetricProblem;
use crate::export::metrics::{GuardedMeterProvider, MetricProblems, MetricSource};

type Said = Arc<Mutex<Vec<MetricProblem>>>;

/// A provider, what is collected from it, and what was said meanwhile.
fn recording() -> (GuardedMeterProvider, MetricSource, Said) {
    let said = Said::default();
    let listener = Arc::clone(&said);
    let problems = MetricProblems::new(move |problem| listener.lock().unwrap().push(problem));
    let (provider, source) = GuardedMeterProvider::new(
        Resource::builder_empty().build(),
        Temporality::Cumulative,
        Arc::new(problems),
    );
    (provider, source, said)
}

/// Runs a test on a runtime like that of the export thread, and ends it when it hangs.
fn block_on<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime
        .block_on(async { tokio::time::timeout(HANG, test).await })
        .expect("the test came to its end")
}

async fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

const HANG: Duration = Duration::from_secs(30);
