//! One task of a group, from its spawning to its end.

use std::sync::Arc;
use std::thread;

use crate::task::counts::{Life, LifeEnd};
use crate::task::group::running::{End, Ticket};
use crate::task::group::{GroupError, Shared};
use crate::task::names::NameNumber;

/// Tells the group how the task has ended, whatever way that was.
pub(super) struct Member<E> {
    name: &'static str,
    group: Arc<Shared<E>>,
    number: NameNumber,
    ticket: Ticket,
    /// `None` only while it is dropped.
    life: Option<Life>,
    /// How the task has ended if nothing more is heard.
    end: End,
}

impl<E> Member<E> {
    pub(super) fn new(name: &'static str, group: &Arc<Shared<E>>) -> Self {
        let ticket = group.running.begin(name);
        let life = Some(Life::begin(Arc::clone(&group.counts)));
        let number = NameNumber::of(name);
        Self { name, number, group: Arc::clone(group), ticket, life, end: End::Cancelled }
    }

    pub(super) const fn number(&self) -> NameNumber {
        self.number
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.group.cancel.is_cancelled()
    }

    pub(super) fn finish(mut self) {
        self.end = End::Finished;
    }

    pub(super) fn fail(mut self, error: E) {
        self.end = End::Failed;
        self.group.fail(GroupError::Failed { group: self.group.name, task: self.name, error });
    }
}

impl<E> Drop for Member<E> {
    fn drop(&mut self) {
        // A task that is dropped has not returned; one that is dropped by its own panic unwinds.
        if thread::panicking() {
            self.end = End::Panicked;
            self.group.fail(GroupError::Panicked { group: self.group.name, task: self.name });
        }
        // Counted before anybody hears of it.
        if let Some(life) = self.life.take() {
            life.end_as(match self.end {
                End::Cancelled => LifeEnd::Cancelled,
                End::Failed | End::Finished => LifeEnd::Finished,
                End::Panicked => LifeEnd::Panicked,
            });
        }
        self.group.running.end(&self.ticket, self.end);
    }
}
