//! Tasks that belong together: they end together, and none is forgotten.

mod drain;
mod error;
mod member;
mod running;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use drain::{Drain, drain_all};
pub use error::GroupError;
use running::Running;
pub use running::{GroupReport, RunningTask};

use crate::task::ContextExt as _;
use crate::task::counts::{Counts, counts_of};
use crate::task::group::member::{BlockingWork, Member, Work};
use crate::task::names::Named;
use crate::task::spawn::in_current_context;
use crate::task::sync::timer;
use crate::telemetry::Telemetry;

/// Tasks that belong together.
///
/// The first that fails or panics ends the others. Dropping the group ends all of them, waiting for
/// the end is [`join`](Self::join), and a service that stops calls [`drain`](Self::drain), or lets
/// [`Telemetry::shutdown`] do it. Tasks belong to the span of whoever spawned them, and are counted
/// under the name of the group in [`task_counts`](super::task_counts).
///
/// A task is told to stop by [`token`](Self::token), and may end as it likes. When it is cancelled
/// its future is dropped where it waits. Neither reaches a function that blocks and does not look at
/// the token: that one is reported, with its name and age.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use beacon::task::Group;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let group: Group = Group::new("importer");
/// group.spawn("fetch", async { Ok(()) });
/// let token = group.token();
/// group.spawn("store", async move {
///     token.cancelled().await; // … take orders until then …
///     Ok(())
/// });
/// let report = group.drain(Duration::from_secs(5)).await;
/// assert_eq!((report.finished, report.still_running.len()), (2, 0));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Group<E = Box<dyn Error + Send + Sync>> {
    shared: Arc<Shared<E>>,
}

/// What the group, its tasks and the telemetry that drains it know.
struct Shared<E> {
    name: &'static str,
    counts: Arc<Counts>,
    running: Running,
    /// Tasks should end.
    stop: CancellationToken,
    /// Tasks are ended.
    cancel: CancellationToken,
    failure: Mutex<Option<GroupError<E>>>,
}

impl<E: Send + 'static> Group<E> {
    /// Returns a group without tasks.
    pub fn new(name: &'static str) -> Self {
        let shared = Shared {
            name,
            counts: counts_of(name),
            running: Running::default(),
            stop: CancellationToken::new(),
            cancel: CancellationToken::new(),
            failure: Mutex::new(None),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Spawns a task of the group, on the caller's runtime. The name tells it from others of the
    /// group in reports, and need not be unique.
    ///
    /// In a group that was cancelled, the task ends where it first waits.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, as `tokio::spawn`.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "it is handed its context here")]
    pub fn spawn<F>(&self, name: &'static str, future: F) -> AbortHandle
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let member = Member::new(name, &self.shared);
        let number = member.number();
        let future = self.shared.cancel.clone().run_until_cancelled_owned(future);
        let future = Named::new(future, number).with_current_context();
        tokio::spawn(Work::new(future, member)).abort_handle()
    }

    /// Runs a function that blocks as a task of the group. It should look at the token of the group:
    /// nothing else can end it once it has begun.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, as `tokio::task::spawn_blocking`.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "it is handed its context here")]
    pub fn spawn_blocking<F>(&self, name: &'static str, work: F) -> AbortHandle
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
    {
        let member = Member::new(name, &self.shared);
        let work = BlockingWork::new(in_current_context(work), member);
        tokio::task::spawn_blocking(move || work.run()).abort_handle()
    }

    /// Waits until all tasks have ended. Tasks that are spawned meanwhile count as well.
    ///
    /// # Errors
    ///
    /// With the first failure or panic of a task. The other tasks were cancelled then, and have ended.
    pub async fn join(&self) -> Result<GroupReport, GroupError<E>> {
        self.shared.running.ended().await;
        self.shared.judge()
    }

    /// As [`join`](Self::join), for at most this time. All tasks are cancelled then.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join), and when the time is over; the error tells what was running.
    pub async fn join_within(&self, limit: Duration) -> Result<GroupReport, GroupError<E>> {
        if self.shared.ended_within(limit).await {
            return self.shared.judge();
        }
        let running = self.running();
        self.cancel();
        Err(GroupError::DeadlineExceeded { group: self.shared.name, limit, running })
    }

    /// Tells all tasks to stop and waits for them, at most for this time; then cancels those that
    /// are left. Reports how they ended and which of them run on.
    pub async fn drain(&self, limit: Duration) -> GroupReport {
        self.shared.drain(limit).await
    }

    /// Lets [`Telemetry::shutdown`], and whatever else ends the telemetry, [`drain`](Self::drain) the
    /// group first, within half of its deadline, so that the last spans of the tasks are delivered.
    /// What does not end is told by name and age, like everything that beacon has to say.
    pub fn drain_at_shutdown(&self, telemetry: &Telemetry) {
        let shared: Arc<dyn Drain> = Arc::clone(&self.shared) as _;
        telemetry.drain_first(&shared);
    }
}

impl<E> Group<E> {
    /// Returns the group's name.
    pub fn name(&self) -> &'static str {
        self.shared.name
    }

    /// Returns the token that is cancelled when the tasks should end: by [`stop`](Self::stop),
    /// [`cancel`](Self::cancel), [`drain`](Self::drain), a failure, or the group's own end.
    pub fn token(&self) -> CancellationToken {
        self.shared.stop.clone()
    }

    /// Tells all tasks to stop, and lets them end as they like.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// Drops the futures of all tasks where they wait.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    /// Returns the tasks that have not ended, the oldest first.
    pub fn running(&self) -> Vec<RunningTask> {
        self.shared.running.tasks()
    }
}

impl<E> Drop for Group<E> {
    fn drop(&mut self) {
        self.shared.cancel();
    }
}

impl<E> fmt::Debug for Group<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("name", &self.shared.name)
            .field("running", &self.running())
            .finish_non_exhaustive()
    }
}

impl<E> Shared<E> {
    fn cancel(&self) {
        self.stop.cancel();
        self.cancel.cancel();
    }

    /// Keeps the first failure, and ends the other tasks.
    fn fail(&self, failure: GroupError<E>) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        self.cancel();
    }

    /// The failure is told once.
    fn judge(&self) -> Result<GroupReport, GroupError<E>> {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map_or_else(|| Ok(self.report()), Err)
    }

    fn report(&self) -> GroupReport {
        self.running.report(self.name)
    }

    async fn ended_within(&self, limit: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.running.ended() => true,
            () = timer(limit) => false,
        }
    }
}
