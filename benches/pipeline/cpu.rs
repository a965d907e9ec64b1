//! The time that threads spent on a processor, and the memory of the process, as Linux counts them.

use std::{fs, io, process};

/// Nanoseconds of user and system time since the start of the process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CpuTimes {
    /// The thread that does the service's work: the first one.
    pub(crate) caller: u64,
    /// All others. In these processes they are there for export alone: beacon's own threads, or the
    /// batch threads and the runtime of the official exporters.
    pub(crate) exporter: u64,
}

impl CpuTimes {
    /// Reads the clocks of the threads that live.
    pub(crate) fn now() -> io::Result<Self> {
        let own_id = process::id().to_string();
        let mut times = Self::default();
        for thread in fs::read_dir("/proc/self/task")? {
            let thread = thread?;
            // A thread may end while it is looked at.
            let Ok(text) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let nanos = on_processor(&text);
            if thread.file_name() == own_id.as_str() {
                times.caller += nanos;
            } else {
                times.exporter += nanos;
            }
        }
        Ok(times)
    }

    pub(crate) const fn since(self, earlier: Self) -> Self {
        Self {
            caller: self.caller.saturating_sub(earlier.caller),
            exporter: self.exporter.saturating_sub(earlier.exporter),
        }
    }
}

/// What the calling thread has spent until it slept last.
pub(crate) fn own_thread_nanos() -> io::Result<u64> {
    Ok(on_processor(&fs::read_to_string("/proc/thread-self/schedstat")?))
}

/// Source: the kernel's `Documentation/scheduler/sched-stats.rst`, `/proc/<pid>/schedstat`.
fn on_processor(schedstat: &str) -> u64 {
    schedstat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default()
}

/// The most resident memory so far, in KiB.
pub(crate) fn peak_rss_kib() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse().unwrap_or_default())
}
