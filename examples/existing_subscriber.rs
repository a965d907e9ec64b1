//! `build` and `layer` beside a layer of your own. Nothing global is touched but by you.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use beacon::Telemetry;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = Telemetry::builder().service_name("shop").build()?;

    // The filter stands on the layer that it is meant for. On the whole subscriber it would take
    // spans away from telemetry as well.
    let console = Console.with_filter(LevelFilter::WARN);
    tracing_subscriber::registry().with(console).with(telemetry.layer()).try_init()?;

    tracing::info_span!("order", id = 7).in_scope(|| {
        tracing::info!("only in telemetry");
        tracing::warn!("in telemetry, and on the console");
    });

    // Instruments come from this telemetry, since it is not the process's.
    telemetry.meter("shop").u64_counter("shop.orders").build().add(1, &[]);
    drop(telemetry);
    Ok(())
}

/// Stands for `tracing_subscriber::fmt::layer()` or whatever you have.
struct Console;

impl<S: Subscriber> Layer<S> for Console {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        println!("{} from {}", event.metadata().level(), event.metadata().target());
    }
}
