//! A service that ends when it is asked to: it takes no more work, then delivers its telemetry
//! within a deadline. It has little to do, so it also ends by itself.

use std::process::ExitCode;
use std::time::Duration;

use beacon::Telemetry;
use tracing::{error, info, info_span};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, beacon::InitError> {
    let telemetry = Telemetry::builder()
        .service_name("graceful-shutdown")
        // One deadline for all signals, well below the grace period of the platform.
        .shutdown_timeout(Duration::from_secs(2))
        .install()?;

    let code = tokio::select! {
        () = serve() => ExitCode::SUCCESS,
        asked = beacon::shutdown_signal() => match asked {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                error!(%error, "cannot wait for signals");
                ExitCode::FAILURE
            }
        },
    };
    info!("ending");

    // Dropping the guard would do the same; the result tells more. Lost telemetry is no failure of
    // the service, so it does not decide about the exit code: beacon says what was lost.
    if let Ok(report) = telemetry.shutdown().await {
        assert!(report.is_conserved());
    }
    Ok(code)
}

async fn serve() {
    for request in 0..10_u32 {
        info_span!("request", request).in_scope(|| info!("served"));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
