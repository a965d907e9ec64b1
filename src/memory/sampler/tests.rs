//! The thread and its sources: nothing that a source does holds anybody up.

use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::*;
use crate::clock::{Clock as _, SystemClock};
use crate::memory::counts::{FailureReason, SourceName};
use crate::memory::reading::{Reading, Readings};
use crate::testing::ManualClock;

const INTERVAL: Duration = Duration::from_secs(15);
/// Long enough for a source that answers, on a machine with much else to do.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// A source that hangs is given up soon, or the test takes long.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(20);

type Count = Arc<AtomicU64>;

/// A source that counts how often it is asked, and reports the count as one reading.
fn counting(name: SourceName, reading: Reading, asked: &Count) -> Source {
    let asked = Arc::clone(asked);
    let read = move |_now: Duration, readings: &mut Readings| {
        readings.set(reading, asked.fetch_add(1, Ordering::SeqCst).saturating_add(1));
        Ok(())
    };
    Source { name, read: Box::new(read) }
}

/// A source that hangs until something is sent to it, then reports.
fn hanging(asked: &Count) -> (SyncSender<()>, Source) {
    let (release, released): (_, Receiver<()>) = sync_channel(1);
    let asked = Arc::clone(asked);
    let read = move |_now: Duration, readings: &mut Readings| {
        asked.fetch_add(1, Ordering::SeqCst);
        // An end of the test releases it as well.
        let _ = released.recv();
        readings.set(Reading::SystemTotalBytes, 7);
        Ok(())
    };
    (release, Source { name: SourceName::System, read: Box::new(read) })
}

struct Running {
    clock: ManualClock,
    sampler: MemorySampler,
    said: Arc<Mutex<Vec<String>>>,
}

impl Running {
    fn start(sources: Vec<Source>, source_timeout: Duration) -> Self {
        let clock = ManualClock::new();
        let shared: SharedClock = Arc::new(clock.clone());
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = Arc::clone(&said);
        let hook = Arc::new(move |diagnostic: &crate::Diagnostic| {
            heard.lock().unwrap().push(diagnostic.message.clone());
        });
        let parts = SamplerParts {
            settings: MemorySettings {
                sample_interval: INTERVAL,
                container_metrics: true,
                system_metrics: false,
                utilization_metrics: false,
            },
            clock: Arc::clone(&shared),
            voice: Arc::new(Diagnostics::new(shared, Some(hook), false)),
            meter: None,
            is_in_container: false,
        };
        let sampler =
            MemorySampler::start_with(parts, sources, source_timeout, Watch::default()).unwrap();
        Self { clock, sampler, said }
    }

    fn board(&self) -> &Board {
        self.sampler.latest.board()
    }

    fn samples(&self) -> u64 {
        self.board().counts.samples.load(Ordering::SeqCst)
    }

    fn failures(&self, source: SourceName, reason: FailureReason) -> u64 {
        self.board().counts.failures(source, reason)
    }

    /// Waits for a sample, then lets the interval pass.
    fn next_sample(&self) {
        let before = self.samples();
        wait_until("it waits for the interval", || self.clock.next_wake_up() == Some(INTERVAL));
        self.clock.advance(INTERVAL);
        wait_until("the next sample", || self.samples() > before);
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}

#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let clock = SystemClock::new();
    while !holds() {
        assert!(clock.now() < Duration::from_secs(20), "did not happen: {what}");
        thread::yield_now();
    }
}

#[test]
fn samples_are_taken_at_once_and_then_at_each_interval() {
    let asked = Count::default();
    let source = counting(SourceName::Process, Reading::ProcessRssBytes, &asked);
    let running = Running::start(vec![source], ANSWERS_WITHIN);
    wait_until("the first sample", || running.samples() == 1);
    for number in 2..=5 {
        running.next_sample();
        assert_eq!(running.samples(), number);
        assert_eq!(running.board().get(Reading::ProcessRssBytes), Some(number));
        assert_eq!(running.sampler.latest.snapshot().rss_bytes, Some(number));
        assert_eq!(running.sampler.latest.snapshot().age, Some(Duration::ZERO));
    }
    running.clock.advance(Duration::from_secs(7));
    assert_eq!(running.sampler.latest.snapshot().age, Some(Duration::from_secs(7)));
    assert_eq!(running.said(), [""; 0]);
}

#[test]
fn a_source_that_hangs_holds_up_no_other_and_no_second_thread() {
    let (before, after, stuck) = (Count::default(), Count::default(), Count::default());
    let (release, hung) = hanging(&stuck);
    let sources = vec![
        counting(SourceName::Process, Reading::ProcessRssBytes, &before),
        hung,
        counting(SourceName::Cgroup, Reading::CgroupUsageBytes, &after),
    ];
    // A machine with much else to do needs some time for the others.
    let running = Running::start(sources, Duration::from_secs(2));
    wait_until("the first sample", || running.samples() == 1);
    for number in 2..=6 {
        running.next_sample();
        assert_eq!(running.board().get(Reading::ProcessRssBytes), Some(number));
        assert_eq!(running.board().get(Reading::CgroupUsageBytes), Some(number));
        assert_eq!(running.board().get(Reading::SystemTotalBytes), None);
        // Asked once: it is not asked again while a thread is inside of it.
        assert_eq!(stuck.load(Ordering::SeqCst), 1);
        assert_eq!(running.failures(SourceName::System, FailureReason::Timeout), number);
    }
    let said = running.said();
    // At once, and again after a minute.
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("memory source `system` does not answer"), "{said:?}");

    // It comes back: what it says then was true minutes ago, so the next answer counts.
    release.send(()).unwrap();
    release.send(()).unwrap();
    wait_until("it answers again", || {
        running.next_sample();
        running.board().get(Reading::SystemTotalBytes) == Some(7) || {
            let _ = release.try_send(());
            false
        }
    });
    assert_eq!(running.said().last().unwrap(), "memory source `system` is back");
}

#[test]
fn a_number_that_is_not_read_again_is_gone() {
    let mut is_first = true;
    let read = move |_now: Duration, readings: &mut Readings| {
        if std::mem::take(&mut is_first) {
            readings.set(Reading::SystemTotalBytes, 7);
            return Ok(());
        }
        Err(FailureReason::Unreadable)
    };
    let source = Source { name: SourceName::System, read: Box::new(read) };
    let running = Running::start(vec![source], ANSWERS_WITHIN);
    wait_until("the first sample", || running.samples() == 1);
    assert_eq!(running.board().get(Reading::SystemTotalBytes), Some(7));
    running.next_sample();
    assert_eq!(running.board().get(Reading::SystemTotalBytes), None);
    assert_eq!(running.sampler.latest.snapshot().system_total_bytes, None);
    assert_eq!(running.failures(SourceName::System, FailureReason::Unreadable), 1);
}

#[test]
fn a_source_that_panics_harms_no_other() {
    let asked = Count::default();
    let read = |_now: Duration, readings: &mut Readings| {
        readings.set(Reading::SystemTotalBytes, 7);
        panic!("a source's own mistake");
    };
    let sources = vec![
        Source { name: SourceName::System, read: Box::new(read) },
        counting(SourceName::Process, Reading::ProcessRssBytes, &asked),
    ];
    let running = Running::start(sources, ANSWERS_WITHIN);
    wait_until("the first sample", || running.samples() == 1);
    running.next_sample();
    assert_eq!(running.board().get(Reading::ProcessRssBytes), Some(2));
    assert_eq!(running.board().get(Reading::SystemTotalBytes), None);
    assert_eq!(running.failures(SourceName::System, FailureReason::Panic), 2);
}

#[test]
fn a_sample_that_grows_old_is_not_shown() {
    let asked = Count::default();
    let (_release, hung) = hanging(&Count::default());
    let source = counting(SourceName::Process, Reading::ProcessRssBytes, &asked);
    let running = Running::start(vec![source], ANSWERS_WITHIN);
    wait_until("the first sample", || running.samples() == 1);
    assert!(running.board().is_fresh());
    running.sampler.end(ANSWERS_WITHIN);
    running.clock.advance(INTERVAL * STALE_INTERVALS);
    assert!(running.board().is_fresh());
    running.clock.advance(Duration::from_millis(1));
    assert!(!running.board().is_fresh());
    drop(hung);
}

#[test]
fn the_end_does_not_wait_for_a_source_that_hangs() {
    let stuck = Count::default();
    let (release, hung) = hanging(&stuck);
    let running = Running::start(vec![hung], Duration::from_hours(1));
    wait_until("it hangs", || stuck.load(Ordering::SeqCst) == 1);
    let clock = SystemClock::new();
    running.sampler.end(Duration::from_secs(15));
    assert!(clock.now() < Duration::from_secs(15), "the thread ended");
    assert!(running.sampler.running.lock().unwrap().is_none());
    // Nothing was sampled, and that is no failure.
    assert_eq!(running.samples(), 0);
    assert_eq!(running.failures(SourceName::System, FailureReason::Timeout), 0);
    // A second call has nothing to wait for.
    running.sampler.end(Duration::from_secs(15));
    drop(release);
}

#[test]
fn the_end_wakes_a_sampler_that_waits_for_its_interval() {
    let running = Running::start(Vec::new(), GIVEN_UP_AFTER);
    wait_until("it waits", || running.clock.next_wake_up() == Some(INTERVAL));
    running.sampler.end(Duration::from_secs(15));
    assert!(running.sampler.running.lock().unwrap().is_none());
    assert_eq!(running.clock.next_wake_up(), None);
}
