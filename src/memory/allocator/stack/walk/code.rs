//! Code that is loaded, and its tables.
#![expect(unsafe_code, reason = "the loader and the unwinder are C interfaces")]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{ptr, slice};

use crate::memory::allocator::stack::walk::frame_info;
use crate::memory::allocator::stack::walk::rule::Rule;

/// Where code lies that is there for as long as this code is: the object that holds this code, and
/// the C library, which it needs. Others may be unloaded, and what comes to lie at the same address
/// has other rules.
pub(super) fn find_lasting() {
    // SAFETY: It returns a text of the C library's own.
    let c_library = unsafe { libc::gnu_get_libc_version() };
    OWN.find(find_lasting as *const () as usize);
    C_LIBRARY.find(c_library.addr());
}

/// Returns a number for the address that means nothing else, or `None` when that cannot be said.
#[inline]
pub(super) fn key_of(address: usize) -> Option<u64> {
    let object = if OWN.holds(address) {
        1
    } else if C_LIBRARY.holds(address) {
        2
    } else {
        return None;
    };
    // An object is smaller than 4 GiB, so the lower half tells its addresses apart.
    Some(address as u64 & u64::from(u32::MAX) | object << 32)
}

/// Looks up what the tables say.
pub(super) fn read_rule(address: usize) -> Rule {
    match entry_of(address) {
        Some((common, entry, offset)) => frame_info::rule(common, entry, offset),
        // As the unwinder has it: who says nothing was not called.
        None => Rule::End,
    }
}

/// The description of the function at the address, what it has in common with others, and how far
/// into the function the address is.
fn entry_of(address: usize) -> Option<(&'static [u8], &'static [u8], usize)> {
    /// Source: `unwind-dw2-fde.h` of GCC.
    #[repr(C)]
    struct Bases {
        text: *const c_void,
        data: *const c_void,
        function: *const c_void,
    }

    // Part of the unwinder's stable interface since GCC 3.0.
    unsafe extern "C" {
        fn _Unwind_Find_FDE(address: *const c_void, bases: *mut Bases) -> *const u8;
    }

    let mut bases = Bases { text: ptr::null(), data: ptr::null(), function: ptr::null() };
    // SAFETY: The place for the answer is there, and any address may be asked for.
    let entry = unsafe { _Unwind_Find_FDE(address as *const c_void, &raw mut bases) };
    if entry.is_null() {
        return None;
    }
    let offset = address.checked_sub(bases.function.addr())?;
    // SAFETY: The unwinder found the entry in loaded tables.
    let bytes = unsafe { section_entry(entry) };
    let (_, after) = bytes.split_at_checked(LEN)?;
    let to_common = u32::from_ne_bytes(*after.first_chunk()?);
    // Counted back from its own place.
    let common = entry.wrapping_add(LEN).wrapping_sub(usize::try_from(to_common).ok()?);
    // SAFETY: The entry says that the other one is there.
    let common = unsafe { section_entry(common) };
    Some((common, bytes, offset))
}

/// The bytes of an entry of `.eh_frame`, with its length.
///
/// # Safety
///
/// An entry is there, and stays while the bytes are used.
unsafe fn section_entry(start: *const u8) -> &'static [u8] {
    // SAFETY: An entry starts with its length.
    let len = unsafe { start.cast::<u32>().read_unaligned() };
    // An entry of over 4 GiB would say so by this length; it is not read.
    let len = if len == u32::MAX { 0 } else { len };
    let len = usize::try_from(len).unwrap_or(0).saturating_add(LEN);
    // SAFETY: The length is that of the entry.
    unsafe { slice::from_raw_parts(start, len) }
}

/// Where an object was loaded to.
struct Object {
    start: AtomicUsize,
    len: AtomicUsize,
}

impl Object {
    const fn new() -> Self {
        Self { start: AtomicUsize::new(0), len: AtomicUsize::new(0) }
    }

    #[inline]
    fn holds(&self, address: usize) -> bool {
        let offset = address.wrapping_sub(self.start.load(Ordering::Relaxed));
        offset < self.len.load(Ordering::Relaxed)
    }

    /// Finds the object that the address lies in. That stays the same, so it is found twice at worst.
    fn find(&self, address: usize) {
        let mut search = Search { address, start: 0, len: 0 };
        // SAFETY: The callback fits the interface and gets the search that it expects.
        unsafe { libc::dl_iterate_phdr(Some(look), ptr::from_mut(&mut search).cast()) };
        self.start.store(search.start, Ordering::Relaxed);
        self.len.store(search.len, Ordering::Relaxed);
    }
}

struct Search {
    address: usize,
    start: usize,
    len: usize,
}

/// Looks at one loaded object. Other than 0 ends the search.
unsafe extern "C" fn look(
    info: *mut libc::dl_phdr_info,
    _: libc::size_t,
    search: *mut c_void,
) -> c_int {
    // SAFETY: The loader shows an object for the time of this call.
    let info = unsafe { &*info };
    // SAFETY: It is the search of `find`, which nobody else uses meanwhile.
    let search = unsafe { &mut *search.cast::<Search>() };
    // SAFETY: The loader says how many headers lie there.
    let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let word = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let parts = headers.iter().filter(|header| header.p_type == libc::PT_LOAD).map(|header| {
        let start = word(info.dlpi_addr).wrapping_add(word(header.p_vaddr));
        (start, start.saturating_add(word(header.p_memsz)))
    });
    let start = parts.clone().map(|(start, _)| start).min().unwrap_or(0);
    let end = parts.map(|(_, end)| end).max().unwrap_or(0);
    let len = end.wrapping_sub(start);
    if !(start..end).contains(&search.address) || len > OBJECT_MAX {
        return 0;
    }
    (search.start, search.len) = (start, len);
    1
}

static OWN: Object = Object::new();
static C_LIBRARY: Object = Object::new();

/// The length before each entry.
const LEN: usize = 4;

/// See `key_of`.
const OBJECT_MAX: usize = 1 << 32;
