use beacon::catalog::{leak, memory};

use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::panel::{Help, column, graph, stat, table};
use crate::dashboards::query::{
    increase, increase_in_range, max_by, quantile, rate, select, sum_by,
};

pub(super) fn board() -> Board {
    Board {
        slug: "memory",
        title: "Memory and leaks",
        question: "Does it leak, and will it last?",
        rows: vec![verdict(), limit(), heap(), given_back(), work()],
    }
}

fn verdict() -> Row {
    let anon = r#"beacon_process_memory_kind="anon""#;
    row("Verdict", vec![
        stat("Leak", "none", Help {
            shows: "Verdict of the worst process, every half hour.",
            good: "None.",
            bad: "Confirmed: BeaconMemoryLeakConfirmed fires.",
            next: "Old bytes by call-site, below, name the code.",
        }).query(max_by("job", &select(&leak::LEAK_STATE, "")), "{{job}}").limits(1.0, 2.0).states(&[("None", "green"), ("Suspected", "yellow"), ("Confirmed", "red")]).width(6).empty_until("the first verdict, half an hour after the start"),
        stat("Time to the limit", "s", Help {
            shows: "How long the limit lasts at the present growth.",
            good: "Nothing: no growth, or no limit.",
            bad: "Red below two hours, where BeaconMemoryExhaustion fires; yellow below a day.",
            next: "Restart or shed load, then find the cause.",
        }).query(format!("min by (job) ({})", select(&leak::LEAK_TIME_TO_LIMIT, "")), "{{job}}").floors(7200.0, 86_400.0).width(6).empty_until("a leak"),
        stat("Limit used", "percentunit", Help {
            shows: "Working set divided by the tightest limit, of the fullest process.",
            good: "Below 0.8.",
            bad: "Red from 0.85, where BeaconMemoryNearLimit fires.",
            next: "Headroom, below.",
        }).query(max_by("job", &select(&memory::CGROUP_MEMORY_UTILIZATION, "")), "{{job}}").limits(0.8, 0.85).width(6).empty_until(LIMITED).made_up(UNLIMITED),
        stat("Youngest process", "s", Help {
            shows: "Time since the youngest process of a service began.",
            good: "As old as the last deployment.",
            bad: "Minutes: it restarts.",
            next: "BeaconRestartLoop; the orange marks.",
        }).query(format!("min by (job) ({})", select(&memory::PROCESS_UPTIME, "")), "{{job}}").width(6),
        graph("Memory in RAM", "bytes", Help {
            shows: "Resident memory by process. A leak shows in anon, not in files.",
            good: "Level, or a sawtooth with a level floor.",
            bad: "A floor that rises for hours.",
            next: "Live heap: rises too, then the program holds it; else the allocator or a C library does.",
        })
        .query(max_by("job, instance", &select(&memory::PROCESS_MEMORY_USAGE, "")), "all {{job}} {{instance}}")
        .query(max_by("job, instance", &select(&memory::BEACON_PROCESS_MEMORY_RESIDENT, anon)), "anon {{job}} {{instance}}"),
        graph("Growth per hour", "bytes", Help {
            shows: "Bytes per hour, on the longest window that speaks for a leak.",
            good: "Nothing.",
            bad: "Any number that stays.",
            next: "Old bytes by call-site.",
        }).query(max_by("job, beacon_leak_signal", &select(&leak::LEAK_GROWTH, "")), "{{job}} {{beacon_leak_signal}}").empty_until("a leak"),
        table("Old bytes by call-site", "bytes", Help {
            shows: "Bytes older than an hour, of the five call-sites that hold most. Needs TrackingAllocator.",
            good: "Caches and tables that are meant to stay.",
            bad: "A call-site that grows from hour to hour.",
            next: "Look at who keeps what that function allocates.",
        }).query(max_by("job, beacon_leak_site, beacon_leak_span", &select(&leak::HEAP_OLD, "")), "{{beacon_leak_site}}")
            .columns([column("beacon_leak_site", "Call-site", 0), column("beacon_leak_span", "Span", 140), column("job", "Service", 140), column("Value", "Old", 100)])
            .width(16)
            .empty_until("a leak"),
        table("Leak alerts", "none", Help {
            shows: "Alerts about memory in the time shown, by state and cause.",
            good: "Nothing.",
            bad: "The cause says whether the program or the allocator holds it.",
            next: "The page of the manual on alerts.",
        }).query(sum_by("job, beacon_leak_state, beacon_leak_cause", &increase_in_range(&leak::LEAK_ALERTS, "")), "{{beacon_leak_cause}}")
            .whole()
            .columns([column("job", "Service", 130), column("beacon_leak_state", "State", 100), column("beacon_leak_cause", "Cause", 140), column("Value", "Alerts", 70)])
            .width(8)
            .empty_until("a leak"),
    ])
}

fn limit() -> Row {
    // Without a limit the usage is that of the whole machine.
    let limited = format!(
        "{} and {}",
        max_by("job, instance", &select(&memory::CGROUP_MEMORY_USAGE, "")),
        max_by("job, instance", &select(&memory::CGROUP_MEMORY_LIMIT, "")),
    );
    row("The limit", vec![
        graph("Limit and usage", "bytes", Help {
            shows: "The tightest limit of the cgroup, and its usage with the page cache.",
            good: "Room between them.",
            bad: "Usage at the limit while headroom is small.",
            next: "Headroom.",
        })
        .query(max_by("job, instance", &select(&memory::CGROUP_MEMORY_LIMIT, "")), "limit {{job}} {{instance}}")
        .query(limited, "usage {{job}} {{instance}}").empty_until(LIMITED).made_up(UNLIMITED),
        graph("Headroom", "bytes", Help {
            shows: "What is left of the limit. At 0 the kernel kills.",
            good: "Level.",
            bad: "A line that will meet 0.",
            next: "Raise the limit or find the growth.",
        }).query(format!("min by (job, instance) ({})", select(&memory::CGROUP_MEMORY_HEADROOM, "")), "{{job}} {{instance}}").empty_until(LIMITED).made_up(UNLIMITED),
        graph("Limit events", "short", Help {
            shows: "Events of the cgroup: high slowed it down, max took memory back, oom_kill ended a process.",
            good: "0.",
            bad: "oom_kill.",
            next: "The limit is too low, or there is a leak.",
        }).query(sum_by("job, beacon_cgroup_event", &increase(&memory::CGROUP_MEMORY_EVENTS, "")), "{{job}} {{beacon_cgroup_event}}").empty_until(LIMITED).made_up(UNLIMITED),
        graph("Memory pressure", "percentunit", Help {
            shows: "Share of time that work of the cgroup waited for memory.",
            good: "0.",
            bad: "Above 0.1: it is thrashing.",
            next: "Raise the limit; look at major faults.",
        }).query(max_by("job, instance, beacon_cgroup_pressure", &rate(&memory::CGROUP_MEMORY_PRESSURE_TIME, "")), "{{job}} {{instance}} {{beacon_cgroup_pressure}}").limits(0.05, 0.1).empty_until(LIMITED).made_up(UNLIMITED),
    ])
}

fn heap() -> Row {
    let by = "job, instance, beacon_allocator_name";
    row("Heap and allocator", vec![
        graph("Live heap", "bytes", Help {
            shows: "Bytes asked for and not given back, exactly. Needs TrackingAllocator.",
            good: "A sawtooth with a level floor.",
            bad: "A floor that rises.",
            next: "Old bytes by call-site.",
        }).query(max_by("job, instance", &select(&memory::HEAP_LIVE, "")), "{{job}} {{instance}}").empty_until("TrackingAllocator"),
        graph("Allocation rate", "Bps", Help {
            shows: "Bytes asked for per second.",
            good: "Goes with the load.",
            bad: "Rises alone: a loop that copies.",
            next: "A heap profile.",
        }).query(sum_by("job, instance", &rate(&memory::HEAP_ALLOCATED, "")), "{{job}} {{instance}}").empty_until("TrackingAllocator"),
        graph("Blocks", "short", Help {
            shows: "Blocks that live now.",
            good: "Level.",
            bad: "Rises while bytes do not: many small things are kept.",
            next: "Old bytes by call-site.",
        }).query(max_by("job, instance", &select(&memory::HEAP_BLOCK_COUNT, "")), "{{job}} {{instance}}").empty_until("TrackingAllocator"),
        graph("Allocator", "bytes", Help {
            shows: "What the allocator says of itself.",
            good: "mapped stays near allocated.",
            bad: "free grows: pages with a few live blocks each, which is fragmentation.",
            next: "BeaconAllocatorFragmentation names what helps.",
        })
        .query(max_by(by, &select(&memory::ALLOCATOR_ALLOCATED, "")), "allocated {{job}} {{beacon_allocator_name}}")
        .query(max_by(by, &select(&memory::ALLOCATOR_MAPPED, "")), "mapped {{job}} {{beacon_allocator_name}}")
        .query(max_by(by, &select(&memory::ALLOCATOR_FREE, "")), "free {{job}} {{beacon_allocator_name}}"),
        graph("Resident, but not live", "bytes", Help {
            shows: "Resident memory without files that is not live heap: what the allocator holds, stacks, C libraries.",
            good: "Level.",
            bad: "Grows while the live heap does not.",
            next: "The cause of the alert: fragmentation or native_growth.",
        }).query(max_by("job, instance", &select(&leak::RETAINED, "")), "{{job}} {{instance}}"),
        graph("Page faults", "cps", Help {
            shows: "Page faults per second; major ones waited for a device.",
            good: "No major ones.",
            bad: "Major ones: memory was taken back.",
            next: "The limit.",
        }).query(sum_by("job, system_paging_fault_type", &rate(&memory::PROCESS_PAGING_FAULTS, "")), "{{job}} {{system_paging_fault_type}}"),
    ])
}

fn given_back() -> Row {
    row("Given back", vec![
        graph("Memory given back", "bytes", Help {
            shows: "By how much resident memory fell when beacon asked the allocator, by trigger.",
            good: "Nothing, or some now and then.",
            bad: "All the time: the limit is near.",
            next: "The limit.",
        }).query(sum_by("job, beacon_memory_reclaim_trigger", &increase(&leak::RECLAIM_RETURNED, "")), "{{job}} {{beacon_memory_reclaim_trigger}}").width(8).empty_until("memory that is given back"),
        graph("Failures of hooks", "short", Help {
            shows: "The service's own hooks that failed: caches, callbacks.",
            good: "Nothing.",
            bad: "panic or timeout.",
            next: "The log names the hook.",
        }).query(sum_by("job, beacon_memory_hook, error_type", &increase(&leak::HOOK_FAILURES, "")), "{{job}} {{beacon_memory_hook}} {{error_type}}").width(8).empty_until("a hook that fails"),
        graph("Failures of sources", "short", Help {
            shows: "Sources of memory figures that gave nothing.",
            good: "Nothing.",
            bad: "A panel here is empty because of it.",
            next: "The log names the source.",
        }).query(sum_by("job, beacon_memory_source, error_type", &increase(&memory::MEMORY_SOURCE_FAILURES, "")), "{{job}} {{beacon_memory_source}} {{error_type}}").width(8).empty_until("a source of figures that fails").made_up("none fails there"),
    ])
}

fn work() -> Row {
    let by = "job, beacon_memory_scope_name";
    row("Measured pieces of work", vec![
        graph("Peak by work, p95", "bytes", Help {
            shows: "The most that a piece of work held at once, for those in a memory::scope.",
            good: "Level.",
            bad: "Grows with the size of somebody's input.",
            next: "Bound what it reads.",
        }).query(quantile("0.95", &leak::SCOPE_PEAK, "", by), "{{job}} {{beacon_memory_scope_name}}").empty_until("memory::scope"),
        graph("Kept by work, p95", "bytes", Help {
            shows: "What a piece of work allocated and did not free.",
            good: "Near 0.",
            bad: "The same amount each time: it leaks that.",
            next: "Look at what it stores.",
        }).query(quantile("0.95", &leak::SCOPE_RETAINED, "", by), "{{job}} {{beacon_memory_scope_name}}").empty_until("memory::scope"),
    ])
}

const LIMITED: &str = "a memory limit of the cgroup";
const UNLIMITED: &str = "services have no limit there";
