//! Names for return addresses.

use crate::memory::HeapSite;

/// A function that code belongs to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Symbol {
    pub(super) name: String,
    pub(super) system_name: String,
    pub(super) file: String,
    pub(super) line: u32,
}

impl Symbol {
    /// Tells whether this is what every allocation comes through.
    pub(super) fn is_hook(&self) -> bool {
        let is_ours = self.name.contains("beacon::memory::allocator::");
        is_ours || HOOKS.iter().any(|hook| self.system_name.ends_with(hook) || self.name == *hook)
    }

    /// Tells whether this only passes on what the program asked for.
    fn is_library(&self) -> bool {
        let name = self.name.trim_start_matches(['<', '&']);
        // With little debug information an inlined function has no path in its name.
        LIBRARIES.iter().any(|library| name.starts_with(library))
            || LIBRARY_FILES.iter().any(|folder| self.file.starts_with(folder))
            || self.file.contains("/rustlib/src/rust/library/")
    }
}

impl HeapSite {
    /// Returns the innermost function that is no part of the standard library, with file and line
    /// as far as the program's debug information goes: `app::import::parse (src/import.rs:17)`.
    ///
    /// Without feature `symbols`, and for code without symbols, the innermost address.
    ///
    /// Reads the program's file, so it is slow and needs memory; both end with the call.
    pub fn name(&self) -> String {
        let is_hook = |frame: &usize| resolve(*frame).iter().any(Symbol::is_hook);
        let hook = self.frames.iter().take(HOOK_FRAMES_MAX).rposition(is_hook);
        let program = self.frames.iter().skip(hook.map_or(0, |hook| hook.saturating_add(1)));
        let mut symbols = program.flat_map(|frame| resolve(*frame));
        let symbol = symbols.find(|symbol| !symbol.is_library());
        forget();
        match symbol {
            Some(Symbol { name, file, line, .. }) if !file.is_empty() => {
                format!("{name} ({}:{line})", short(&file))
            }
            Some(symbol) => symbol.name,
            None => self
                .frames
                .first()
                .map_or_else(|| "unknown".to_owned(), |frame| format!("{frame:#x}")),
        }
    }
}

/// The last parts of a path: from the folder of the sources on.
fn short(file: &str) -> &str {
    let source = ["/src/", "/tests/", "/examples/", "/benches/"];
    let at = source.iter().filter_map(|folder| file.rfind(folder)).max();
    at.and_then(|at| file.get(at.saturating_add(1)..)).unwrap_or(file)
}

/// Returns the functions at a return address, the innermost inlined one first; none without
/// symbols.
#[cfg(all(feature = "symbols", not(miri)))]
pub(super) fn resolve(address: usize) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    backtrace::resolve(std::ptr::without_provenance_mut(address), |symbol| {
        let Some(name) = symbol.name() else { return };
        symbols.push(Symbol {
            // The alternate form leaves out the hash.
            name: format!("{name:#}"),
            system_name: name.as_str().unwrap_or_default().to_owned(),
            file: symbol.filename().map(|file| file.display().to_string()).unwrap_or_default(),
            line: symbol.lineno().unwrap_or(0),
        });
    });
    symbols
}

/// Gives the memory of the look-ups back.
#[cfg(all(feature = "symbols", not(miri)))]
pub(super) fn forget() {
    backtrace::clear_symbol_cache();
}

#[cfg(not(all(feature = "symbols", not(miri))))]
pub(super) const fn resolve(_: usize) -> Vec<Symbol> {
    Vec::new()
}

#[cfg(not(all(feature = "symbols", not(miri))))]
pub(super) const fn forget() {}

/// The functions that a call of an allocator is compiled to.
const HOOKS: &[&str] = &[
    "__rust_alloc",
    "__rust_alloc_zeroed",
    "__rust_realloc",
    "__rg_alloc",
    "__rg_alloc_zeroed",
    "__rg_realloc",
];

/// How deep the hook can be, in a build without inlining.
const HOOK_FRAMES_MAX: usize = 10;

/// Where the sources of the standard library and of its dependencies were when it was built.
const LIBRARY_FILES: &[&str] = &["/rustc/", "/rust/deps/"];

/// Crates whose functions name no culprit.
const LIBRARIES: &[&str] = &["alloc::", "core::", "std::", "hashbrown::"];

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(name: &str) -> Symbol {
        Symbol { name: name.to_owned(), ..Symbol::default() }
    }

    #[test]
    fn the_standard_library_names_no_culprit() {
        let vec = "alloc::vec::Vec<T>::push";
        let clone = "<alloc::string::String as core::clone::Clone>::clone";
        for name in [vec, clone] {
            assert!(symbol(name).is_library(), "{name}");
            assert!(!symbol(name).is_hook(), "{name}");
        }
        let file = "/rustc/59807616e1/library/alloc/src/alloc.rs".to_owned();
        assert!(Symbol { file, ..symbol("alloc") }.is_library());
        assert!(symbol("__rust_alloc").is_hook());
        let hook = "<beacon::memory::allocator::tracking::TrackingAllocator<A> as X>::alloc";
        assert!(symbol(hook).is_hook());
        for name in ["app::alloc::take", "<app::Row as core::clone::Clone>::clone", "allocate"] {
            assert!(!symbol(name).is_library(), "{name}");
        }
    }

    #[test]
    fn a_path_begins_at_its_sources() {
        assert_eq!(short("/home/me/app/src/import.rs"), "src/import.rs");
        assert_eq!(short("/a/src/b/tests/c.rs"), "tests/c.rs");
        assert_eq!(short("main.rs"), "main.rs");
    }
}
