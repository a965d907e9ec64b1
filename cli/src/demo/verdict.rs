//! Whether everything arrived.

use beacon::{DropReason, Signal, SignalReport, TelemetryReport};

use crate::demo::received::Received;

/// Returns what speaks against "every item has arrived", one sentence each. None is a success.
pub(super) fn problems(report: &TelemetryReport, received: Option<&Received>) -> Vec<String> {
    let mut problems = Vec::new();
    for signal in Signal::ALL {
        let own = report.signal(signal);
        problems.extend(losses(signal, own));
        if let Some(received) = received
            && received.signal(signal) != own.delivered
        {
            let received = received.signal(signal);
            let delivered = own.delivered;
            problems.push(format!("{signal}: {delivered} delivered, but {received} received"));
        }
    }
    if Signal::ALL.iter().all(|signal| report.signal(*signal).emitted == 0) {
        problems.push("nothing was emitted: telemetry is turned off".to_owned());
    }
    problems
}

fn losses(signal: Signal, report: &SignalReport) -> Vec<String> {
    let mut losses = Vec::new();
    if !report.is_conserved() {
        losses.push(format!("{signal}: the counts do not add up: {report:?}"));
    }
    if report.rejected > 0 {
        losses.push(format!("{signal}: {} rejected", report.rejected));
    }
    // An alert may come while the end is under way: in fast time there is one each few seconds.
    let is_late =
        |reason: DropReason| signal == Signal::Logs && reason == DropReason::AlreadyShutdown;
    for (reason, items) in report.dropped.iter().filter(|(reason, _)| !is_late(**reason)) {
        losses.push(format!("{signal}: {items} dropped ({reason})"));
    }
    if report.held > 0 {
        losses.push(format!("{signal}: {} still held at the end", report.held));
    }
    losses
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each signal emitted and delivered three items.
    fn all_delivered() -> TelemetryReport {
        let mut report = TelemetryReport::default();
        for own in [&mut report.traces, &mut report.logs, &mut report.metrics] {
            own.emitted = 3;
            own.delivered = 3;
        }
        report
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut SignalReport), expected: &[&str]) {
        let mut report = all_delivered();
        change(&mut report.logs);
        assert_eq!(problems(&report, None), expected);
    }

    #[test]
    fn each_way_to_lose_an_item_is_named() {
        check(|_| {}, &[]);
        check(|logs| (logs.delivered, logs.rejected) = (2, 1), &["logs: 1 rejected"]);
        check(|logs| (logs.delivered, logs.held) = (2, 1), &["logs: 1 still held at the end"]);
        let drop_two = |logs: &mut SignalReport| {
            logs.delivered = 1;
            logs.dropped = [(DropReason::QueueFull, 1), (DropReason::Shutdown, 1)].into();
        };
        check(drop_two, &["logs: 1 dropped (queue_full)", "logs: 1 dropped (shutdown)"]);
        let late = |logs: &mut SignalReport| {
            logs.delivered = 2;
            logs.dropped = [(DropReason::AlreadyShutdown, 1)].into();
        };
        check(late, &[]);
    }

    #[test]
    fn counts_that_do_not_add_up_are_a_problem() {
        let mut report = all_delivered();
        report.traces.emitted = 4;
        let problems = problems(&report, None);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("traces: the counts do not add up: "), "{problems:?}");
    }

    #[test]
    fn what_was_delivered_must_have_been_received() {
        let report = all_delivered();
        assert_eq!(problems(&report, Some(&Received::new(3, 3, 3))), Vec::<String>::new());
        let expected = ["traces: 3 delivered, but 4 received", "logs: 3 delivered, but 2 received"];
        assert_eq!(problems(&report, Some(&Received::new(4, 2, 3))), expected);
    }

    #[test]
    fn no_telemetry_at_all_is_a_problem() {
        let problems = problems(&TelemetryReport::default(), None);
        assert_eq!(problems, ["nothing was emitted: telemetry is turned off"]);
    }
}
