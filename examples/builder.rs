//! Settings in code. Each beats its variable; what is not set here comes from the environment.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::time::Duration;

use beacon::config::{Compression, Protocol, Sampler};
use beacon::memory::MemoryConfig;
use beacon::{DiagnosticLevel, Signal, Telemetry};

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = Telemetry::builder()
        // Who is speaking.
        .service_name("shop")
        .resource_attribute("service.version", env!("CARGO_PKG_VERSION"))
        .resource_attribute("deployment.environment.name", "staging")
        // Where it goes.
        .endpoint("http://localhost:4318")
        .protocol(Protocol::HttpProtobuf)
        .compression(Compression::Gzip)
        .header("x-api-key", "secret")
        // What is recorded.
        .sampler(Sampler::ParentBasedTraceIdRatio(0.1))
        .trace_filter("info,hyper=warn")
        .log_filter("warn,builder=debug")
        .memory(MemoryConfig::enabled().sample_interval(Duration::from_secs(30)))
        // When, and within which bounds.
        .metrics_interval(Duration::from_secs(15))
        .signal_schedule_delay(Signal::Traces, Duration::from_secs(1))
        .queue_bytes(32 << 20)
        .shutdown_timeout(Duration::from_secs(2))
        // What beacon says about itself also goes to a place of yours.
        .diagnostic_hook(|diagnostic| {
            if diagnostic.level == DiagnosticLevel::Error {
                // Raise a counter, wake somebody up.
            }
        })
        .install()?;

    println!("{}", telemetry.effective_config());
    tracing::info_span!("order", id = 7).in_scope(|| tracing::debug!("cart loaded"));
    // Dropping the guard delivers what is left.
    drop(telemetry);
    Ok(())
}
