//! How groups end when the service does.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::task::group::{GroupReport, Shared};

/// A group of any type of error.
pub(crate) trait Drain: Send + Sync {
    /// As [`Group::drain`](super::Group::drain).
    fn drain_shared(
        self: Arc<Self>,
        limit: Duration,
    ) -> Pin<Box<dyn Future<Output = GroupReport> + Send>>;
}

impl<E: Send + 'static> Drain for Shared<E> {
    fn drain_shared(
        self: Arc<Self>,
        limit: Duration,
    ) -> Pin<Box<dyn Future<Output = GroupReport> + Send>> {
        Box::pin(async move { self.drain(limit).await })
    }
}

impl<E> Shared<E> {
    pub(super) async fn drain(&self, limit: Duration) -> GroupReport {
        self.stop.cancel();
        let grace = limit.checked_div(GRACE_PART).unwrap_or_default();
        if self.ended_within(limit.saturating_sub(grace)).await {
            return self.report();
        }
        self.cancel();
        self.ended_within(grace).await;
        self.report()
    }
}

/// Drains groups at the same time.
pub(crate) async fn drain_all(groups: Vec<Arc<dyn Drain>>, limit: Duration) -> Vec<GroupReport> {
    let mut draining: Vec<_> =
        groups.into_iter().map(|group| group.drain_shared(limit)).map(Draining::Open).collect();
    poll_fn(|cx| {
        let mut is_done = true;
        for one in &mut draining {
            if let Draining::Open(future) = one {
                match future.as_mut().poll(cx) {
                    Poll::Ready(report) => *one = Draining::Done(report),
                    Poll::Pending => is_done = false,
                }
            }
        }
        if is_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    draining.into_iter().filter_map(Draining::report).collect()
}

enum Draining {
    Done(GroupReport),
    Open(Pin<Box<dyn Future<Output = GroupReport> + Send>>),
}

impl Draining {
    fn report(self) -> Option<GroupReport> {
        match self {
            Self::Done(report) => Some(report),
            Self::Open(_) => None,
        }
    }
}

/// The part of the time that tasks have to be dropped.
const GRACE_PART: u32 = 5;
