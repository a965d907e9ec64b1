//! Why a group did not end well.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::task::group::RunningTask;
use crate::task::group::running::write_names;

/// Why a group did not end well.
#[derive(Debug)]
#[non_exhaustive]
pub enum GroupError<E> {
    /// Tasks were running when the time was over.
    DeadlineExceeded {
        /// The group's name.
        group: &'static str,
        /// How long was waited.
        limit: Duration,
        /// What was running, the oldest first.
        running: Vec<RunningTask>,
    },
    /// A task returned an error; it was the first.
    Failed {
        /// The group's name.
        group: &'static str,
        /// The task's name.
        task: &'static str,
        /// What it returned.
        error: E,
    },
    /// A task panicked; it was the first to fail.
    Panicked {
        /// The group's name.
        group: &'static str,
        /// The task's name.
        task: &'static str,
    },
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeadlineExceeded { group, limit, running } => {
                let count = running.len();
                write!(f, "group `{group}`: {count} tasks were running after {limit:?}")?;
                write_names(f, running)
            }
            Self::Failed { group, task, error } => {
                write!(f, "group `{group}`: task `{task}` failed: {error}")
            }
            Self::Panicked { group, task } => write!(f, "group `{group}`: task `{task}` panicked"),
        }
    }
}

/// Its text tells the cause: not every type that a task may return is an [`Error`].
impl<E: fmt::Debug + fmt::Display> Error for GroupError<E> {}
