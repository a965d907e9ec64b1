//! Beacon, as a service starts it.

use ::beacon::Telemetry;
use ::beacon::config::{Environment, Protocol};
use ::beacon::logging::LogConsole;

use crate::Failure;
use crate::stack::Running;

#[derive(Debug)]
struct Beacon(Telemetry);

/// Everything by default but lines, metrics about itself included; gRPC, as the official stack.
pub(crate) fn start(endpoint: &str) -> Result<Box<dyn Running>, Failure> {
    let telemetry = Telemetry::builder()
        .environment(Environment::empty())
        .service_name("bench")
        .endpoint(endpoint)
        .protocol(Protocol::Grpc)
        // What the official stack has no part for. `benches/logs` compares that.
        .log_console(LogConsole::Off)
        .diagnostics_off_stderr()
        .install()?;
    Ok(Box::new(Beacon(telemetry)))
}

impl Running for Beacon {
    fn flush(&self) -> Result<(), Failure> {
        self.0.flush_blocking()?;
        Ok(())
    }
}
