use std::sync::Mutex;

use super::*;
use crate::memory::hooks::HookFailure;
use crate::testing::ManualClock;

#[derive(Default)]
struct Heard {
    counts: HookCounts,
    said: Arc<Mutex<Vec<String>>>,
}

impl Heard {
    fn measure(&self, all: &[Arc<Guarded<BoundedConsumer>>]) -> u64 {
        let said = Arc::clone(&self.said);
        let hook = Arc::new(move |diagnostic: &crate::Diagnostic| {
            said.lock().unwrap().push(diagnostic.message.clone());
        });
        let voice = Diagnostics::new(Arc::new(ManualClock::new()), Some(hook), false);
        measure_all(all, &self.counts, &voice)
    }
}

fn consumer(
    max_bytes: u64,
    usage: impl Fn() -> u64 + Send + Sync + 'static,
) -> Arc<Guarded<BoundedConsumer>> {
    Arc::new(Guarded::new("blocks".to_owned(), Box::new(BoundedConsumer::new(max_bytes, usage))))
}

#[test]
fn each_counts_up_to_its_bound() {
    let heard = Heard::default();
    let all = [consumer(100, || 30), consumer(100, || 100), consumer(5, || 0)];
    assert_eq!(heard.measure(&all), 130);
    assert!(heard.said.lock().unwrap().is_empty());
    assert_eq!(heard.measure(&[]), 0);
}

#[test]
fn what_is_above_the_bound_is_said_once() {
    let heard = Heard::default();
    let all = [consumer(1 << 20, || 3 << 19)];
    assert_eq!(heard.measure(&all), 1 << 20);
    assert_eq!(heard.measure(&all), 1 << 20);
    let expected = "the bounded consumer `blocks` uses 1.50 MiB, above its 1.00 MiB: what is above \
                    counts as possible leak";
    assert_eq!(*heard.said.lock().unwrap(), [expected]);
}

#[test]
fn one_that_panics_keeps_its_last_number_and_is_counted() {
    let heard = Heard::default();
    let calls = AtomicU64::new(0);
    let all = [consumer(100, move || {
        assert_eq!(calls.fetch_add(1, Relaxed), 0, "of the test");
        40
    })];
    assert_eq!(heard.measure(&all), 40);
    assert_eq!(heard.measure(&all), 40);
    assert_eq!(heard.counts.get(HookKind::Bounded, HookFailure::Panic), 1);
}

#[test]
fn a_declaration_ends_with_its_guard() {
    // The registry is the process's; no other test declares anything.
    let heard = Heard::default();
    let guard = bounded("own", 10, || 7);
    assert_eq!(heard.measure(&CONSUMERS.all()), 7);
    drop(guard);
    assert_eq!(heard.measure(&CONSUMERS.all()), 0);
}
