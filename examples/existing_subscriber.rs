//! A program that has a `tracing` subscriber of its own: beacon is one layer of it, and touches
//! nothing else of the process.
#![expect(clippy::print_stdout, reason = "the example shows what happens")]

use std::time::Duration;

use beacon::Telemetry;
use tracing::{Event, Subscriber, info, info_span};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = Telemetry::builder()
        .service_name("existing-subscriber")
        .shutdown_timeout(Duration::from_secs(2))
        .build()?;
    // Beacon's layer filters for itself, so the others see what they always saw.
    let existing = tracing_subscriber::registry().with(Announce.with_filter(LevelFilter::INFO));
    let subscriber = existing.with(telemetry.layer());
    tracing::subscriber::set_global_default(subscriber)?;

    info_span!("work").in_scope(|| info!("done"));

    let report = match telemetry.shutdown_blocking() {
        Ok(report) => report,
        Err(error) => error.report().clone(),
    };
    println!("{report}");
    Ok(())
}

/// What was there before.
struct Announce;

impl<S: Subscriber> tracing_subscriber::Layer<S> for Announce {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        println!("{} from {}", event.metadata().level(), event.metadata().target());
    }
}
