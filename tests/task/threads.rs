//! Threads, pools, and functions that others call.

use beacon::task::thread::ThreadBuilder;
use beacon::task::{TaskContext, rayon as pool, thread};
use beacon::testing::TestTelemetry;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::support::{IN_REQUEST, check, request, work};

#[track_caller]
fn check_request(code: impl FnOnce()) {
    let test = TestTelemetry::start().unwrap();
    test.with(|| request(code));
    check(&test, IN_REQUEST);
}

#[test]
fn a_thread() {
    check_request(|| thread::spawn(work).join().unwrap());
}

#[test]
fn a_thread_with_a_name() {
    check_request(|| {
        let thread = ThreadBuilder::new().name("worker").stack_size(1 << 20).spawn(work).unwrap();
        assert_eq!(thread.thread().name(), Some("worker"));
        thread.join().unwrap();
    });
}

#[test]
fn a_thread_that_borrows() {
    check_request(|| {
        let borrowed = &String::from("borrowed");
        thread::scope(|scope| {
            scope.spawn(move || {
                scope.spawn(move || {
                    assert_eq!(borrowed, "borrowed");
                    work();
                });
            });
        });
    });
    check_request(|| {
        thread::scope(|scope| {
            ThreadBuilder::new().spawn_scoped(scope, work).unwrap().join().unwrap();
        });
    });
}

#[test]
fn a_function_on_a_pool() {
    check_request(|| {
        let (done, is_done) = std::sync::mpsc::channel();
        pool::spawn(move || {
            work();
            done.send(()).unwrap();
        });
        is_done.recv().unwrap();
    });
}

#[test]
fn two_functions_on_a_pool() {
    check_request(|| {
        pool::join(work, || ());
    });
    check_request(|| {
        pool::join(|| (), work);
    });
}

#[test]
fn a_function_that_waits_for_a_pool() {
    let own = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    check_request(|| pool::install(&own, work));
}

#[test]
fn a_scope_of_a_pool() {
    check_request(|| pool::scope(|_| work()));
    check_request(|| pool::scope(|scope| pool::spawn_in(scope, |_| work())));
}

#[test]
fn a_parallel_iterator() {
    check_request(|| {
        [1].into_par_iter().for_each(TaskContext::current().carry(|_| work()));
    });
}

#[test]
fn a_function_that_others_call() {
    check_request(|| {
        let context = TaskContext::current();
        std::thread::spawn(move || context.run(work)).join().unwrap();
    });
    check_request(|| {
        let context = TaskContext::current();
        std::thread::spawn(move || {
            let _entered = context.enter();
            work();
        })
        .join()
        .unwrap();
    });
}
