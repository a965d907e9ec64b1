//! All cases, alternating, several times, and the table.

use std::process::{Command, Stdio};

use crate::Failure;
use crate::measure::Found;
use crate::stacks::{Case, Sinks, Stack};
use crate::work::Operation;

pub(crate) fn compare(is_quick: bool) -> Result<(), Failure> {
    let rounds = if is_quick { 1 } else { 5 };
    println!("medians of {rounds} round(s), each stack in a process of its own, alternating");
    if is_quick {
        println!("quick: the figures mean nothing, all parts have run");
    }
    println!();
    println!(
        "{:<20} {:>9} {:>9} {:>9}  {:<18} {:<18} allocations: official, direct, beacon",
        "ns per event", "official", "direct", "beacon", "beacon / official", "beacon / direct"
    );
    for sinks in Sinks::ALL {
        for operation in Operation::ALL {
            let mut found = [const { Vec::new() }; 3];
            for round in 0..rounds {
                for turn in 0..Stack::ALL.len() {
                    // Whoever comes first meets a machine in another state than whoever comes last.
                    let index = (round + turn) % Stack::ALL.len();
                    let (Some(&stack), Some(found)) = (Stack::ALL.get(index), found.get_mut(index))
                    else {
                        continue;
                    };
                    found.push(run(Case { stack, sinks, operation }, is_quick)?);
                }
            }
            print(sinks, operation, &found);
        }
    }
    Ok(())
}

fn run(case: Case, is_quick: bool) -> Result<Found, Failure> {
    let Case { stack, sinks, operation } = case;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--stack", stack.name(), "--sinks", sinks.name()]);
    command.args(["--operation", operation.name()]);
    if is_quick {
        command.arg("--quick");
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{case:?}: {}", output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let (nanos, allocations) = text.trim().split_once(' ').ok_or("a run printed something else")?;
    Ok(Found { nanos: nanos.parse()?, allocations: allocations.parse()? })
}

fn print(sinks: Sinks, operation: Operation, found: &[Vec<Found>; 3]) {
    let nanos = |found: &[Found]| found.iter().map(|found| found.nanos).collect::<Vec<_>>();
    let allocations = |found: &[Found]| median(found.iter().map(|found| found.allocations));
    let [official, direct, beacon] = found;
    let ratios = |other: &[Found]| {
        let pairs = nanos(beacon).into_iter().zip(nanos(other));
        let mut ratios: Vec<_> = pairs.map(|(own, other)| own / other).collect();
        ratios.sort_by(f64::total_cmp);
        let [least, most] = [ratios.first(), ratios.last()].map(|end| end.copied().unwrap_or(0.0));
        format!("{:.2} ({least:.2}-{most:.2})", median(ratios))
    };
    println!(
        "{:<20} {:>9.0} {:>9.0} {:>9.0}  {:<18} {:<18} {:.2}, {:.2}, {:.2}",
        format!("{}, {}", sinks.name(), operation.name()),
        median(nanos(official)),
        median(nanos(direct)),
        median(nanos(beacon)),
        ratios(official),
        ratios(direct),
        allocations(official),
        allocations(direct),
        allocations(beacon),
    );
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
