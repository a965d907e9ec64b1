//! Each line with a mark at its end is an error, by the lint that the mark names.

use std::thread;

use beacon::task::TaskContext;
use tokio::runtime::{Handle, Runtime};
use tokio::task::LocalSet;

async fn work() {}

pub async fn spawns(runtime: &Runtime, local: &LocalSet) {
    tokio::spawn(work()); //~ disallowed_methods
    tokio::task::spawn(work()); //~ disallowed_methods
    tokio::task::spawn_blocking(|| ()); //~ disallowed_methods
    tokio::task::spawn_local(work()); //~ disallowed_methods
    Handle::current().spawn(work()); //~ disallowed_methods
    Handle::current().spawn_blocking(|| ()); //~ disallowed_methods
    runtime.spawn(work()); //~ disallowed_methods
    runtime.spawn_blocking(|| ()); //~ disallowed_methods
    local.spawn_local(work()); //~ disallowed_methods
    let mut tasks = tokio::task::JoinSet::new(); //~ disallowed_types
    tasks.spawn(work());
}

pub fn threads() {
    thread::spawn(|| ()); //~ disallowed_methods
    let builder = thread::Builder::new();
    let _thread = builder.spawn(|| ()); //~ disallowed_methods
    thread::scope(|_| ()); //~ disallowed_methods
}

pub fn as_a_value() {
    let start: fn(fn()) -> thread::JoinHandle<()> = thread::spawn; //~ disallowed_methods
    start(|| ()).join().unwrap_or_default();
}

pub async fn a_span_guard() {
    let span = tracing::info_span!("work");
    let _entered = span.enter(); //~ await_holding_invalid_type
    work().await;
}

pub async fn a_span_that_is_entered() {
    let _entered = tracing::info_span!("work").entered(); //~ await_holding_invalid_type
    work().await;
}

pub async fn a_context_guard() {
    let _attached = opentelemetry::Context::current().attach(); //~ await_holding_invalid_type
    work().await;
}

pub async fn a_context_of_beacon() {
    let context = TaskContext::current();
    let _entered = context.enter(); //~ await_holding_invalid_type
    work().await;
}
