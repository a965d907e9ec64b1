//! What one process of the bench is there for.

use std::str::FromStr;

use crate::Failure;
use crate::run::Part;
use crate::stack::Stack;
use crate::work::Operation;

/// The task of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Starts all others and prints what they found.
    Compare { quick: bool },
    /// One operation, again and again, to be counted from outside.
    Instructions { stack: Stack, operation: Operation, iterations: u32 },
    /// One part of the measurements of one stack.
    Run { stack: Stack, part: Part, round: usize, quick: bool },
    /// Receives.
    Sink,
}

impl Mode {
    pub(crate) fn from_arguments(arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        // `cargo bench` adds `--bench`.
        let all: Vec<String> = arguments.filter(|argument| argument != "--bench").collect();
        let quick = all.iter().any(|argument| argument == "--quick");
        if all.iter().any(|argument| argument == "--sink") {
            return Ok(Self::Sink);
        }
        if let Some(operation) = optional(&all, "--case")? {
            let (stack, iterations) = (value(&all, "--stack")?, value(&all, "--iterations")?);
            return Ok(Self::Instructions { stack, operation, iterations });
        }
        if let Some(part) = optional(&all, "--run")? {
            let (stack, round) = (value(&all, "--stack")?, value(&all, "--round")?);
            return Ok(Self::Run { stack, part, round, quick });
        }
        match all.iter().find(|argument| *argument != "--quick") {
            Some(unknown) => Err(format!("expected `--quick` or nothing, got `{unknown}`").into()),
            None => Ok(Self::Compare { quick }),
        }
    }
}

fn value<T>(all: &[String], name: &str) -> Result<T, Failure>
where
    T: FromStr<Err: Into<Failure>>,
{
    optional(all, name)?.ok_or_else(|| format!("`{name}` is missing").into())
}

fn optional<T>(all: &[String], name: &str) -> Result<Option<T>, Failure>
where
    T: FromStr<Err: Into<Failure>>,
{
    let mut rest = all.iter().skip_while(|argument| *argument != name);
    let (Some(_), Some(value)) = (rest.next(), rest.next()) else { return Ok(None) };
    value.parse().map(Some).map_err(Into::into)
}
