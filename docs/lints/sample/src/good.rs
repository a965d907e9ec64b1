//! The same, in the trace. No line is an error.

use beacon::task::{self, ContextExt as _, JoinSet, TaskContext};
use opentelemetry::Context;
use tokio::runtime::Handle;

async fn work() {}

pub async fn spawns() {
    task::spawn(work());
    task::spawn_blocking(|| ());
    task::spawn_on(&Handle::current(), work());
    task::spawn_linked(tracing::info_span!("later"), work());
    let mut tasks = JoinSet::new();
    tasks.spawn(work());
    tasks.join_next().await;
}

pub fn threads() {
    task::thread::spawn(|| ());
    task::thread::scope(|scope| {
        scope.spawn(|| ());
    });
}

pub async fn guards() {
    work().in_span(tracing::info_span!("work")).await;
    work().with_context(Context::current()).await;
    // A guard is fine where nothing is awaited while it lives.
    tracing::info_span!("step").in_scope(|| ());
    {
        let span = tracing::info_span!("step");
        let _entered = span.enter();
    }
    {
        let context = TaskContext::current();
        let _entered = context.enter();
    }
    work().await;
}
