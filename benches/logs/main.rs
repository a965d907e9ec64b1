//! Log events: beacon beside the official appender and the JSON lines of `tracing-subscriber`.
//!
//! `cargo bench --bench logs` prints everything; `-- --quick` is a smoke test. Each figure comes from
//! a process of its own with one stack installed globally; the stacks alternate. What is measured
//! how: `src/manual/overhead.md`.

#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::arithmetic_side_effects, reason = "no input of others reaches these sums")]

#[expect(dead_code, reason = "only the allocations of the own thread are of interest here")]
#[path = "../pipeline/alloc.rs"]
mod alloc;
mod compare;
#[expect(dead_code, reason = "only the time of the own thread is read here")]
#[path = "../pipeline/cpu.rs"]
mod cpu;
mod measure;
#[expect(dead_code, reason = "nothing is counted at the other end here")]
#[path = "../pipeline/sink.rs"]
mod sink;
mod stacks;
mod work;

use std::error::Error;

use crate::stacks::{Case, Sinks, Stack};
use crate::work::Operation;

/// Whatever went wrong ends the bench.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| all.iter().any(|argument| argument == name);
    // `cargo bench` adds `--bench`; `cargo test --benches` does not, and wants to see it run only.
    let is_quick = has("--quick") || !has("--bench");
    if has("--sink") {
        return sink::serve();
    }
    if !has("--stack") {
        return compare::compare(is_quick);
    }
    let case = Case {
        stack: one_of(&Stack::ALL, Stack::name, &value(&all, "--stack")?)?,
        sinks: one_of(&Sinks::ALL, Sinks::name, &value(&all, "--sinks")?)?,
        operation: one_of(&Operation::ALL, Operation::name, &value(&all, "--operation")?)?,
    };
    if let Ok(iterations) = value(&all, "--iterations") {
        return measure::instructions(case, iterations.parse()?);
    }
    let samples = match value(&all, "--samples") {
        Ok(samples) => samples.parse()?,
        Err(_) if has("--quick") => 10,
        Err(_) => 60,
    };
    let found = measure::run(case, samples)?;
    println!("{} {}", found.nanos, found.allocations);
    Ok(())
}

fn value(all: &[String], name: &str) -> Result<String, Failure> {
    let mut rest = all.iter().skip_while(|argument| *argument != name).skip(1);
    Ok(rest.next().ok_or_else(|| format!("`{name}` has no value"))?.clone())
}

fn one_of<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Result<T, Failure> {
    let found = all.iter().copied().find(|one| name(*one) == text);
    found.ok_or_else(|| format!("there is no `{text}`").into())
}
