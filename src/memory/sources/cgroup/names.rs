//! What the two versions of cgroups call the same things.
//!
//! Source: the kernel's `cgroup-v2.rst` and `cgroup-v1/memory.rst`.

/// The names of files and of lines in them.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) limit: &'static str,
    pub(super) usage: &'static str,
    pub(super) events: &'static str,
    /// `None`: this version has none.
    pub(super) high: Option<&'static str>,
    pub(super) pressure: Option<&'static str>,
    /// `0` in this file of a cgroup: those below are not counted in it.
    pub(super) is_hierarchical: Option<&'static str>,
    // Lines of `memory.stat`.
    pub(super) inactive_file: &'static str,
    pub(super) rss: &'static str,
    pub(super) faults: &'static str,
    pub(super) major_faults: &'static str,
    /// The limit by all cgroups around, also by those that cannot be seen from here.
    pub(super) hierarchical_limit: Option<&'static str>,
}

pub(super) static VERSION_1: Names = Names {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    events: "memory.oom_control",
    high: None,
    pressure: None,
    is_hierarchical: Some("memory.use_hierarchy"),
    inactive_file: "total_inactive_file",
    rss: "total_rss",
    faults: "total_pgfault",
    major_faults: "total_pgmajfault",
    hierarchical_limit: Some("hierarchical_memory_limit"),
};

pub(super) static VERSION_2: Names = Names {
    limit: "memory.max",
    usage: "memory.current",
    events: "memory.events",
    high: Some("memory.high"),
    pressure: Some("memory.pressure"),
    is_hierarchical: None,
    inactive_file: "inactive_file",
    rss: "anon",
    faults: "pgfault",
    major_faults: "pgmajfault",
    hierarchical_limit: None,
};
