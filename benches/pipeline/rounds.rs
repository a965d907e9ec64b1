//! All stacks, alternating, several times.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use crate::Failure;
use crate::run::Part;
use crate::stack::Stack;

/// What was found, by stack and name: one value for each round.
#[derive(Debug, Default)]
pub(crate) struct Findings(BTreeMap<(&'static str, String), Vec<f64>>);

impl Findings {
    /// The values of all rounds, in their order.
    pub(crate) fn of(&self, stack: Stack, name: &str) -> &[f64] {
        self.0.get(&(stack.name(), name.to_owned())).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, stack: Stack, lines: &str) -> Result<(), Failure> {
        for line in lines.lines() {
            let (name, value) = line.split_once(' ').ok_or("a run printed something else")?;
            self.0.entry((stack.name(), name.to_owned())).or_default().push(value.parse()?);
        }
        Ok(())
    }
}

/// Starts a process for each stack, part and round, one at a time.
pub(crate) fn compare(quick: bool) -> Result<Findings, Failure> {
    let mut findings = Findings::default();
    let rounds = if quick { 1 } else { 5 };
    for round in 0..rounds {
        // Whoever comes first meets a machine in another state than whoever comes last.
        let mut stacks = Stack::ALL;
        stacks.rotate_left(round % Stack::ALL.len());
        for part in Part::ALL {
            for stack in stacks {
                findings.add(stack, &run(stack, part, round, quick)?)?;
            }
        }
    }
    Ok(findings)
}

fn run(stack: Stack, part: Part, round: usize, quick: bool) -> Result<String, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--run", part.name(), "--stack", stack.name(), "--round", &round.to_string()]);
    if quick {
        command.arg("--quick");
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{} of {}: {}", part.name(), stack.name(), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
