//! The allocator of the GNU C library.

pub(super) use imp::{is_in_use, stats, trim};

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
mod imp {
    #![expect(unsafe_code, reason = "functions of C")]

    use std::ffi::c_void;
    use std::hint::black_box;
    use std::mem;

    use crate::memory::allocator::stats::{AllocatorName, AllocatorStats};

    /// Tells whether the program's blocks come from here: a block above the largest threshold is
    /// mapped by itself, and raises one of glibc's counts by exactly its pages.
    pub(in super::super) fn is_in_use() -> bool {
        (0..PROBES).any(|probe| {
            // Not touched, so it is address space and no memory; each time another odd size.
            let size = PROBE_BYTES.saturating_add(PAGE_BYTES.saturating_mul(probe));
            let Some(before) = mallinfo() else { return false };
            let mut block = Vec::<u8>::new();
            if block.try_reserve_exact(size).is_err() {
                return false;
            }
            let block = black_box(block);
            let during = mallinfo().map_or(before.hblkhd, |info| info.hblkhd);
            drop(block);
            // The block, its header, and what fills the last page.
            let raised = during.saturating_sub(before.hblkhd);
            (size..=size.saturating_add(PAGE_BYTES.saturating_mul(16))).contains(&raised)
        })
    }

    pub(in super::super) fn stats() -> Option<AllocatorStats> {
        let info = mallinfo()?;
        let bytes = |bytes: usize| u64::try_from(bytes).ok();
        Some(AllocatorStats {
            // `uordblks` alone misses blocks that were mapped by themselves.
            allocated_bytes: bytes(info.uordblks.saturating_add(info.hblkhd)),
            mapped_bytes: bytes(info.arena.saturating_add(info.hblkhd)),
            free_bytes: bytes(info.fordblks),
            ..AllocatorStats::unknown(AllocatorName::Glibc)
        })
    }

    pub(in super::super) fn trim() {
        // SAFETY: Takes any padding, and may be called at any time on any thread.
        unsafe { libc::malloc_trim(0) };
    }

    /// `mallinfo2` is there from glibc 2.33 on. It is looked up, so that a program that was built
    /// with a newer one still starts on an older one. `mallinfo` overflows at 2 GiB, so it is no
    /// substitute.
    fn mallinfo() -> Option<libc::mallinfo2> {
        type Mallinfo = unsafe extern "C" fn() -> libc::mallinfo2;
        // SAFETY: The name ends in a zero byte.
        let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"mallinfo2".as_ptr()) };
        if symbol.is_null() {
            return None;
        }
        // SAFETY: What glibc calls so has this type.
        let mallinfo = unsafe { mem::transmute::<*mut c_void, Mallinfo>(symbol) };
        // SAFETY: Takes nothing, and may be called at any time on any thread.
        Some(unsafe { mallinfo() })
    }

    /// Above `DEFAULT_MMAP_THRESHOLD_MAX`, which is 32 MiB.
    const PROBE_BYTES: usize = 33 * 1024 * 1024 + 13 * PAGE_BYTES;
    const PAGE_BYTES: usize = 4096;
    /// Another thread may map or unmap a block of its own just then.
    const PROBES: usize = 5;
}

#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
mod imp {
    use crate::memory::allocator::stats::AllocatorStats;

    pub(in super::super) const fn is_in_use() -> bool {
        false
    }

    pub(in super::super) const fn stats() -> Option<AllocatorStats> {
        None
    }

    pub(in super::super) const fn trim() {}
}
