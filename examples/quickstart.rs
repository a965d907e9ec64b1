//! One call: spans, logs and metrics leave over OTLP.

use tracing::{info, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let telemetry = beacon::init_telemetry()?;
    info_span!("greet", user.id = 7).in_scope(|| info!(answer = 42, "hello"));
    telemetry.shutdown().await?;
    Ok(())
}
