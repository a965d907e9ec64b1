//! Tasks are counted by name.

use std::future::pending;

use beacon::task::{self, Group, TaskCounts};

use crate::support::{eventually, one_thread, workers};

fn counts(name: &str) -> Option<TaskCounts> {
    task::task_counts().into_iter().find(|counts| counts.name == name)
}

#[test]
fn tasks_are_counted_by_how_they_end() {
    for (name, runtime) in [("counted_one", one_thread()), ("counted_several", workers(2))] {
        let task = task::named(name);
        runtime.block_on(async {
            task.spawn(async { tokio::task::yield_now().await }).await.unwrap();
            task.spawn_blocking(|| ()).await.unwrap();
            let panics = task.spawn(async {
                tokio::task::yield_now().await;
                std::panic::resume_unwind(Box::new("as planned"))
            });
            assert!(panics.await.is_err());
            let panics = task.spawn_blocking(|| std::panic::resume_unwind(Box::new("as planned")));
            assert!(panics.await.is_err());
            let waits = task.spawn(pending::<()>());
            tokio::task::yield_now().await;
            waits.abort();
            assert!(waits.await.is_err());
            drop(task.spawn(pending::<()>()));
            assert_eq!(counts(name).unwrap().live, 1);
        });
        drop(runtime);
        eventually(|| counts(name).unwrap().live == 0);
        let counts = counts(name).unwrap();
        let ends = (counts.spawned, counts.finished, counts.panicked, counts.cancelled);
        assert_eq!(ends, (6, 2, 2, 2));
    }
}

#[test]
fn tasks_of_a_group_are_counted_under_its_name() {
    one_thread().block_on(async {
        let group: Group<&str> = Group::new("counted_group");
        group.spawn("one", async { Ok(()) });
        group.spawn("two", async { Err("as planned") });
        group.spawn("three", pending());
        group.join().await.unwrap_err();
        group.spawn_blocking("four", || panic!("it is too late"));
        group.join().await.unwrap();
    });
    let counts = counts("counted_group").unwrap();
    assert_eq!((counts.live, counts.spawned), (0, 4));
    assert_eq!((counts.finished, counts.cancelled, counts.panicked), (2, 2, 0));
}
