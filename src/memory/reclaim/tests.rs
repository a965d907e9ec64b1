use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::memory::hooks::{Guarded, HookFailure, HookKind};
use crate::memory::pressure::PressureHook;
use crate::testing::ManualClock;

/// A process whose memory falls when it is trimmed.
struct Process {
    clock: ManualClock,
    trims: Arc<AtomicU64>,
    resident: Arc<AtomicU64>,
    reclaimer: Arc<Reclaimer>,
}

impl Process {
    fn new(hooks: Vec<Arc<Guarded<PressureHook>>>, hook_timeout: Duration) -> Self {
        let clock = ManualClock::new();
        let (trims, resident) = (Arc::<AtomicU64>::default(), Arc::new(AtomicU64::new(1000)));
        let (own_trims, own_resident) = (Arc::clone(&trims), Arc::clone(&resident));
        let shown = Arc::clone(&resident);
        let reclaimer = Reclaimer::new(ReclaimerParts {
            clock: Arc::new(clock.clone()),
            trim: Arc::new(move || {
                own_trims.fetch_add(1, SeqCst);
                own_resident.fetch_sub(100, SeqCst);
            }),
            resident_bytes: Arc::new(move || Some(shown.load(SeqCst))),
            hooks: Arc::new(move || hooks.clone()),
            hook_timeout,
        });
        Self { clock, trims, resident, reclaimer }
    }
}

fn hook(code: impl Fn(PressureLevel) + Send + Sync + 'static) -> Arc<Guarded<PressureHook>> {
    let code: Box<PressureHook> = Box::new(code);
    Arc::new(Guarded::new("cache".to_owned(), code))
}

#[test]
fn hooks_run_before_the_allocator_is_asked_and_all_counts_as_returned() {
    let levels = Arc::<Mutex<Vec<PressureLevel>>>::default();
    let own = Arc::clone(&levels);
    let process = Process::new(
        vec![hook(move |level| own.lock().unwrap().push(level))],
        Duration::from_mins(1),
    );
    let report = process.reclaimer.run_and_wait(PressureLevel::Requested);
    assert_eq!(report.status, ReclaimStatus::Done);
    assert_eq!((report.before_bytes, report.after_bytes), (Some(1000), Some(900)));
    assert_eq!((report.returned_bytes, report.hooks_run, report.hooks_failed), (100, 1, 0));
    assert_eq!(*levels.lock().unwrap(), [PressureLevel::Requested]);
}

#[test]
fn a_second_call_at_once_does_nothing() {
    let process = Process::new(Vec::new(), Duration::from_mins(1));
    let status = || process.reclaimer.run_and_wait(PressureLevel::Requested).status;
    assert_eq!([status(), status()], [ReclaimStatus::Done, ReclaimStatus::TooSoon]);
    assert_eq!(process.trims.load(SeqCst), 1);
    process.clock.advance(Duration::from_hours(1));
    assert_eq!(status(), ReclaimStatus::Done);
    assert_eq!(process.trims.load(SeqCst), 2);
}

#[test]
fn hooks_that_panic_or_hang_harm_neither_the_others_nor_the_run() {
    let (release, gate) = channel::<()>();
    let gate = Mutex::new(gate);
    let calls = Arc::<AtomicU64>::default();
    let own = Arc::clone(&calls);
    let hooks = vec![
        hook(|_| panic!("of the test")),
        hook(move |_| gate.lock().unwrap().recv().unwrap_or_default()),
        hook(move |_| {
            own.fetch_add(1, SeqCst);
        }),
    ];
    let process = Process::new(hooks, Duration::from_millis(50));
    let report = process.reclaimer.run_and_wait(PressureLevel::Requested);
    assert_eq!((report.status, report.hooks_run, report.hooks_failed), (ReclaimStatus::Done, 1, 2));
    assert_eq!(calls.load(SeqCst), 1);
    let counts = &process.reclaimer.counts;
    assert_eq!(counts.get(HookKind::Pressure, HookFailure::Panic), 1);
    assert_eq!(counts.get(HookKind::Pressure, HookFailure::Timeout), 1);
    drop(release);
}

#[test]
fn a_probe_asks_the_allocator_alone_and_tells() {
    let process = Process::new(vec![hook(|_| panic!("called"))], Duration::from_mins(1));
    let (sender, receiver) = channel();
    assert!(process.reclaimer.probe(move |report| sender.send(report).unwrap_or_default()));
    let report = receiver.recv_timeout(Duration::from_mins(1)).unwrap();
    assert_eq!((report.returned_bytes, report.hooks_run, report.hooks_failed), (100, 0, 0));
    assert_eq!(process.resident.load(SeqCst), 900);
}

#[test]
fn while_one_run_is_under_way_no_other_begins_and_callers_share_it() {
    let (release, gate) = channel::<()>();
    let (began, begins) = channel();
    let gate = Mutex::new((gate, began));
    let hooks = vec![hook(move |_| {
        let gate = gate.lock().unwrap();
        gate.1.send(()).unwrap_or_default();
        gate.0.recv().unwrap_or_default();
    })];
    let process = Process::new(hooks, Duration::from_mins(1));
    assert!(process.reclaimer.relieve(PressureLevel::Shed));
    begins.recv_timeout(Duration::from_mins(1)).unwrap();
    assert!(!process.reclaimer.relieve(PressureLevel::Shed));
    assert!(!process.reclaimer.probe(|_| {}));
    drop(release);
    let report = process.reclaimer.run_and_wait(PressureLevel::Requested);
    // Either that run, or just after it.
    assert!([ReclaimStatus::Done, ReclaimStatus::TooSoon].contains(&report.status));
    assert_eq!(process.trims.load(SeqCst), 1);
}

#[test]
fn a_hook_that_asks_for_memory_itself_does_not_wait_for_its_own_run() {
    let own = Arc::<Mutex<Option<Arc<Reclaimer>>>>::default();
    let (told, statuses) = channel();
    let (asking, told) = (Arc::clone(&own), Mutex::new(told));
    let hooks = vec![hook(move |_| {
        let reclaimer = asking.lock().unwrap().clone().unwrap();
        let status = reclaimer.run_and_wait(PressureLevel::Requested).status;
        told.lock().unwrap().send(status).unwrap_or_default();
    })];
    let process = Process::new(hooks, Duration::from_secs(5));
    *own.lock().unwrap() = Some(Arc::clone(&process.reclaimer));
    let report = process.reclaimer.run_and_wait(PressureLevel::Requested);
    assert_eq!((report.status, report.hooks_run, report.hooks_failed), (ReclaimStatus::Done, 1, 0));
    assert_eq!(statuses.try_recv(), Ok(ReclaimStatus::Unfinished));
    // The hook and the reclaimer hold each other.
    *own.lock().unwrap() = None;
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<(ReclaimTrigger, u64)>>);

impl ReclaimObserver for Heard {
    fn reclaimed(&self, trigger: ReclaimTrigger, report: &ReclaimReport) {
        self.0.lock().unwrap().push((trigger, report.returned_bytes));
    }
}

#[test]
fn each_run_is_told_to_observers_that_live() {
    let process = Process::new(Vec::new(), Duration::from_mins(1));
    let heard = Arc::new(Heard::default());
    let observer: Arc<dyn ReclaimObserver> = Arc::<Heard>::clone(&heard);
    process.reclaimer.observe(&observer);
    process.reclaimer.run_and_wait(PressureLevel::Requested);
    assert_eq!(*heard.0.lock().unwrap(), [(ReclaimTrigger::Call, 100)]);
    drop(observer);
    process.clock.advance(Duration::from_hours(1));
    process.reclaimer.run_and_wait(PressureLevel::Requested);
    assert_eq!(heard.0.lock().unwrap().len(), 2, "the other handle still lives");
}

#[test]
fn a_report_is_one_line() {
    let done = ReclaimReport {
        returned_bytes: 3 << 20,
        duration: Duration::from_millis(12),
        hooks_run: 2,
        hooks_failed: 1,
        ..ReclaimReport::nothing(ReclaimStatus::Done)
    };
    assert_eq!(done.to_string(), "reclaimed 3.00 MiB in 12ms with 2 hooks, 1 failed");
    let nothing = ReclaimReport::nothing(ReclaimStatus::TooSoon);
    assert_eq!(nothing.to_string(), "nothing reclaimed: done a moment ago");
}
