//! jemalloc, through its own control interface.

pub(super) use imp::{dump, is_in_use, is_profiling, stats, trim};

#[cfg(all(feature = "jemalloc", not(miri)))]
mod imp {
    #![expect(unsafe_code, reason = "functions of C")]

    use std::ffi::CStr;
    #[cfg(target_os = "linux")]
    use std::ffi::{CString, c_char};
    #[cfg(target_os = "linux")]
    use std::fs::File;
    use std::hint::black_box;
    #[cfg(target_os = "linux")]
    use std::io::Read as _;
    #[cfg(target_os = "linux")]
    use std::os::fd::FromRawFd as _;
    use std::{io, ptr};

    use tikv_jemalloc_sys::mallctl;

    use crate::memory::allocator::stats::{AllocatorName, AllocatorStats};

    /// Tells whether the program's blocks come from here: jemalloc counts for each thread.
    pub(in super::super) fn is_in_use() -> bool {
        let Some(before) = read::<u64>(c"thread.allocated") else { return false };
        let block = black_box(Box::new([0_u8; PROBE_BYTES]));
        let after = read::<u64>(c"thread.allocated");
        drop(block);
        let bytes = u64::try_from(PROBE_BYTES).unwrap_or(u64::MAX);
        after.is_some_and(|after| after.saturating_sub(before) >= bytes)
    }

    pub(in super::super) fn stats() -> Option<AllocatorStats> {
        // jemalloc answers with what it knew when the epoch was last advanced.
        if !write(c"epoch", 1_u64) {
            return None;
        }
        let bytes = |name| read::<usize>(name).and_then(|bytes| u64::try_from(bytes).ok());
        Some(AllocatorStats {
            allocated_bytes: bytes(c"stats.allocated"),
            active_bytes: bytes(c"stats.active"),
            resident_bytes: bytes(c"stats.resident"),
            mapped_bytes: bytes(c"stats.mapped"),
            retained_bytes: bytes(c"stats.retained"),
            metadata_bytes: bytes(c"stats.metadata"),
            ..AllocatorStats::unknown(AllocatorName::Jemalloc)
        })
    }

    pub(in super::super) fn trim() {
        call(c"thread.tcache.flush");
        // 4096 means all arenas (`MALLCTL_ARENAS_ALL`).
        call(c"arena.4096.purge");
    }

    /// Tells whether jemalloc samples by itself: built for it, switched on, and active.
    pub(in super::super) fn is_profiling() -> bool {
        let is_on = |name| read::<u8>(name).is_some_and(|is_on| is_on != 0);
        is_on(c"opt.prof") && is_on(c"prof.active")
    }

    /// Returns jemalloc's own profile, as its text.
    ///
    /// jemalloc writes to a file that it opens by name. Here that is a file without a folder, so
    /// none has to be writable, and nobody can put another one in its place.
    #[cfg(target_os = "linux")]
    pub(in super::super) fn dump() -> io::Result<String> {
        // SAFETY: The name ends in a zero byte.
        let descriptor = unsafe { libc::memfd_create(c"heap".as_ptr(), libc::MFD_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: The descriptor is new, and nobody else has it.
        let mut file = unsafe { File::from_raw_fd(descriptor) };
        let path = CString::new(format!("/proc/self/fd/{descriptor}"))?;
        if !write(c"prof.dump", Path(path.as_ptr())) {
            return Err(io::Error::other("jemalloc cannot write its profile"));
        }
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text)
    }

    #[cfg(not(target_os = "linux"))]
    pub(in super::super) fn dump() -> io::Result<String> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The types that jemalloc's answers have: any bits are a value of them.
    trait Word: Copy + Default {}

    impl Word for u8 {}

    impl Word for u64 {}

    impl Word for usize {}

    fn read<T: Word>(name: &CStr) -> Option<T> {
        let mut value = T::default();
        let mut len = size_of::<T>();
        let place = ptr::from_mut(&mut value).cast();
        // SAFETY: The place has the length that is named, and jemalloc refuses when its own value
        // has another one.
        let outcome = unsafe { mallctl(name.as_ptr(), place, &raw mut len, ptr::null_mut(), 0) };
        (outcome == 0 && len == size_of::<T>()).then_some(value)
    }

    /// The name of a file.
    #[cfg(target_os = "linux")]
    #[repr(transparent)]
    struct Path(*const c_char);

    /// Tells whether jemalloc took it.
    fn write<T>(name: &CStr, mut value: T) -> bool {
        let (place, len) = (ptr::from_mut(&mut value).cast(), size_of::<T>());
        // SAFETY: The value is there, and has the length that is named.
        unsafe { mallctl(name.as_ptr(), ptr::null_mut(), ptr::null_mut(), place, len) == 0 }
    }

    fn call(name: &CStr) {
        // SAFETY: Nothing is read and nothing is written.
        unsafe { mallctl(name.as_ptr(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), 0) };
    }

    /// So large that it comes from no cache that was filled before.
    const PROBE_BYTES: usize = 4_096;
}

#[cfg(not(all(feature = "jemalloc", not(miri))))]
mod imp {
    use std::io;

    use crate::memory::allocator::stats::AllocatorStats;

    pub(in super::super) const fn is_in_use() -> bool {
        false
    }

    pub(in super::super) const fn is_profiling() -> bool {
        false
    }

    pub(in super::super) fn dump() -> io::Result<String> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(in super::super) const fn stats() -> Option<AllocatorStats> {
        None
    }

    pub(in super::super) const fn trim() {}
}
