//! Where everything goes: a process of its own that counts.

use std::collections::HashSet;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use ::beacon::Signal;
use ::beacon::collector::{AttemptAnswer, Collector, Fault, Times};

use crate::Failure;

/// The other end of a sink's process. It ends with this.
#[derive(Debug)]
pub(crate) struct Sink {
    process: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    endpoint: String,
}

impl Sink {
    pub(crate) fn start() -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("--sink")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = process.stdin.take();
        let answers = process.stdout.take().ok_or("the sink has no output")?;
        let mut sink =
            Self { process, commands, answers: BufReader::new(answers), endpoint: String::new() };
        sink.endpoint = sink.answer()?;
        Ok(sink)
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Makes every request take that much longer.
    pub(crate) fn move_away(&mut self, round_trip: Duration) -> Result<(), Failure> {
        self.ask(&format!("away {}", round_trip.as_millis())).map(drop)
    }

    /// The distinct items of both signals that have arrived and were accepted.
    pub(crate) fn received(&mut self) -> Result<u64, Failure> {
        Ok(self.ask("received")?.parse()?)
    }

    fn ask(&mut self, command: &str) -> Result<String, Failure> {
        let commands = self.commands.as_mut().ok_or("the sink has ended")?;
        writeln!(commands, "{command}")?;
        commands.flush()?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.commands = None;
        drop(self.process.wait());
    }
}

/// The process itself.
pub(crate) fn serve() -> Result<(), Failure> {
    let collector = Collector::builder().count_only().attempts_max(1_000_000).start()?;
    println!("{}", collector.endpoint());
    for command in io::stdin().lines() {
        let command = command?;
        if let Some(millis) = command.strip_prefix("away ") {
            let round_trip = Duration::from_millis(millis.parse()?);
            collector.inject(Fault::RoundTrip(round_trip), Times::Always);
            println!("away");
        } else {
            println!("{}", distinct_items(&collector));
        }
    }
    Ok(())
}

/// A request that was sent twice has the same bytes, and counts once.
fn distinct_items(collector: &Collector) -> u64 {
    collector.read(|store| {
        let mut seen = HashSet::new();
        store
            .attempts()
            .filter(|attempt| attempt.signal != Some(Signal::Metrics))
            .filter(|attempt| attempt.answer == AttemptAnswer::Accepted)
            .filter(|attempt| seen.insert((attempt.body_hash, attempt.body_bytes)))
            .map(|attempt| attempt.items)
            .sum()
    })
}
