//! One task of a group, from its spawning to its end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

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

    /// Runs code of the task, which may not come back.
    fn watch<T>(&mut self, code: impl FnOnce() -> T) -> T {
        let before = std::mem::replace(&mut self.end, End::Panicked);
        let value = code();
        self.end = before;
        value
    }

    /// The task has ended, or was cancelled.
    fn end(mut self, result: Option<Result<(), E>>) {
        match result {
            Some(Ok(())) => self.end = End::Finished,
            Some(Err(error)) => {
                self.end = End::Failed;
                let (group, task) = (self.group.name, self.name);
                self.group.fail(GroupError::Failed { group, task, error });
            }
            None => {}
        }
    }
}

impl<E> Drop for Member<E> {
    fn drop(&mut self) {
        // Not `thread::panicking`: that is true as well while the panic of others drops the task.
        if self.end == End::Panicked {
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

pin_project! {
    /// A future that is the whole task: the group hears of its end when nothing of it is left, and so
    /// its span is not open any more because of it.
    pub(super) struct Work<F, E> {
        // `None` when it is over.
        #[pin]
        future: Option<F>,
        member: Option<Member<E>>,
    }

    impl<F, E> PinnedDrop for Work<F, E> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(mut member) = this.member.take() {
                member.watch(|| this.future.set(None));
            }
        }
    }
}

impl<F, E> Work<F, E> {
    pub(super) const fn new(future: F, member: Member<E>) -> Self {
        Self { future: Some(future), member: Some(member) }
    }
}

impl<F: Future<Output = Option<Result<(), E>>>, E> Future for Work<F, E> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let future = this.future.as_mut().as_pin_mut();
        let (Some(future), Some(member)) = (future, this.member.as_mut()) else {
            return Poll::Pending;
        };
        let result = ready!(member.watch(|| future.poll(cx)));
        member.watch(|| this.future.set(None));
        if let Some(member) = this.member.take() {
            member.end(result);
        }
        Poll::Ready(())
    }
}

/// A function that is the whole task.
pub(super) struct BlockingWork<W, E> {
    // Dropped in this order, for the same reason.
    work: W,
    member: Member<E>,
}

impl<W: FnOnce() -> Result<(), E>, E> BlockingWork<W, E> {
    pub(super) const fn new(work: W, member: Member<E>) -> Self {
        Self { work, member }
    }

    pub(super) fn run(self) {
        let Self { work, mut member } = self;
        let is_cancelled = member.group.cancel.is_cancelled();
        let result = member.watch(|| {
            if is_cancelled {
                drop(work);
                return None;
            }
            Some(work())
        });
        member.end(result);
    }
}
