//! What it costs to hand work over: beacon's helpers beside bare Tokio and beside what the official
//! stack offers for the same.
//!
//! `cargo bench --bench spawn` prints everything; `-- --quick` is a smoke test. Each stack is
//! installed in a process of its own; the processes alternate, and of each figure the smallest counts.
//!
//! On a machine that does other things too, count instructions: run
//! `valgrind --tool=callgrind … STACK --once OPERATION COUNT` with two counts and take the difference.

#![expect(clippy::disallowed_methods, reason = "it measures real time, and bare Tokio")]
#![expect(clippy::disallowed_types, reason = "it measures bare Tokio")]
#![expect(clippy::print_stdout, reason = "a bench prints")]

mod carried;
mod operations;
mod stack;

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::process::Command;

use crate::operations::OPERATIONS;
use crate::stack::Stack;

/// Whatever went wrong ends the bench.
type Failure = Box<dyn Error + Send + Sync>;
/// Nanoseconds by stack and operation.
type Figures = BTreeMap<(&'static str, String), f64>;

const ROUNDS: u32 = 7;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let stack = arguments.iter().find_map(|argument| Stack::named(argument));
    if let Some(stack) = stack {
        let mut once = arguments.iter().skip_while(|argument| *argument != "--once").skip(1);
        return match (once.next(), once.next()) {
            (Some(operation), Some(count)) => run_once(stack, operation, count.parse()?),
            _ => run(stack, is_quick),
        };
    }
    let mut figures = Figures::new();
    for _ in 0..if is_quick { 1 } else { ROUNDS } {
        for stack in Stack::ALL {
            measure(stack, is_quick, &mut figures)?;
        }
    }
    print(&figures);
    Ok(())
}

/// Runs one stack in a process of its own.
fn measure(stack: Stack, is_quick: bool, figures: &mut Figures) -> Result<(), Failure> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(stack.name()).args(is_quick.then_some("--quick"));
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    for line in String::from_utf8(output.stdout)?.lines() {
        let (name, value) = line.rsplit_once(' ').ok_or("a line without a figure")?;
        let value: f64 = value.parse()?;
        let least = figures.entry((stack.name(), name.to_owned())).or_insert(value);
        *least = least.min(value);
    }
    Ok(())
}

fn run(stack: Stack, is_quick: bool) -> Result<(), Failure> {
    let running = stack.start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for (name, operation) in OPERATIONS {
        let nanoseconds = operations::least(&runtime, stack, *operation, is_quick);
        println!("{name} {nanoseconds}");
    }
    drop(running);
    Ok(())
}

/// Runs one operation, to be watched from outside.
fn run_once(stack: Stack, name: &str, count: u32) -> Result<(), Failure> {
    let operation = OPERATIONS.iter().find(|(known, _)| *known == name);
    let (_, operation) = operation.ok_or("there is no such operation")?;
    let running = stack.start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    println!("{name} {}", operation(&runtime, stack, count));
    drop(running);
    Ok(())
}

fn print(figures: &Figures) {
    println!("nanoseconds, the smallest of all rounds; in brackets the ratio to bare Tokio\n");
    print!("{:<28}", "");
    for stack in Stack::ALL {
        print!("{:>22}", stack.name());
    }
    println!();
    for (name, _) in OPERATIONS {
        print!("{name:<28}");
        let figure = |stack: Stack| figures.get(&(stack.name(), (*name).to_owned())).copied();
        let bare = figure(Stack::Bare).unwrap_or(f64::NAN);
        for stack in Stack::ALL {
            let own = figure(stack).unwrap_or(f64::NAN);
            print!("{:>22}", format!("{own:.0} ({:.2}x)", own / bare));
        }
        println!();
    }
}
