//! mimalloc, which counts little in a release build.

pub(super) use imp::{is_in_use, stats, trim};

#[cfg(all(feature = "mimalloc", not(miri)))]
mod imp {
    #![expect(unsafe_code, reason = "functions of C")]

    use std::hint::black_box;
    use std::ptr;

    use libmimalloc_sys::{mi_collect, mi_is_in_heap_region, mi_process_info};

    use crate::memory::allocator::stats::{AllocatorName, AllocatorStats};

    /// Tells whether the program's blocks come from here.
    pub(in super::super) fn is_in_use() -> bool {
        let block = black_box(Box::new([0_u8; 64]));
        // SAFETY: Any pointer may be asked about.
        unsafe { mi_is_in_heap_region(ptr::from_ref(block.as_ref()).cast()) }
    }

    pub(in super::super) fn stats() -> Option<AllocatorStats> {
        let mut committed_bytes = 0_usize;
        let none = ptr::null_mut();
        // SAFETY: What is not wanted may be null, and the one place is there.
        unsafe {
            mi_process_info(none, none, none, none, none, &raw mut committed_bytes, none, none);
        }
        // It is in use, so nothing at all is no answer.
        (committed_bytes > 0).then(|| AllocatorStats {
            mapped_bytes: u64::try_from(committed_bytes).ok(),
            ..AllocatorStats::unknown(AllocatorName::Mimalloc)
        })
    }

    pub(in super::super) fn trim() {
        // SAFETY: May be called at any time on any thread.
        unsafe { mi_collect(true) };
    }
}

#[cfg(not(all(feature = "mimalloc", not(miri))))]
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
