//! What a piece of work came to.

use std::fmt;
use std::time::Duration;

use crate::memory::alert::show_bytes;

/// What a measured piece of work did with memory. `None` is what is not known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ScopeReport {
    /// The name that was given.
    pub name: &'static str,
    /// Whether each allocation was counted. Otherwise the numbers are those of the resident memory
    /// of the whole process, at the beginning and at the end.
    pub is_exact: bool,
    /// Whether the work came to its end; false for a future that was dropped before.
    pub is_finished: bool,
    /// From the beginning to the end, waiting included.
    pub duration: Duration,
    /// Bytes allocated. A `realloc` that grows adds the difference.
    pub allocated_bytes: Option<u64>,
    /// Bytes freed, those included that were allocated before.
    pub freed_bytes: Option<u64>,
    /// Bytes allocated less bytes freed; negative when more was freed.
    pub retained_bytes: Option<i64>,
    /// The most that was held at once, above what was held at the beginning. At least this, when
    /// the numbers are not exact.
    pub peak_bytes: Option<u64>,
    /// Blocks allocated.
    pub allocated_blocks: Option<u64>,
    /// Blocks freed.
    pub freed_blocks: Option<u64>,
}

impl fmt::Display for ScopeReport {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        let Some(retained) = self.retained_bytes else {
            return f.write_str("memory could not be read");
        };
        if let Some((allocated, freed)) = self.allocated_bytes.zip(self.freed_bytes) {
            let [allocated, freed] = [allocated, freed].map(|bytes| show_bytes(bytes as f64));
            write!(f, "allocated {allocated}, freed {freed}, ")?;
        }
        write!(f, "retained {}", show_bytes(retained as f64))?;
        if let Some(peak) = self.peak_bytes {
            write!(f, ", peak {}", show_bytes(peak as f64))?;
        }
        write!(f, ", in {:.1?}", self.duration)?;
        if !self.is_finished {
            f.write_str(", not finished")?;
        }
        f.write_str(if self.is_exact { "" } else { " (resident memory of the whole process)" })
    }
}
