//! What `tracing` remembers of call-sites for the whole process: alone in a process, because a
//! second subscriber would hide the trap.

use std::thread;

use beacon::testing::{TestError, TestTelemetry};

fn reach() {
    tracing::info!("reached");
}

#[test]
fn a_thread_without_a_subscriber_switches_no_call_site_off() -> Result<(), TestError> {
    let test = TestTelemetry::start()?;
    thread::scope(|scope| scope.spawn(reach).join()).expect("the thread ends");
    test.with(reach);
    test.log("reached")?;
    Ok(())
}
