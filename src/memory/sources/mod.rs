//! Where the numbers come from: files of the kernel, read again and again into the same buffers.
//!
//! Every path is below a [`SystemRoot`], so that tests can lay out a system of their own.

mod allocator;
mod cgroup;
#[cfg_attr(target_os = "linux", path = "clocks_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "clocks_other.rs")]
mod clocks;
mod file;
mod lazy_free;
mod limit;
mod portable;
#[cfg_attr(unix, path = "positioned_unix.rs")]
#[cfg_attr(not(unix), path = "positioned_other.rs")]
mod positioned;
mod pressure;
mod process;
mod root;
mod system;
mod text;
#[cfg_attr(target_os = "linux", path = "usage_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "usage_other.rs")]
mod usage;

use crate::config::MemorySettings;
use crate::memory::sampler::Source;

pub(crate) use limit::LimitState;
pub(crate) use root::SystemRoot;

/// All sources, in the order in which they are asked.
pub(crate) fn all(root: &SystemRoot, settings: &MemorySettings) -> Vec<Source> {
    let wants_system = settings.system_metrics;
    vec![
        process::source(root),
        cgroup::source(root),
        allocator::source(),
        lazy_free::source(root),
        system::source(root, wants_system),
        pressure::source(root, wants_system),
    ]
}

/// Those that tell how much is used and left.
pub(crate) fn of_usage(root: &SystemRoot) -> Vec<Source> {
    vec![process::source(root), cgroup::source(root), allocator::source()]
}
