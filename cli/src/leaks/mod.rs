//! `beacon leaks`: the leak detector on recorded samples, on a running process, on simulated ones.

mod args;
mod corpus;
mod csv;
mod file;
mod lines;
mod process;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;

pub(crate) use crate::leaks::args::LeaksArgs;
use crate::leaks::watch::Options;

/// Does what the arguments say; standard error tells what went wrong.
pub(crate) async fn run(args: &LeaksArgs) -> ExitCode {
    let options = Options {
        limit_bytes: args.limit_bytes(),
        confirms_without_load: args.confirm_without_load,
    };
    let done = if let Some(pid) = args.pid {
        process::watch(pid, args.interval(), options).await
    } else if args.corpus {
        corpus::report(args.set(), args.seeds(), &mut io::stdout().lock())
    } else {
        file::read_all(&args.csv, args.signal, options, &mut io::stdout().lock())
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Tells people on standard error.
fn say(text: &str) {
    // Where standard error is closed there is nobody to tell.
    writeln!(io::stderr().lock(), "beacon leaks: {text}").unwrap_or_default();
}
