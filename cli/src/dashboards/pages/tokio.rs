//! The page of Tokio runtimes.

use beacon::catalog::memory;
use beacon::catalog::runtime::{
    RUNTIME_STALLED, RUNTIME_STALLS, SPAN_AGE_MAX, TASK_LIVE, TOKIO_QUEUE_LENGTH,
    TOKIO_SCHEDULER_DELAY, TOKIO_TASK_COUNT, TOKIO_WORKER_COUNT, TOKIO_WORKER_UTILIZATION,
};
use beacon::catalog::runtime_unstable::{TOKIO_BLOCKING_THREAD_COUNT, TOKIO_TASK_POLL_DURATION};

use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::panel::{Help, graph, heatmap};
use crate::dashboards::query::{buckets, increase, max_by, quantile, rate, select, sum_by};

pub(super) fn board() -> Board {
    Board {
        slug: "tokio",
        title: "Tokio runtime",
        question: "Is the runtime keeping up?",
        rows: vec![workers(), stalls(), blocking(), process()],
    }
}

fn workers() -> Row {
    let by_queue = max_by("job, instance, tokio_queue_type", &select(&TOKIO_QUEUE_LENGTH, ""));
    row("Workers and tasks", vec![
        graph("Busy share", "percentunit", Help {
            shows: "Share of time that workers ran tasks. A worker that never parks shows nothing until it does.",
            good: "Below 0.7.",
            bad: "Red from 0.9, where BeaconRuntimeSaturated fires.",
            next: "More processors, or less work on the runtime.",
        }).query(max_by("job, instance", &select(&TOKIO_WORKER_UTILIZATION, "")), "{{job}} {{instance}}").limits(0.7, 0.9),
        graph("Scheduler delay, p99", "s", Help {
            shows: "Time from waking a task to running it.",
            good: "Below a millisecond.",
            bad: "Red from 100 ms, where BeaconSchedulerDelay fires: something blocks a worker.",
            next: "Poll times; spawn_blocking for what blocks.",
        }).query(quantile("0.99", &TOKIO_SCHEDULER_DELAY, "", "job, instance"), "{{job}} {{instance}}").limits(0.01, 0.1),
        graph("Tasks", "none", Help {
            shows: "Tasks that are alive.",
            good: "Goes with the load.",
            bad: "Rises while the load does not: tasks that never end.",
            next: "BeaconTaskLeak; tasks by name.",
        }).query(max_by("job, instance", &select(&TOKIO_TASK_COUNT, "")), "{{job}} {{instance}}").whole(),
        graph("Queues", "none", Help {
            shows: "Tasks that wait for a worker or a thread, by queue.",
            good: "Near 0.",
            bad: "blocking above 10 for five minutes: BeaconBlockingQueue fires.",
            next: "Busy share; threads for blocking work.",
        }).query(by_queue, "{{job}} {{instance}} {{tokio_queue_type}}").whole(),
        graph("Workers", "none", Help {
            shows: "Threads that run tasks.",
            good: "As many as processors.",
            bad: "More than the quota of the container: they are throttled.",
            next: "worker_threads of the runtime.",
        }).query(max_by("job, instance", &select(&TOKIO_WORKER_COUNT, "")), "{{job}} {{instance}}").whole(),
        graph("Poll times", "s", Help {
            shows: "How long one poll of a task takes: p50 and p99. Needs tokio_unstable.",
            good: "p99 below 1 ms.",
            bad: "p99 above 100 ms: a task blocks its worker.",
            next: "spawn_blocking, or a yield in the loop.",
        })
        .query(quantile("0.5", &TOKIO_TASK_POLL_DURATION, "", "job"), "p50 {{job}}")
        .query(quantile("0.99", &TOKIO_TASK_POLL_DURATION, "", "job"), "p99 {{job}}")
        .empty_until("tokio_unstable")
        .made_up("that is another build of everything"),
    ])
}

fn stalls() -> Row {
    row("Stalls, and what does not end", vec![
        graph("Blocked workers", "none", Help {
            shows: "Workers that have not turned for half a second, because a task keeps them.",
            good: "0.",
            bad: "Anything above 0 for a minute: BeaconRuntimeStalled fires.",
            next: "The record beacon.runtime.stalled names the task and its span: spawn_blocking for what blocks.",
        })
        .query(max_by("job, instance, tokio_runtime_name", &select(&RUNTIME_STALLED, "")), "{{job}} {{instance}} {{tokio_runtime_name}}").whole(),
        graph("Stalls", "short", Help {
            shows: "Times that a worker was found blocked, by runtime.",
            good: "0.",
            bad: "Again and again: something blocks regularly.",
            next: "The records of these stalls.",
        })
        .query(sum_by("job, tokio_runtime_name", &increase(&RUNTIME_STALLS, "")), "{{job}} {{tokio_runtime_name}}"),
        graph("Named tasks", "none", Help {
            shows: "Tasks with a name that were spawned and have not ended.",
            good: "Goes with the load.",
            bad: "One name rises without end.",
            next: "logging::live_spans, and the code that spawns it.",
        })
        .query(sum_by("job, beacon_task_name", &select(&TASK_LIVE, "")), "{{job}} {{beacon_task_name}}")
        .whole()
        .empty_until("named tasks"),
        graph("Age of the oldest unfinished span", "s", Help {
            shows: "How long the oldest span has been open.",
            good: "As long as the longest request.",
            bad: "Rises with the clock: a span that nobody ends.",
            next: "The record beacon.span.overdue names it.",
        })
        .query(max_by("job, instance", &select(&SPAN_AGE_MAX, "")), "{{job}} {{instance}}"),
    ])
}

fn blocking() -> Row {
    let threads = max_by(
        "job, instance, tokio_blocking_thread_state",
        &select(&TOKIO_BLOCKING_THREAD_COUNT, ""),
    );
    row(
        "Blocking work",
        vec![
            graph(
                "Threads for blocking work",
                "none",
                Help {
                    shows: "Threads of the blocking pool. Needs tokio_unstable.",
                    good: "Some idle.",
                    bad: "All busy, and the queue grows.",
                    next: "Bound the work, or raise max_blocking_threads.",
                },
            )
            .query(threads, "{{job}} {{instance}} {{tokio_blocking_thread_state}}")
            .whole()
            .empty_until("tokio_unstable")
            .made_up("that is another build of everything"),
            heatmap(
                "Scheduler delay",
                Help {
                    shows: "How many probes of all runtimes waited how long.",
                    good: "One band, below a millisecond.",
                    bad: "Many above 0.1.",
                    next: "Poll times.",
                },
            )
            .query(buckets(&TOKIO_SCHEDULER_DELAY, "", "le"), "{{le}}"),
        ],
    )
}

fn process() -> Row {
    row(
        "The process",
        vec![
            graph(
                "Processors in use",
                "short",
                Help {
                    shows: "Seconds of processor time per second, by mode.",
                    good: "Mostly user.",
                    bad: "system above user: many small system calls.",
                    next: "Context switches.",
                },
            )
            .query(
                sum_by("job, cpu_mode", &rate(&memory::PROCESS_CPU_TIME, "")),
                "{{job}} {{cpu_mode}}",
            ),
            graph(
                "Context switches",
                "cps",
                Help {
                    shows: "Times per second that a thread left its processor.",
                    good: "Mostly voluntary.",
                    bad: "involuntary rises: too few processors.",
                    next: "The container's quota.",
                },
            )
            .query(
                sum_by(
                    "job, process_context_switch_type",
                    &rate(&memory::PROCESS_CONTEXT_SWITCHES, ""),
                ),
                "{{job}} {{process_context_switch_type}}",
            ),
            graph(
                "Threads",
                "none",
                Help {
                    shows: "Threads of the process.",
                    good: "Level.",
                    bad: "Rises without end.",
                    next: "Who spawns threads; the blocking pool.",
                },
            )
            .query(
                max_by("job, instance", &select(&memory::PROCESS_THREAD_COUNT, "")),
                "{{job}} {{instance}}",
            )
            .whole(),
            graph(
                "File descriptors",
                "none",
                Help {
                    shows: "Open files and sockets.",
                    good: "Goes with the connections.",
                    bad: "Rises without end.",
                    next: "ls -l /proc/PID/fd.",
                },
            )
            .query(
                max_by("job, instance", &select(&memory::PROCESS_UNIX_FILE_DESCRIPTOR_COUNT, "")),
                "{{job}} {{instance}}",
            )
            .whole(),
        ],
    )
}
