//! What the allocator in use says about itself, and a way to make it give memory back.

mod glibc;
mod jemalloc;
mod mimalloc;

use std::sync::OnceLock;
use std::{fmt, io};

/// An allocator that beacon knows how to ask.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AllocatorName {
    /// That of the GNU C library.
    Glibc,
    /// jemalloc, with feature `jemalloc`.
    Jemalloc,
    /// mimalloc, with feature `mimalloc`.
    Mimalloc,
}

impl AllocatorName {
    /// Returns the value of the attribute `beacon.allocator.name`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Glibc => "glibc",
            Self::Jemalloc => "jemalloc",
            Self::Mimalloc => "mimalloc",
        }
    }
}

impl fmt::Display for AllocatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an allocator says about itself. `None` is what it does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct AllocatorStats {
    /// Who says it.
    pub name: AllocatorName,
    /// Bytes in blocks that the program holds, as the allocator rounds them.
    pub allocated_bytes: Option<u64>,
    /// Bytes in pages with at least one such block.
    pub active_bytes: Option<u64>,
    /// Bytes of physical memory, at most.
    pub resident_bytes: Option<u64>,
    /// Bytes of address space in use.
    pub mapped_bytes: Option<u64>,
    /// Bytes of address space that are kept without memory.
    pub retained_bytes: Option<u64>,
    /// Bytes that the allocator needs for itself.
    pub metadata_bytes: Option<u64>,
    /// Bytes that are free and still held.
    pub free_bytes: Option<u64>,
}

// Elsewhere there is no allocator to be asked.
#[cfg(any(
    feature = "jemalloc",
    feature = "mimalloc",
    all(target_os = "linux", target_env = "gnu")
))]
impl AllocatorStats {
    const fn unknown(name: AllocatorName) -> Self {
        Self {
            name,
            allocated_bytes: None,
            active_bytes: None,
            resident_bytes: None,
            mapped_bytes: None,
            retained_bytes: None,
            metadata_bytes: None,
            free_bytes: None,
        }
    }
}

/// Returns what the program's allocator says about itself, or `None` when beacon does not know it.
///
/// Which one it is, is found out once, by an allocation: a program that is built with feature
/// `jemalloc` and allocates elsewhere is not told jemalloc's numbers. A
/// [`TrackingAllocator`](crate::memory::TrackingAllocator) is seen through.
///
/// glibc locks each of its arenas for this, so call it on a thread of your own and not often.
///
/// # Examples
///
/// ```
/// if let Some(stats) = beacon::memory::allocator_stats() {
///     println!("{}: {:?} bytes", stats.name, stats.allocated_bytes);
/// }
/// ```
pub fn allocator_stats() -> Option<AllocatorStats> {
    match allocator()? {
        AllocatorName::Glibc => glibc::stats(),
        AllocatorName::Jemalloc => jemalloc::stats(),
        AllocatorName::Mimalloc => mimalloc::stats(),
    }
}

/// Asks the program's allocator to give memory back to the system that it holds and does not need.
///
/// `malloc_trim(0)` of glibc, a purge of all arenas of jemalloc, `mi_collect(true)` of mimalloc;
/// nothing with an allocator that beacon does not know. It can take long: glibc walks its whole
/// heap under its locks. How much came back, only the resident memory before and after tells.
pub fn trim() {
    match allocator() {
        Some(AllocatorName::Glibc) => glibc::trim(),
        Some(AllocatorName::Jemalloc) => jemalloc::trim(),
        Some(AllocatorName::Mimalloc) => mimalloc::trim(),
        None => {}
    }
}

/// Tells whether the allocator in use samples the heap by itself.
pub(crate) fn profiles_itself() -> bool {
    allocator() == Some(AllocatorName::Jemalloc) && jemalloc::is_profiling()
}

/// Returns the profile of the allocator in use, as the text of jemalloc.
///
/// # Errors
///
/// It does not profile, or cannot write.
pub(crate) fn own_profile() -> io::Result<String> {
    jemalloc::dump()
}

/// Returns the allocator that the program's blocks come from.
fn allocator() -> Option<AllocatorName> {
    static NAME: OnceLock<Option<AllocatorName>> = OnceLock::new();
    *NAME.get_or_init(|| {
        if jemalloc::is_in_use() {
            Some(AllocatorName::Jemalloc)
        } else if mimalloc::is_in_use() {
            Some(AllocatorName::Mimalloc)
        } else if glibc::is_in_use() {
            Some(AllocatorName::Glibc)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests;
