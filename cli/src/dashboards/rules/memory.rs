//! Memory: leaks, the limit, the allocator, restarts.

use beacon::catalog::{leak, memory};

use crate::dashboards::names::Named as _;
use crate::dashboards::rules::{Alert, Group, Scenario, Severity, input};

pub(super) fn group() -> Group {
    Group {
        name: "beacon-memory",
        records: Vec::new(),
        alerts: vec![
            leak_confirmed(),
            leak_urgent(),
            leak_suspected(),
            trend(),
            near_limit(),
            exhaustion(),
            fragmentation(),
            restart_loop(),
        ],
        needs: &[],
        test_interval: "1m",
    }
}

fn alert(name: &'static str, severity: Severity, expr: String, scenario: Scenario) -> Alert {
    Alert {
        name,
        severity,
        component: "memory",
        expr,
        hold: "5m",
        keep: "15m",
        summary: "",
        description: "",
        page: "memory",
        scenario,
    }
}

fn leak_confirmed() -> Alert {
    let state = leak::LEAK_STATE.series();
    let left = leak::LEAK_TIME_TO_LIMIT.series();
    let expr =
        format!("(max by (job) ({state}) >= 2) unless on (job) (min by (job) ({left}) < 86400)");
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![input(
            &state,
            r#"beacon_leak_signal="live""#,
            ["2+0x60", "1+0x60", "2 2 2 0+0x57", "0+0x60"],
        )],
    );
    Alert {
        summary: "{{ $labels.job }} leaks memory.",
        description: "Memory grows in a line that neither load nor a cache explains. Nothing at once: the limit is more than a day away, or there is none. Old bytes by call-site name the code.",
        ..alert("BeaconMemoryLeakConfirmed", Severity::Warning, expr, scenario)
    }
}

/// The same, when there is little time.
fn leak_urgent() -> Alert {
    let state = leak::LEAK_STATE.series();
    let left = leak::LEAK_TIME_TO_LIMIT.series();
    let expr =
        format!("(max by (job) ({state}) >= 2) and on (job) (min by (job) ({left}) < 86400)");
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![
            input(
                &state,
                r#"beacon_leak_signal="live""#,
                ["2+0x60", "2+0x60", "2 2 2 0+0x57", "0+0x60"],
            ),
            input(&left, "", ["80000+0x60", "86400+0x60", "80000+0x60", "80000+0x60"]),
        ],
    );
    Alert {
        summary: "{{ $labels.job }} leaks memory and reaches its limit within a day.",
        description: "The kernel will end the process at the limit. Plan a restart, then find the cause: old bytes by call-site name the code.",
        ..alert(
            "BeaconMemoryLeakConfirmed",
            Severity::Critical,
            expr,
            scenario.besides("below", Severity::Warning),
        )
    }
}

fn leak_suspected() -> Alert {
    let state = leak::LEAK_STATE.series();
    let scenario = Scenario::new(
        "20m",
        "50m",
        vec![input(
            &state,
            r#"beacon_leak_signal="rss""#,
            ["1+0x60", "0+0x60", "1+0x20 0+0x39", "2+0x60"],
        )],
    );
    Alert {
        hold: "30m",
        summary: "{{ $labels.job }} may leak memory.",
        description: "It looks like a leak and is not confirmed. Wait for the verdict, or look at growth and cause on the page.",
        ..alert(
            "BeaconMemoryLeakSuspected",
            Severity::Info,
            format!("max by (job) ({state}) == 1"),
            scenario,
        )
    }
}

/// For services without the verdict: the floors of three half hours rise, and the line meets the limit.
fn trend() -> Alert {
    let rss = memory::PROCESS_MEMORY_USAGE.series();
    let limit = memory::CGROUP_MEMORY_LIMIT.series();
    let uptime = memory::PROCESS_UPTIME.series();
    let state = leak::LEAK_STATE.series();
    let by = "by (job, instance)";
    let floor = |ago: &str| format!("min {by} (min_over_time({rss}[30m] offset {ago}))");
    let now = format!("min {by} (min_over_time({rss}[30m]))");
    let rises = format!(
        "(max {by} (predict_linear({rss}[6h], 86400)) > max {by} ({limit}))\n  \
         and ({now} > 1.02 * {})\n  and ({} > 1.02 * {})\n  and (max {by} ({uptime}) > 21600)\n  \
         unless on (job, instance) ({state})",
        floor("2h"),
        floor("2h"),
        floor("4h")
    );
    let limits = "10000000000+0x200";
    let scenario = Scenario::new(
        "5h",
        "10h",
        vec![
            input(
                &rss,
                "",
                [
                    "1000000000+50000000x200",
                    "1000000000+1000000x200",
                    "1000000000+50000000x70 1000000000+50000000x130",
                    "1000000000+0x200",
                ],
            ),
            input(&limit, "", [limits; 4]),
            input(
                &uptime,
                "",
                ["0+300x200", "0+300x200", "0+300x70 0+300x49 0+300x79", "0+300x200"],
            ),
        ],
    )
    .interval("5m");
    Alert {
        hold: "1h",
        summary: "Memory of {{ $labels.job }} rises and will meet its limit within a day.",
        description: "The floor of its memory has risen for hours, and there is no verdict of beacon's detector. Switch the detector on, or plan a restart.",
        ..alert(
            "BeaconMemoryTrend",
            Severity::Warning,
            format!("count by (job) ({rises}) > 0"),
            scenario,
        )
    }
}

fn near_limit() -> Alert {
    let anon = memory::BEACON_PROCESS_MEMORY_RESIDENT.series();
    let limit = memory::CGROUP_MEMORY_LIMIT.series();
    let of_kind = r#"beacon_process_memory_kind="anon""#;
    let expr = format!(
        "max by (job) (max by (job, instance) ({anon}{{{of_kind}}}) / max by (job, instance) ({limit})) > 0.85"
    );
    let scenario = Scenario::new(
        "8m",
        "30m",
        vec![
            input(&anon, of_kind, ["90+0x60", "85+0x60", "90+0x5 10+0x54", "10+0x60"]),
            input(&limit, "", ["100+0x60"; 4]),
        ],
    );
    Alert {
        hold: "10m",
        summary: "{{ $labels.job }} uses more than 85 % of its memory limit.",
        description: "Memory that the kernel cannot take back is near the limit: the next peak may end the process. Raise the limit, or find what grows.",
        ..alert("BeaconMemoryNearLimit", Severity::Warning, expr, scenario)
    }
}

fn exhaustion() -> Alert {
    let left = leak::LEAK_TIME_TO_LIMIT.series();
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![input(&left, "", ["7000+0x60", "7200+0x60", "7000+0x2 90000+0x57", ""])],
    );
    Alert {
        summary: "{{ $labels.job }} reaches its memory limit within two hours.",
        description: "The kernel will end the process. Restart it or shed load now; find the cause later.",
        ..alert(
            "BeaconMemoryExhaustion",
            Severity::Critical,
            format!("min by (job) ({left}) < 7200"),
            scenario,
        )
    }
}

fn fragmentation() -> Alert {
    let anon = memory::BEACON_PROCESS_MEMORY_RESIDENT.series();
    let of_kind = r#"beacon_process_memory_kind="anon""#;
    let retained = leak::RETAINED.series();
    let by = "by (job, instance)";
    let expr = format!(
        "max by (job) ((max {by} ({retained}) > 268435456) / max {by} ({anon}{{{of_kind}}})) > 0.5"
    );
    let scenario = Scenario::new(
        "50m",
        "90m",
        vec![
            input(
                &retained,
                "",
                ["600000000+0x100", "500000000+0x100", "600000000+0x30 0+0x69", "200000000+0x100"],
            ),
            input(
                &anon,
                of_kind,
                ["1000000000+0x100", "1000000000+0x100", "1000000000+0x100", "300000000+0x100"],
            ),
        ],
    );
    Alert {
        hold: "1h",
        keep: "1h",
        summary: "More than half of the memory of {{ $labels.job }} is held by nobody.",
        description: "The allocator or a C library holds it, not the program. Fewer arenas, a shorter decay or another allocator help.",
        ..alert("BeaconAllocatorFragmentation", Severity::Warning, expr, scenario)
    }
}

/// Processes that are gone and lived less than ten minutes, or that restart under one name.
fn restart_loop() -> Alert {
    let uptime = memory::PROCESS_UPTIME.series();
    let expr = format!(
        "(count by (job) ((max_over_time({uptime}[30m]) < 600) unless {uptime}) >= 3)\n  \
         or (sum by (job) (resets({uptime}[30m])) >= 3)"
    );
    let scenario = Scenario::new(
        "9m",
        "30m",
        vec![input(
            &uptime,
            "",
            [
                "0+60x4 0+60x4 0+60x4 0+60x4 0+60x4 0+60x4 0+60x30",
                "0+60x4 0+60x4 0+60x60",
                "1000+60x10 0+60x50",
                "1000+60x60",
            ],
        )],
    );
    Alert {
        hold: "",
        summary: "{{ $labels.job }} restarts again and again.",
        description: "Three processes or more have ended within ten minutes of their start in the last half hour. The last records of the ended ones, and oom_kill among the events of the limit, tell why.",
        page: "service-overview",
        ..alert("BeaconRestartLoop", Severity::Critical, expr, scenario)
    }
}
