//! Beacon beside the official OpenTelemetry stack: what each costs the caller and the machine, and
//! what each loses.
//!
//! `cargo bench --bench pipeline` prints everything; `-- --quick` is a smoke test. Each figure comes
//! from a process of its own with one stack installed globally, the stacks alternate, and the sink
//! is one more process. What is measured how: `src/manual/overhead.md`.

#![expect(
    clippy::disallowed_methods,
    reason = "it measures real time, and its parts are processes"
)]
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::arithmetic_side_effects, reason = "no input of others reaches these sums")]

mod alloc;
mod arguments;
mod beacon;
mod cpu;
mod official;
mod report;
mod rounds;
mod run;
mod sink;
mod stack;
mod work;

use std::error::Error;

use crate::arguments::Mode;

/// Whatever went wrong ends the bench.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    match Mode::from_arguments(std::env::args().skip(1))? {
        Mode::Compare { quick } => report::print(&rounds::compare(quick)?, quick),
        Mode::Instructions { stack, operation, iterations } => {
            run::instructions(stack, operation, iterations)?;
        }
        Mode::Run { stack, part, round, quick } => {
            for (name, value) in run::run(stack, part, round, quick)? {
                println!("{name} {value}");
            }
        }
        Mode::Sink => sink::serve()?,
    }
    Ok(())
}
