//! Which tasks of a group run, since when, and how the others ended.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::{Clock as _, SystemClock};

/// A task that has not ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RunningTask {
    /// The name that it was spawned with.
    pub name: &'static str,
    /// Time since it was spawned.
    pub age: Duration,
}

impl fmt::Display for RunningTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:.1} s)", self.name, self.age.as_secs_f64())
    }
}

/// What became of the tasks of a group.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GroupReport {
    /// The group's name.
    pub group: &'static str,
    /// Tasks that ended by themselves.
    pub finished: u64,
    /// Tasks that returned an error.
    pub failed: u64,
    /// Tasks that panicked.
    pub panicked: u64,
    /// Tasks that were dropped before they ended.
    pub cancelled: u64,
    /// Tasks that have not ended, the oldest first.
    pub still_running: Vec<RunningTask>,
}

impl fmt::Display for GroupReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "group `{}`: {} finished, {} failed, {} panicked, {} cancelled, {} still running",
            self.group,
            self.finished,
            self.failed,
            self.panicked,
            self.cancelled,
            self.still_running.len()
        )?;
        write_names(f, &self.still_running)
    }
}

/// Writes the oldest tasks by name and age.
pub(super) fn write_names(f: &mut fmt::Formatter<'_>, tasks: &[RunningTask]) -> fmt::Result {
    for (number, task) in tasks.iter().take(NAMES_MAX).enumerate() {
        let before = if number == 0 { ": " } else { ", " };
        write!(f, "{before}{task}")?;
    }
    if tasks.len() > NAMES_MAX { f.write_str(", …") } else { Ok(()) }
}

/// How a task has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    Cancelled,
    Failed,
    Finished,
    Panicked,
}

/// The number of a task, in the order of spawning.
#[derive(Debug)]
pub(super) struct Ticket(u64);

#[derive(Debug)]
pub(super) struct Running {
    clock: SystemClock,
    table: Mutex<Table>,
    /// Told when the last task has ended.
    idle: Notify,
}

#[derive(Debug, Default)]
struct Table {
    spawned: u64,
    tasks: BTreeMap<u64, (&'static str, Duration)>,
    finished: u64,
    failed: u64,
    panicked: u64,
    cancelled: u64,
}

impl Running {
    pub(super) fn begin(&self, name: &'static str) -> Ticket {
        let now = self.clock.now();
        let mut table = self.table();
        let number = table.spawned;
        table.spawned = number.saturating_add(1);
        table.tasks.insert(number, (name, now));
        Ticket(number)
    }

    pub(super) fn end(&self, ticket: &Ticket, end: End) {
        let mut table = self.table();
        table.tasks.remove(&ticket.0);
        let count = match end {
            End::Cancelled => &mut table.cancelled,
            End::Failed => &mut table.failed,
            End::Finished => &mut table.finished,
            End::Panicked => &mut table.panicked,
        };
        *count = count.saturating_add(1);
        let is_idle = table.tasks.is_empty();
        drop(table);
        if is_idle {
            self.idle.notify_waiters();
        }
    }

    /// Completes when no task runs.
    pub(super) async fn ended(&self) {
        loop {
            // Before the look: what happens in between is heard.
            let idle = self.idle.notified();
            if self.table().tasks.is_empty() {
                return;
            }
            idle.await;
        }
    }

    pub(super) fn tasks(&self) -> Vec<RunningTask> {
        let now = self.clock.now();
        let age = |since: Duration| now.saturating_sub(since);
        let table = self.table();
        table.tasks.values().map(|(name, since)| RunningTask { name, age: age(*since) }).collect()
    }

    pub(super) fn report(&self, group: &'static str) -> GroupReport {
        let still_running = self.tasks();
        let table = self.table();
        GroupReport {
            group,
            finished: table.finished,
            failed: table.failed,
            panicked: table.panicked,
            cancelled: table.cancelled,
            still_running,
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Running {
    fn default() -> Self {
        Self { clock: SystemClock::new(), table: Mutex::default(), idle: Notify::new() }
    }
}

/// How many tasks a message names.
const NAMES_MAX: usize = 10;
