//! One trace across a task, a set of tasks, a blocking function, a thread and a linked task.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use beacon::task::{self, JoinSet};
use tracing::{Instrument as _, info, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = beacon::init_telemetry()?;

    let follow_up = order().instrument(info_span!("order", id = 7)).await?;
    // The order's span has ended; this one is a trace of its own, with a link to it.
    follow_up.await?;

    match telemetry.shutdown().await {
        Ok(report) => println!("all delivered; {report}"),
        Err(error) => println!("{error}; {}", error.report()),
    }
    Ok(())
}

async fn order() -> Result<tokio::task::JoinHandle<()>, Box<dyn Error>> {
    task::spawn(async { info!("reserved") }).await?;

    let mut parcels = JoinSet::new();
    for parcel in 1..=3 {
        parcels
            .spawn(async move { info!(parcel, "packed") }.instrument(info_span!("pack", parcel)));
    }
    parcels.join_all().await;

    let weight = task::spawn_blocking(|| {
        info!("weighed");
        1.5
    });
    let label =
        task::thread::ThreadBuilder::new().name("printer").spawn(|| info!("label printed"))?;
    info!(weight = weight.await?, "sent");
    label.join().map_err(|_| "the printer broke")?;

    let span = info_span!(parent: None, "ask for a review");
    Ok(task::spawn_linked(span, async { info!("asked, days later") }))
}
