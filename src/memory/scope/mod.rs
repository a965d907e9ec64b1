//! What a piece of work does with memory.

mod frames;
mod future;
mod metrics;
mod names;
mod report;
mod tally;
mod tell;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::marker::PhantomData;

use crate::memory::scope::tally::Tally;

pub use crate::memory::scope::future::ScopedFuture;
pub(crate) use crate::memory::scope::metrics::set_installed_scopes;
pub use crate::memory::scope::report::ScopeReport;

/// Measures what this thread allocates and frees until the guard is dropped or
/// [ended](MemoryScope::end).
///
/// What came of it is a log record (INFO, `beacon.memory.scope`, of the target
/// `beacon::memory::scope`), attributes of the current span, and the histograms
/// `beacon.memory.scope.*`. Of several scopes in one span, the span shows the one that ends last.
/// Of names, the first 64 have histograms of their own, and all others are `other` there.
///
/// With [`TrackingAllocator`](crate::memory::TrackingAllocator) every allocation is counted. Without
/// it, the resident memory of the whole process is compared, and what came of it says so: whatever
/// else runs meanwhile is in it. Scopes may be nested, and end in any order. What beacon itself
/// allocates to tell of a scope is in none.
///
/// Other threads are not counted, whoever started them: give each its own scope. Across an `.await`
/// a future may change its thread, so for asynchronous work there is
/// [`run_async`](MemoryScope::run_async); the guard itself is not `Send`, and the compiler says so.
///
/// Works without telemetry, too: then only the report tells.
///
/// # Examples
///
/// ```
/// use beacon::memory;
///
/// let scope = memory::scope("import");
/// let rows = vec![0_u8; 1 << 20];
/// let report = scope.end();
/// println!("{report}");
/// # drop(rows);
/// ```
pub fn scope(name: &'static str) -> MemoryScope {
    let tally = Tally::new(name);
    let beginning = if tally.counts_stretches() { frames::begin() } else { None };
    MemoryScope { name, running: Some((tally, beginning)), _of_thread: PhantomData }
}

/// A piece of work that is measured. Made by [`scope`].
#[derive(Debug)]
#[must_use = "what is measured ends when this is dropped"]
pub struct MemoryScope {
    name: &'static str,
    /// Gone when it has ended.
    running: Option<(Tally, Option<frames::Beginning>)>,
    /// Counts belong to a thread.
    _of_thread: PhantomData<*const ()>,
}

impl MemoryScope {
    /// Ends the work, tells what it came to, and returns it.
    pub fn end(mut self) -> ScopeReport {
        self.finish().unwrap_or_else(|| Tally::new(self.name).report(false))
    }

    /// Measures a future instead: each of its polls on whatever thread polls it, and its end.
    ///
    /// What it gives to other tasks and threads is counted only where that is wrapped itself. It is
    /// told when the future is done, or dropped before. Moves the future to the heap.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::memory;
    ///
    /// # async fn import() -> usize { 3 }
    /// # async fn example() {
    /// let rows = memory::scope("import").run_async(import()).await;
    /// # }
    /// ```
    pub fn run_async<F: Future>(mut self, future: F) -> ScopedFuture<F> {
        if let Some((_, Some(beginning))) = self.running.take() {
            // It begins anew, and where the future is polled.
            let _unused = frames::end(beginning);
        }
        ScopedFuture::new(self.name, future)
    }

    fn finish(&mut self) -> Option<ScopeReport> {
        let (mut tally, beginning) = self.running.take()?;
        if tally.counts_stretches() {
            tally.add(beginning.and_then(frames::end));
        }
        let report = tally.report(true);
        tell::tell(&report);
        Some(report)
    }
}

impl Drop for MemoryScope {
    fn drop(&mut self) {
        self.finish();
    }
}
