//! Beacon, as a service starts it.

use ::beacon::Telemetry;
use ::beacon::config::{Environment, Protocol};

use crate::Failure;
use crate::stack::Running;

#[derive(Debug)]
struct Beacon(Telemetry);

/// Everything by default, metrics about itself included; gRPC, as the official stack.
pub(crate) fn start(endpoint: &str) -> Result<Box<dyn Running>, Failure> {
    let telemetry = Telemetry::builder()
        .environment(Environment::empty())
        .service_name("bench")
        .endpoint(endpoint)
        .protocol(Protocol::Grpc)
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
