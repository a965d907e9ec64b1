//! Sets and maps of tasks.

use std::future::pending;

use beacon::task::{JoinMap, JoinSet};
use beacon::testing::TestTelemetry;
use tokio::task::LocalSet;

use crate::support::{
    IN_REQUEST, check, check_each_runtime, check_local, in_request, one_thread, work, workers,
};

#[test]
fn tasks_of_a_set() {
    check_each_runtime(IN_REQUEST, async || {
        let mut set = JoinSet::new();
        set.spawn(async { work() });
        set.join_all().await;
    });
}

#[test]
fn tasks_of_a_set_on_another_runtime() {
    let other = workers(1);
    check_each_runtime(IN_REQUEST, async || {
        let mut set = JoinSet::new();
        set.spawn_on(async { work() }, other.handle());
        set.join_next().await.unwrap().unwrap();
    });
}

#[test]
fn tasks_of_a_set_that_is_collected() {
    check_each_runtime(IN_REQUEST, async || {
        let mut set: JoinSet<()> = [async { work() }].into_iter().collect();
        assert_eq!(set.len(), 1);
        set.join_next().await.unwrap().unwrap();
        assert!(set.try_join_next().is_none());
    });
}

#[test]
fn blocking_functions_of_a_set() {
    let other = workers(1);
    check_each_runtime(IN_REQUEST, async || {
        let mut set = JoinSet::new();
        set.spawn_blocking(work);
        set.join_all().await;
    });
    check_each_runtime(IN_REQUEST, async || {
        let mut set = JoinSet::new();
        set.spawn_blocking_on(work, other.handle());
        set.join_all().await;
    });
}

#[test]
fn local_tasks_of_a_set() {
    check_local(|| {
        let mut set = JoinSet::new();
        set.spawn_local(async { work() });
        set.join_all()
    });
    let (test, runtime, local) = (TestTelemetry::start().unwrap(), one_thread(), LocalSet::new());
    runtime.block_on(test.capture(async {
        let mut set = JoinSet::new();
        in_request(async { set.spawn_local_on(async { work() }, &local) }).await;
        local.run_until(set.join_all()).await;
    }));
    check(&test, IN_REQUEST);
}

#[test]
fn tasks_of_a_map() {
    let other = workers(1);
    check_each_runtime(IN_REQUEST, async || {
        let mut map = JoinMap::new();
        map.spawn("key", async { work() });
        assert!(map.join_next().await.unwrap().1.is_ok());
    });
    check_each_runtime(IN_REQUEST, async || {
        let mut map = JoinMap::new();
        map.spawn_on("key", async { work() }, other.handle());
        assert!(map.join_next().await.unwrap().1.is_ok());
    });
    check_each_runtime(IN_REQUEST, async || {
        let mut map = JoinMap::new();
        map.spawn_blocking("key", work);
        assert!(map.join_next().await.unwrap().1.is_ok());
    });
    check_local(|| {
        let mut map = JoinMap::new();
        map.spawn_local("key", async { work() });
        async move { assert!(map.join_next().await.unwrap().1.is_ok()) }
    });
}

#[test]
fn a_map_behaves_like_that_of_tokio_util() {
    one_thread().block_on(async {
        let mut map = JoinMap::new();
        map.spawn(1, pending());
        map.spawn(1, async { "second" });
        map.spawn(2, pending());
        assert_eq!((map.len(), map.contains_key(&2), map.contains_key(&3)), (2, true, false));
        let (key, output) = map.join_next().await.unwrap();
        assert_eq!((key, output.unwrap()), (1, "second"), "nothing is told of the replaced one");
        assert!(map.abort(&2));
        assert!(!map.abort(&1));
        let (key, output) = map.join_next().await.unwrap();
        assert!(key == 2 && output.unwrap_err().is_cancelled());
        assert!(map.join_next().await.is_none() && map.is_empty());
        map.spawn(3, async { std::panic::resume_unwind(Box::new("as planned")) });
        let (key, output) = map.join_next().await.unwrap();
        assert!(key == 3 && output.unwrap_err().is_panic());
        map.spawn(4, pending());
        map.shutdown().await;
        assert!(map.is_empty() && map.try_join_next().is_none());
    });
}
