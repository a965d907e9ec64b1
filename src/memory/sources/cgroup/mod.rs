//! The limit that the process lives under, and what counts against it: cgroups of version 1,
//! version 2, both at once, nested, and inside of namespaces.

mod cpu;
mod level;
mod locate;
mod memory;
mod names;
mod tightest;

use std::path::PathBuf;

use crate::memory::counts::{FailureReason, SourceName};
use crate::memory::reading::{Reading, Readings};
use crate::memory::sampler::Source;
use crate::memory::sources::cgroup::cpu::CpuCgroup;
use crate::memory::sources::cgroup::locate::{Hierarchy, below, mounts, path_in};
use crate::memory::sources::cgroup::memory::MemoryCgroup;
use crate::memory::sources::cgroup::names::{VERSION_1, VERSION_2};
use crate::memory::sources::file::{KernelFile, Text, TextBuffer};
use crate::memory::sources::{LimitState, SystemRoot};

pub(super) fn source(root: &SystemRoot) -> Source {
    let mut cgroup = Cgroup::new(root);
    let read = move |_now, readings: &mut Readings| cgroup.read(readings);
    Source { name: SourceName::Cgroup, read: Box::new(read) }
}

/// The cgroups of the process, found anew when it was moved.
#[derive(Debug)]
struct Cgroup {
    root: SystemRoot,
    membership: KernelFile,
    /// The text of the membership that `found` belongs to.
    known: Vec<u8>,
    found: Option<Found>,
    /// Samples without a known limit since it was looked for.
    unknown_samples: u32,
    buffer: TextBuffer,
}

#[derive(Debug)]
struct Found {
    memory: Result<MemoryCgroup, LimitState>,
    cpu: Option<CpuCgroup>,
}

impl Cgroup {
    fn new(root: &SystemRoot) -> Self {
        Self {
            root: root.clone(),
            membership: KernelFile::new(root.path("/proc/self/cgroup")),
            known: Vec::new(),
            found: None,
            unknown_samples: 0,
            buffer: TextBuffer::default(),
        }
    }

    fn read(&mut self, readings: &mut Readings) -> Result<(), FailureReason> {
        let (state, outcome) = self.read_all(readings);
        readings.set(Reading::CgroupLimitState, state.number());
        match state {
            LimitState::Garbage | LimitState::Unreadable => Err(state.failure()),
            _ => outcome,
        }
    }

    fn read_all(&mut self, readings: &mut Readings) -> (LimitState, Result<(), FailureReason>) {
        match self.membership.read(&mut self.buffer) {
            Text::Bytes(bytes) if self.found.is_some() && bytes == self.known => {}
            Text::Bytes(bytes) => {
                self.known.clear();
                self.known.extend_from_slice(bytes);
                self.found = Some(find(&self.root, &self.known));
            }
            Text::Absent => return (LimitState::NoCgroup, Ok(())),
            Text::Failed(_) => return (LimitState::Unreadable, Ok(())),
        }
        let Some(found) = &mut self.found else { return (LimitState::NoAnswer, Ok(())) };
        if let Some(cpu) = &mut found.cpu {
            cpu.read(readings, &mut self.buffer);
        }
        let (state, outcome) = match &mut found.memory {
            Ok(memory) => memory.read(readings, &mut self.buffer),
            Err(state) => (*state, Ok(())),
        };
        if state.is_known() {
            self.unknown_samples = 0;
        } else {
            self.unknown_samples = self.unknown_samples.saturating_add(1);
        }
        if self.unknown_samples >= LOOK_AGAIN_AFTER {
            // It may have been mounted meanwhile.
            self.unknown_samples = 0;
            self.found = None;
        }
        (state, outcome)
    }
}

/// Finds the cgroups of a process with this membership.
fn find(root: &SystemRoot, membership: &[u8]) -> Found {
    let mut buffer = TextBuffer::default();
    let mut mountinfo = KernelFile::new(root.path("/proc/self/mountinfo"));
    let mountinfo: &[u8] = match mountinfo.read(&mut buffer) {
        Text::Bytes(bytes) => bytes,
        Text::Absent | Text::Failed(_) => &[],
    };
    let folders = |hierarchy, path: &str| folders(root, mountinfo, hierarchy, path);
    // Where both versions are in use, memory is counted by the one that names it.
    let by_memory = path_in(membership, Hierarchy::Controller("memory"));
    let unified = path_in(membership, Hierarchy::Unified);
    let memory = match (&by_memory, &unified) {
        (Some(path), _) => folders(Hierarchy::Controller("memory"), path)
            .map(|folders| MemoryCgroup::new(&folders, &VERSION_1)),
        (None, Some(path)) => {
            folders(Hierarchy::Unified, path).map(|folders| MemoryCgroup::new(&folders, &VERSION_2))
        }
        (None, None) => Err(LimitState::NoController),
    };
    // A cgroup elsewhere in its hierarchy is another group of processes, often the whole machine.
    let own = by_memory.as_ref().or(unified.as_ref());
    let innermost = |hierarchy, path: &str| folders(hierarchy, path).ok()?.into_iter().next();
    let by_cpu = path_in(membership, Hierarchy::Controller("cpuacct"));
    let cpu = match (by_cpu, &unified) {
        (Some(path), _) if own == Some(&path) => innermost(Hierarchy::Controller("cpuacct"), &path)
            .map(|folder| CpuCgroup::version_1(&folder)),
        (None, Some(path)) if own == Some(path) => {
            innermost(Hierarchy::Unified, path).map(|folder| CpuCgroup::version_2(&folder))
        }
        _ => None,
    };
    Found { memory, cpu }
}

/// The folders from the process's own cgroup to the outermost that is mounted. Never empty.
fn folders(
    root: &SystemRoot,
    mountinfo: &[u8],
    hierarchy: Hierarchy,
    path: &str,
) -> Result<Vec<PathBuf>, LimitState> {
    let mounts = mounts(mountinfo, hierarchy);
    if mounts.is_empty() {
        return Err(LimitState::NotMounted);
    }
    for mount in &mounts {
        let Some(below) = below(mount, path) else { continue };
        let top = root.path(&mount.point);
        let own = top.join(below);
        if own.is_dir() {
            let outwards = own.ancestors().take_while(|folder| folder.starts_with(&top));
            let folders: Vec<_> = outwards.map(PathBuf::from).collect();
            // The tightest limit may be the outermost one: all, or nothing is known.
            return if folders.len() <= LEVELS_MAX { Ok(folders) } else { Err(LimitState::Hidden) };
        }
    }
    Err(LimitState::Hidden)
}

/// Every five minutes at the default interval.
const LOOK_AGAIN_AFTER: u32 = 20;

/// Real ones are nested about six deep.
const LEVELS_MAX: usize = 64;

#[cfg(test)]
mod tests;
