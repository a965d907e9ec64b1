//! What is true of this process and its host now, read without beacon.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Numbers by metric, with the value of the attribute behind a slash.
pub(crate) type Truth = BTreeMap<String, f64>;

/// How far a number may be off, beside what passed between two looks.
pub(crate) fn tolerance(name: &str) -> f64 {
    const MIB: f64 = 1_048_576.0;
    match name.split('/').next().unwrap_or_default() {
        // The kernel adds up pages in batches for each processor and thread.
        "process.memory.usage" | "process.memory.virtual" | "beacon.process.memory.resident" => {
            2.0 * MIB
        }
        // Of a machine that others use, and of a cgroup that other processes are in.
        "system.memory.usage" | "system.memory.linux.available" => 512.0 * MIB,
        "beacon.cgroup.memory.usage"
        | "beacon.cgroup.memory.headroom"
        | "container.memory.usage"
        | "container.memory.working_set"
        | "container.memory.rss"
        | "container.memory.available"
        | "system.memory.linux.shared"
        | "system.paging.usage" => 64.0 * MIB,
        "beacon.cgroup.memory.utilization"
        | "system.memory.utilization"
        | "system.paging.utilization" => 0.1,
        "container.paging.faults" | "system.paging.faults" => 1e6,
        // Here in ticks of 10 ms, there to the microsecond; of all processors and processes.
        "process.cpu.time" => 0.03,
        "process.uptime" | "system.uptime" => 0.2,
        "container.cpu.time"
        | "system.cpu.time"
        | "beacon.cgroup.memory.pressure.time"
        | "beacon.system.memory.pressure.time" => 1.0,
        // Here without threads that have ended.
        "process.context_switches" => 200.0,
        _ => 0.0,
    }
}

/// Reads everything.
pub(crate) fn read() -> Truth {
    let mut truth = Truth::new();
    process(&mut truth);
    cgroup(&mut truth);
    system(&mut truth);
    truth
}

fn process(truth: &mut Truth) {
    let statm = text("/proc/self/statm");
    let mut pages = statm.split_whitespace().map(number);
    let mut next = || pages.next().expect("two numbers") * 4096.0;
    put(truth, "process.memory.virtual", next());
    put(truth, "process.memory.usage", next());
    let status = text("/proc/self/status");
    for (name, key) in [
        ("beacon.process.memory.resident/anon", "RssAnon:"),
        ("beacon.process.memory.resident/file", "RssFile:"),
        ("beacon.process.memory.resident/shmem", "RssShmem:"),
        ("beacon.process.memory.swapped", "VmSwap:"),
    ] {
        put(truth, name, line(&status, key).expect("a line") * 1024.0);
    }
    put(truth, "process.thread.count", line(&status, "Threads:").expect("a line"));
    let entries = fs::read_dir("/proc/self/fd").expect("a folder").count();
    // Without the handle that reads them.
    put(truth, "process.unix.file_descriptor.count", count(entries) - 1.0);
    let stat = text("/proc/self/stat");
    let behind = stat.rsplit_once(')').expect("a name").1;
    // The first of them is field 3.
    let fields: Vec<_> = behind.split_whitespace().skip(1).map(number).collect();
    let field = |number: usize| fields[number - 4];
    put(truth, "process.paging.faults/minor", field(10));
    put(truth, "process.paging.faults/major", field(12));
    put(truth, "process.cpu.time/user", field(14) / 100.0);
    put(truth, "process.cpu.time/system", field(15) / 100.0);
    let uptime = number(text("/proc/uptime").split_whitespace().next().expect("a number"));
    put(truth, "system.uptime", uptime);
    put(truth, "process.uptime", uptime - field(22) / 100.0);
    let io = text("/proc/self/io");
    put(truth, "process.disk.io/read", line(&io, "read_bytes:").expect("a line"));
    put(truth, "process.disk.io/write", line(&io, "write_bytes:").expect("a line"));
    for task in fs::read_dir("/proc/self/task").expect("a folder").flatten() {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        for (name, key) in [
            ("process.context_switches/voluntary", "voluntary_ctxt_switches:"),
            ("process.context_switches/involuntary", "nonvoluntary_ctxt_switches:"),
        ] {
            *truth.entry(name.to_owned()).or_default() += line(&status, key).unwrap_or_default();
        }
    }
}

/// The two layouts of a machine with everything mounted where distributions mount it.
fn cgroup(truth: &mut Truth) {
    let membership = text("/proc/self/cgroup");
    let path = |head: &str| {
        let line = membership.lines().find(|line| line.contains(head))?;
        Some(line.split_once(head)?.1.trim_start_matches('/').to_owned())
    };
    let (folder, limit, usage, prefix, rss) = match path(":memory:") {
        Some(path) => (
            Path::new("/sys/fs/cgroup/memory").join(path),
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_",
            "total_rss",
        ),
        None => (
            Path::new("/sys/fs/cgroup").join(path("0::").unwrap_or_default()),
            "memory.max",
            "memory.current",
            "",
            "anon",
        ),
    };
    let Ok(used) = fs::read_to_string(folder.join(usage)) else { return };
    let used = number(used.trim());
    put(truth, "beacon.cgroup.memory.usage", used);
    let ancestors = folder.ancestors().take_while(|folder| folder.starts_with("/sys/fs/cgroup/"));
    let limits = ancestors.filter_map(|folder: &Path| {
        let text = fs::read_to_string(folder.join(limit)).ok()?;
        text.trim().parse::<f64>().ok().filter(|limit| *limit < 4e18)
    });
    let limit = limits.fold(f64::INFINITY, f64::min);
    let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let stat = |key: &str| line(&stat, &format!("{prefix}{key}")).expect("a line");
    let working_set = used - stat("inactive_file");
    if limit.is_finite() {
        put(truth, "beacon.cgroup.memory.limit", limit);
        put(truth, "beacon.cgroup.memory.headroom", limit - working_set);
        put(truth, "beacon.cgroup.memory.utilization", working_set / limit);
        put(truth, "container.memory.available", limit - working_set);
    }
    put(truth, "container.memory.usage", used);
    put(truth, "container.memory.working_set", working_set);
    put(truth, "container.memory.rss", stat(rss.trim_start_matches(prefix)));
    let major = stat("pgmajfault");
    put(truth, "container.paging.faults/major", major);
    put(truth, "container.paging.faults/minor", stat("pgfault") - major);
    if let Ok(text) = fs::read_to_string(folder.join("cpu.stat")) {
        put(truth, "container.cpu.time/user", line(&text, "user_usec").expect("a line") / 1e6);
        put(truth, "container.cpu.time/system", line(&text, "system_usec").expect("a line") / 1e6);
    }
    events(truth, &folder);
}

fn events(truth: &mut Truth, folder: &Path) {
    let files = ["memory.events", "memory.oom_control"].map(|name| folder.join(name));
    let text: String = files.iter().flat_map(fs::read_to_string).collect();
    for event in ["low", "high", "max", "oom", "oom_kill"] {
        if let Some(count) = line(&text, event) {
            put(truth, &format!("beacon.cgroup.memory.events/{event}"), count);
        }
    }
    pressure(truth, "beacon.cgroup.memory.pressure.time", &folder.join("memory.pressure"));
}

fn pressure(truth: &mut Truth, name: &str, path: &Path) {
    let text = fs::read_to_string(path).unwrap_or_default();
    for line in text.lines() {
        let (kind, total) = line.split_once(' ').expect("words");
        let total = number(total.rsplit_once("total=").expect("a total").1);
        put(truth, &format!("{name}/{kind}"), total / 1e6);
    }
}

fn system(truth: &mut Truth) {
    let meminfo = text("/proc/meminfo");
    let bytes = |key| line(&meminfo, key).expect("a line") * 1024.0;
    let total = bytes("MemTotal:");
    put(truth, "system.memory.limit", total);
    put(truth, "system.memory.linux.available", bytes("MemAvailable:"));
    put(truth, "system.memory.linux.shared", bytes("Shmem:"));
    let states = [
        ("used", total - bytes("MemAvailable:")),
        ("free", bytes("MemFree:")),
        ("buffers", bytes("Buffers:")),
        ("cached", bytes("Cached:")),
    ];
    for (state, bytes) in states {
        put(truth, &format!("system.memory.usage/{state}"), bytes);
        put(truth, &format!("system.memory.utilization/{state}"), bytes / total);
    }
    let (swap, free) = (bytes("SwapTotal:"), bytes("SwapFree:"));
    for (state, bytes) in [("used", swap - free), ("free", free)] {
        put(truth, &format!("system.paging.usage/{state}"), bytes);
        if swap > 0.0 {
            put(truth, &format!("system.paging.utilization/{state}"), bytes / swap);
        }
    }
    let vmstat = text("/proc/vmstat");
    let value = |key| line(&vmstat, key).expect("a line");
    put(truth, "system.paging.faults/major", value("pgmajfault"));
    put(truth, "system.paging.faults/minor", value("pgfault") - value("pgmajfault"));
    let stat = text("/proc/stat");
    let is_one = |line: &&str| line.starts_with("cpu") && !line.starts_with("cpu ");
    put(truth, "system.cpu.logical.count", count(stat.lines().filter(is_one).count()));
    let all = stat.lines().next().expect("a line");
    let ticks: Vec<_> = all.split_whitespace().skip(1).map(|t| number(t) / 100.0).collect();
    let times = [
        ("user", ticks[0]),
        ("nice", ticks[1]),
        ("system", ticks[2]),
        ("idle", ticks[3]),
        ("iowait", ticks[4]),
        ("interrupt", ticks[5] + ticks[6]),
        ("steal", ticks[7]),
    ];
    for (mode, seconds) in times {
        put(truth, &format!("system.cpu.time/{mode}"), seconds);
    }
    pressure(truth, "beacon.system.memory.pressure.time", Path::new("/proc/pressure/memory"));
}

fn put(truth: &mut Truth, name: &str, value: f64) {
    truth.insert(name.to_owned(), value);
}

fn text(path: &str) -> String {
    fs::read_to_string(path).expect("the kernel tells")
}

/// The number behind a key.
fn line(text: &str, key: &str) -> Option<f64> {
    let behind = |line: &str| {
        let mut words = line.split_whitespace();
        (words.next() == Some(key)).then(|| number(words.next().expect("a number")))
    };
    text.lines().find_map(behind)
}

fn number(text: &str) -> f64 {
    text.trim().parse().expect("a number")
}

fn count(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("few"))
}
