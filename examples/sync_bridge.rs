//! Asynchronous code that is called by synchronous code, from every kind of thread.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::time::Duration;

use beacon::task::{run_async, run_async_timeout};
use tracing::{info, info_span};

/// A plain function for its callers.
#[beacon::run_async]
async fn price_of(article: &str) -> Result<u32, String> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    info!(article, "asked for the price");
    Ok(42)
}

/// A trait of someone else's, whose functions are not asynchronous.
trait Handler {
    fn handle(&self, article: &str) -> String;
}

struct Shop;

impl Handler for Shop {
    fn handle(&self, article: &str) -> String {
        match price_of(article) {
            Ok(price) => format!("{article}: {price}"),
            Err(error) => error,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = beacon::init_telemetry()?;

    // On a plain thread.
    println!("{}", info_span!("plain").in_scope(|| Shop.handle("tea")));

    // In a task of a runtime, where `block_on` would panic.
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        println!("{}", info_span!("task").in_scope(|| Shop.handle("coffee")));
    });

    // With a limit, and without a runtime of one's own.
    let late = run_async_timeout(Duration::from_millis(5), std::future::pending::<()>());
    println!("{late:?}");

    run_async(async { tokio::task::yield_now().await });
    match telemetry.shutdown_blocking() {
        Ok(report) => println!("all delivered; {report}"),
        Err(error) => println!("{error}; {}", error.report()),
    }
    Ok(())
}
