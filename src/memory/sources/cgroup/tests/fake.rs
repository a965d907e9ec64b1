//! A system laid out as files.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::memory::reading::{Reading, Readings};
use crate::memory::snapshot::{MemoryLimit, MemorySnapshot};
use crate::memory::sources::SystemRoot;
use crate::memory::sources::cgroup::Cgroup;

/// A file system of a test's own; gone with the test.
pub(super) struct FakeSystem(PathBuf);

impl FakeSystem {
    pub(super) fn new(membership: &str, mountinfo: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("beacon-cgroup-{}-{number}", std::process::id());
        let system = Self(std::env::temp_dir().join(name));
        system.with("proc/self/cgroup", membership).with("proc/self/mountinfo", mountinfo);
        system
    }

    pub(super) fn with(&self, path: &str, text: &str) -> &Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A cgroup of version 2: limit, usage, and file pages that go first.
    pub(super) fn v2(&self, path: &str, max: &str, current: u64, inactive_file: u64) -> &Self {
        let folder = format!("sys/fs/cgroup/{path}");
        self.with(&format!("{folder}/memory.max"), &format!("{max}\n"))
            .with(&format!("{folder}/memory.current"), &format!("{current}\n"))
            .with(&format!("{folder}/memory.high"), "max\n")
            .with(
                &format!("{folder}/memory.stat"),
                &format!(
                    "anon 7\nfile 9\ninactive_file {inactive_file}\npgfault 50\npgmajfault 3\n"
                ),
            )
    }

    /// A cgroup of version 1, with the limit that the kernel says holds over all.
    pub(super) fn v1(&self, path: &str, limit: &str, usage: u64, hierarchical: &str) -> &Self {
        let folder = format!("sys/fs/cgroup/memory/{path}");
        self.with(&format!("{folder}/memory.limit_in_bytes"), &format!("{limit}\n"))
            .with(&format!("{folder}/memory.usage_in_bytes"), &format!("{usage}\n"))
            .with(
                &format!("{folder}/memory.stat"),
                &format!(
                    "cache 1\nrss 2\ninactive_file 1\nhierarchical_memory_limit {hierarchical}\n\
                     total_rss 8\ntotal_inactive_file 1000\ntotal_pgfault 60\ntotal_pgmajfault 4\n"
                ),
            )
    }

    /// Puts something there that is and cannot be read, also by root.
    pub(super) fn unreadable(&self, path: &str) -> &Self {
        let path = self.0.join(path);
        if path.is_file() {
            fs::remove_file(&path).unwrap();
        }
        fs::create_dir_all(path).unwrap();
        self
    }

    pub(super) fn remove(&self, path: &str) -> &Self {
        fs::remove_file(self.0.join(path)).unwrap();
        self
    }

    pub(super) fn cgroup(&self) -> Cgroup {
        Cgroup::new(&SystemRoot::at(&self.0))
    }

    pub(super) fn read(&self) -> Readings {
        let mut readings = Readings::unknown();
        // What went wrong is in the limit's state as well.
        let _ = self.cgroup().read(&mut readings);
        readings
    }

    #[track_caller]
    pub(super) fn check(&self, expected: MemoryLimit) -> Readings {
        let readings = self.read();
        let snapshot = MemorySnapshot::new(Duration::ZERO, &readings);
        assert_eq!(snapshot.cgroup_limit, expected);
        let bytes = match expected {
            MemoryLimit::Bytes(bytes) => Some(bytes),
            _ => None,
        };
        assert_eq!(readings.get(Reading::CgroupLimitBytes), bytes);
        if bytes.is_none() {
            assert_eq!(readings.get(Reading::CgroupHeadroomBytes), None);
            assert_eq!(readings.get(Reading::CgroupUtilizationBillionths), None);
        }
        readings
    }
}

impl Drop for FakeSystem {
    fn drop(&mut self) {
        // What is left in a temporary folder harms nobody.
        drop(fs::remove_dir_all(&self.0));
    }
}
