//! Runs until SIGTERM or ctrl-c, lets tasks end, delivers what is left within the deadline, and says
//! how it went.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::process::ExitCode;
use std::time::Duration;

use beacon::Telemetry;
use beacon::task::Group;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let telemetry = match Telemetry::builder().shutdown_timeout(Duration::from_secs(2)).install() {
        Ok(telemetry) => telemetry,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };

    let jobs: Group = Group::new("jobs");
    jobs.drain_at_shutdown(&telemetry);
    let token = jobs.token();
    jobs.spawn("clean up", async move {
        token.cancelled().await;
        tracing::info_span!("clean up").in_scope(|| tracing::info!("last words"));
        Ok(())
    });

    tokio::select! {
        () = serve() => {}
        asked = beacon::shutdown_signal() => match asked {
            Ok(()) => tracing::info!("asked to end"),
            Err(error) => tracing::error!(error = %error, "cannot wait for signals"),
        },
    }

    // Jobs end first, then the rest is delivered, all within the deadline.
    // Whether lost telemetry is a failure of the service is for the service to say.
    match telemetry.shutdown().await {
        Ok(report) => println!("all delivered; {report}"),
        Err(error) => println!("{error}; {}", error.report()),
    }
    ExitCode::SUCCESS
}

/// The work of the service; this one is done soon.
async fn serve() {
    for request in 0..3 {
        tracing::info_span!("request", request).in_scope(|| tracing::info!("served"));
        tokio::task::yield_now().await;
    }
}
