//! What it costs to follow one request over HTTP: beacon's layers beside the stack that people write
//! by hand, of `tower_http::trace::TraceLayer`, the official layer and a histogram.
//!
//! `cargo bench --bench http` prints everything; `-- --quick` is a smoke test. Each stack is installed
//! in a process of its own; the processes alternate, and of each figure the smallest counts. What is
//! delivered later, on other threads, is not in it.
//!
//! For instructions: run `valgrind --tool=callgrind … STACK --once SIDE COUNT` with two counts and take
//! the difference.

#![expect(clippy::disallowed_methods, reason = "it measures real time")]
#![expect(clippy::print_stdout, reason = "a bench prints")]

#[path = "../pipeline/alloc.rs"]
#[expect(dead_code, clippy::arithmetic_side_effects, reason = "another bench needs more of it")]
mod alloc;
mod stack;
mod usual;
mod work;

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::process::Command;

use crate::stack::Stack;
use crate::work::SIDES;

/// Whatever went wrong ends the bench.
type Failure = Box<dyn Error + Send + Sync>;
/// The smallest figures by stack and by what is measured.
type Figures = BTreeMap<(&'static str, String), f64>;

const ROUNDS: u32 = 7;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    if let Some(stack) = arguments.iter().find_map(|argument| Stack::named(argument)) {
        let mut once = arguments.iter().skip_while(|argument| *argument != "--once").skip(1);
        return match (once.next(), once.next()) {
            (Some(side), Some(count)) => run_once(stack, side, count.parse()?),
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
    let output = command.arg(stack.name()).args(is_quick.then_some("--quick")).output()?;
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
    let (runs, count) = if is_quick { (1, 100) } else { (10, 1_000) };
    for side in SIDES {
        let mut least = f64::INFINITY;
        for _ in 0..runs {
            least = least.min(work::nanoseconds(stack, *side, count));
            running.settle();
        }
        println!("{}, ns {least}", side.name());
        let counted = alloc::count(|| work::requests(stack, *side, count), || Ok::<_, Failure>(()));
        running.settle();
        println!("{}, allocations {}", side.name(), per(counted?.own_thread, count));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "there are few")]
fn per(total: u64, count: u32) -> f64 {
    total as f64 / f64::from(count)
}

/// Sends some requests, to be watched from outside.
fn run_once(stack: Stack, name: &str, count: u32) -> Result<(), Failure> {
    let running = stack.start()?;
    let side = SIDES.iter().find(|side| side.name() == name).ok_or("there is no such side")?;
    println!("{name} {}", work::nanoseconds(stack, *side, count));
    drop(running);
    Ok(())
}

fn print(figures: &Figures) {
    println!("per request, the smallest of all rounds\n");
    print!("{:<24}", "");
    for stack in Stack::ALL {
        print!("{:>12}", stack.name());
    }
    println!();
    for side in SIDES {
        for unit in ["ns", "allocations"] {
            let name = format!("{}, {unit}", side.name());
            print!("{name:<24}");
            for stack in Stack::ALL {
                let own = figures.get(&(stack.name(), name.clone())).copied().unwrap_or(f64::NAN);
                print!("{own:>12.0}");
            }
            println!();
        }
    }
}
