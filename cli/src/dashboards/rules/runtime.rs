//! The runtime: workers, queues, delays, tasks, panics.

use beacon::catalog;
use beacon::catalog::request::HTTP_SERVER_REQUEST_DURATION;
use beacon::catalog::runtime::{
    RUNTIME_STALLED, TOKIO_QUEUE_LENGTH, TOKIO_SCHEDULER_DELAY, TOKIO_TASK_COUNT,
    TOKIO_WORKER_UTILIZATION,
};

use crate::dashboards::names::Named as _;
use crate::dashboards::query::part;
use crate::dashboards::rules::{Alert, Group, Scenario, Severity, input};

pub(super) fn group() -> Group {
    Group {
        name: "beacon-runtime",
        records: Vec::new(),
        alerts: vec![
            stalled(),
            saturated(),
            blocking_queue(),
            scheduler_delay(),
            task_leak(),
            panics(),
        ],
        needs: &[],
        test_interval: "1m",
    }
}

fn alert(name: &'static str, expr: String, scenario: Scenario) -> Alert {
    Alert {
        name,
        severity: Severity::Warning,
        component: "runtime",
        expr,
        hold: "10m",
        keep: "10m",
        summary: "",
        description: "",
        page: "tokio",
        scenario,
    }
}

fn stalled() -> Alert {
    let blocked = RUNTIME_STALLED.series();
    let scenario = Scenario::new(
        "30s",
        "30m",
        vec![input(&blocked, "", ["2+0x60", "0+0x60", "2+0x0 0+0x59", "0+0x60"])],
    );
    Alert {
        hold: "1m",
        summary: "A worker of {{ $labels.job }} is blocked.",
        description: "A task keeps its worker for over a minute, and what waits for the worker stands still. The record beacon.runtime.stalled names the task and its span.",
        ..alert("BeaconRuntimeStalled", format!("max by (job) ({blocked}) > 0"), scenario)
    }
}

fn saturated() -> Alert {
    let busy = TOKIO_WORKER_UTILIZATION.series();
    let scenario = Scenario::new(
        "8m",
        "30m",
        vec![input(&busy, "", ["0.95+0x60", "0.9+0x60", "0.95+0x5 0.1+0x54", "0.1+0x60"])],
    );
    Alert {
        summary: "Workers of {{ $labels.job }} are busy for more than 90 % of the time.",
        description: "Requests wait for a worker. More processors or instances, or less work on the runtime.",
        ..alert("BeaconRuntimeSaturated", format!("max by (job) ({busy}) > 0.9"), scenario)
    }
}

fn blocking_queue() -> Alert {
    let queue = TOKIO_QUEUE_LENGTH.series();
    let kind = r#"tokio_queue_type="blocking""#;
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![input(&queue, kind, ["20+0x60", "10+0x60", "20+0x2 0+0x57", "0+0x60"])],
    );
    Alert {
        hold: "5m",
        summary: "Blocking work of {{ $labels.job }} waits for threads.",
        description: "All threads of the blocking pool are busy, and what comes waits. Bound the work, or raise max_blocking_threads.",
        ..alert("BeaconBlockingQueue", format!("max by (job) ({queue}{{{kind}}}) > 10"), scenario)
    }
}

/// More than one probe of a hundred waits for more than 100 ms.
fn scheduler_delay() -> Alert {
    let count = part(&TOKIO_SCHEDULER_DELAY, "_count");
    let bucket = part(&TOKIO_SCHEDULER_DELAY, "_bucket");
    let expr = format!(
        "(1 - sum by (job) (rate({bucket}{{le=\"0.1\"}}[5m])) / sum by (job) (rate({count}[5m]))) > 0.01"
    );
    let all = "0+100x60";
    let scenario = Scenario::new(
        "8m",
        "30m",
        vec![
            input(&bucket, r#"le="0.1""#, ["0+90x60", "0+99.5x60", "0+100x20 0+100x39", all]),
            input(&count, "", [all, all, "0+100x20 0+100x39", all]),
        ],
    );
    Alert {
        summary: "Tasks of {{ $labels.job }} wait for more than 100 ms to run.",
        description: "Something blocks workers. Poll times and stalls name the task; spawn_blocking is for what blocks.",
        ..alert("BeaconSchedulerDelay", expr, scenario)
    }
}

/// Tasks rise for three hours, and requests do not.
fn task_leak() -> Alert {
    let tasks = TOKIO_TASK_COUNT.series();
    let requests = part(&HTTP_SERVER_REQUEST_DURATION, "_count");
    let floor = |ago: &str| format!("sum by (job) (min_over_time({tasks}[30m]{ago}))");
    let rate = |ago: &str| format!("sum by (job) (rate({requests}[30m]{ago}))");
    let expr = format!(
        "({} > 1.5 * {} + 100)\n  and on (job) ({} < 1.2 * {})",
        floor(""),
        floor(" offset 3h"),
        rate(""),
        rate(" offset 3h")
    );
    let steady = "0+3000x100";
    let scenario = Scenario::new(
        "3h",
        "7h",
        vec![
            input(&tasks, "", ["100+50x100", "1000+5x100", "100+50x20 100+0x79", "100+0x100"]),
            input(&requests, r#"http_route="/""#, [steady, steady, "0+3000x20 0+3000x79", steady]),
        ],
    )
    .interval("5m");
    Alert {
        hold: "30m",
        summary: "Tasks of {{ $labels.job }} pile up.",
        description: "Alive tasks have risen for three hours while the rate of requests has not: tasks never end. Tasks by name tell which.",
        ..alert("BeaconTaskLeak", expr, scenario)
    }
}

fn panics() -> Alert {
    let panics = catalog::PANICS.series();
    let scenario = Scenario::new(
        "20m",
        "30m",
        vec![input(&panics, "", ["0+0x24 1+0x35", "0+0x60", "5+0x22 0+0x37", ""])],
    );
    Alert {
        hold: "",
        summary: "{{ $labels.job }} panics.",
        description: "A request or a task ended by a panic. The record of the panic has its place, its backtrace and its trace.",
        page: "logs",
        ..alert("BeaconPanics", format!("sum by (job) (increase({panics}[10m])) > 0"), scenario)
    }
}
