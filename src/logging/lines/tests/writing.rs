//! The way of lines to a target: bounded, counted, never in the way.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::batch::Batch;
use super::super::writer::{LineCounts, LineLoss, LineTarget, LineWriter};
use super::{LIMIT, Memory, parts};
use crate::diagnostics::{DiagnosticHook, Diagnostics};
use crate::testing::ManualClock;

/// Says that it was given lines, and writes them when it is told to.
struct Gate {
    reached: Sender<()>,
    open: Receiver<io::Result<()>>,
}

impl LineTarget for Gate {
    fn write(&mut self, lines: &Batch) -> Result<(), LineLoss> {
        self.reached.send(()).unwrap();
        // A gate that is gone is open.
        let outcome = self.open.recv().unwrap_or(Ok(()));
        outcome.map_err(|cause| LineLoss { lines: lines.len(), cause })
    }
}

fn gate() -> (Gate, Receiver<()>, Sender<io::Result<()>>) {
    let (reached, was_reached) = channel();
    let (opener, open) = channel();
    (Gate { reached, open }, was_reached, opener)
}

const KIB: &str = const {
    const BYTES: [u8; 1024] = [b'x'; 1024];
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

#[test]
fn a_target_that_hangs_costs_lines_and_no_time() {
    let (target, reached, open) = gate();
    let writer = LineWriter::start(parts(4096, true), target).unwrap();
    writer.push(KIB);
    reached.recv_timeout(LIMIT).unwrap();
    // One is being written; three more fit.
    (0..10).for_each(|_| writer.push(KIB));
    assert_eq!(writer.counts(), LineCounts { written: 0, dropped: 7, failed: 0 });
    assert!(!writer.is_settled() && !writer.flush(Duration::ZERO) && !writer.end(Duration::ZERO));
    drop(open);
    assert!(writer.end(LIMIT) && writer.is_settled());
    assert_eq!(writer.counts(), LineCounts { written: 4, dropped: 7, failed: 0 });
}

#[test]
fn back_pressure_loses_nothing() {
    let (target, reached, open) = gate();
    let writer = Arc::new(LineWriter::start(parts(4096, false), target).unwrap());
    writer.push(KIB);
    reached.recv_timeout(LIMIT).unwrap();
    let own = Arc::clone(&writer);
    let caller =
        std::thread::Builder::new().spawn(move || (0..20).for_each(|_| own.push(KIB))).unwrap();
    drop(open);
    caller.join().unwrap();
    assert!(writer.flush(LIMIT));
    assert_eq!(writer.counts(), LineCounts { written: 21, dropped: 0, failed: 0 });
}

#[test]
fn the_end_releases_who_is_held_up() {
    let (target, reached, open) = gate();
    let writer = Arc::new(LineWriter::start(parts(1024, false), target).unwrap());
    writer.push(KIB);
    reached.recv_timeout(LIMIT).unwrap();
    let own = Arc::clone(&writer);
    let caller = std::thread::Builder::new().spawn(move || own.push(KIB)).unwrap();
    writer.close();
    caller.join().unwrap();
    drop(open);
    assert!(writer.end(LIMIT));
    assert_eq!(writer.counts(), LineCounts { written: 1, dropped: 1, failed: 0 });
}

#[test]
fn a_line_that_never_fits_is_dropped() {
    for is_lossy in [true, false] {
        let writer = LineWriter::start(parts(1023, is_lossy), Memory::default()).unwrap();
        writer.push(KIB);
        writer.push("fits\n");
        assert!(writer.end(LIMIT));
        writer.push("late\n");
        assert_eq!(writer.counts(), LineCounts { written: 1, dropped: 2, failed: 0 });
    }
}

#[test]
fn what_fails_is_counted_and_said_once_and_so_is_its_end() {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let ear = Arc::clone(&said);
    let hook: DiagnosticHook =
        Arc::new(move |diagnostic| ear.lock().unwrap().push(diagnostic.message.clone()));
    let voice = Diagnostics::new(Arc::new(ManualClock::new()), Some(hook), false);
    let (target, reached, open) = gate();
    let mut parts = parts(4096, true);
    parts.voice = Arc::new(voice);
    let writer = LineWriter::start(parts, target).unwrap();
    for outcome in [Err(()), Err(()), Err(()), Ok(())] {
        writer.push("line\n");
        reached.recv_timeout(LIMIT).unwrap();
        open.send(outcome.map_err(|()| io::ErrorKind::StorageFull.into())).unwrap();
        assert!(writer.flush(LIMIT));
    }
    assert!(writer.end(LIMIT));
    assert_eq!(writer.counts(), LineCounts { written: 1, dropped: 0, failed: 3 });
    let full = io::Error::from(io::ErrorKind::StorageFull);
    let expected = [
        format!("cannot write to memory: {full}; 1 lines are lost"),
        "memory can be written again".to_owned(),
    ];
    assert_eq!(*said.lock().unwrap(), expected);
}
