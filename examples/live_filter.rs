//! Filters that change while the service runs: for good, for a while, from a file.
//!
//! Run it with `cargo run --example live_filter`. It needs no collector.

use std::error::Error;
use std::time::Duration;

use beacon::Telemetry;
use beacon::logging::{self, get_logger};
use tracing::{Level, debug, info};

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = Telemetry::builder()
        .service_name("live_filter")
        // With a file, `kill -HUP` makes the service read it again:
        // .log_filter_file("/etc/shop/log-filter")
        .signal_exporters(beacon::Signal::Logs, &[beacon::config::Exporter::Console])
        .signal_exporters(beacon::Signal::Traces, &[])
        .signal_exporters(beacon::Signal::Metrics, &[])
        .log_filter("info")
        .install()?;

    info!("the filter is {}", logging::filter());
    debug!("nobody sees this");

    // For good. A bad directive is an error and changes nothing.
    let old = logging::set_filter("info,live_filter=debug")?;
    debug!(old, "seen");
    if let Err(error) = logging::set_filter("info,live_filter=loud") {
        info!("refused: {error}");
    }

    // For a while: it goes back by itself.
    logging::set_filter_for("trace", Duration::from_mins(10))?;
    info!("the filter is {} for ten minutes", logging::filter());

    // A name that is known at run time only is filtered like a target.
    let plugin = get_logger("plugin.billing");
    if plugin.enabled(Level::DEBUG) {
        plugin.debug("operation completed", [("operation_id", 7.into())]);
    }

    telemetry.shutdown_blocking()?;
    Ok(())
}
