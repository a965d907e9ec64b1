//! Keys of the attributes of measured pieces of work, on records, spans and metrics.

pub(crate) const ALLOCATED_BLOCKS: &str = "beacon.memory.scope.allocated_blocks";
pub(crate) const ALLOCATED_BYTES: &str = "beacon.memory.scope.allocated_bytes";
pub(crate) const DURATION_SECONDS: &str = "beacon.memory.scope.duration_seconds";
pub(crate) const EXACT: &str = "beacon.memory.scope.exact";
pub(crate) const FINISHED: &str = "beacon.memory.scope.finished";
pub(crate) const FREED_BLOCKS: &str = "beacon.memory.scope.freed_blocks";
pub(crate) const FREED_BYTES: &str = "beacon.memory.scope.freed_bytes";
pub(crate) const NAME: &str = "beacon.memory.scope.name";
pub(crate) const PEAK_BYTES: &str = "beacon.memory.scope.peak_bytes";
pub(crate) const RETAINED_BYTES: &str = "beacon.memory.scope.retained_bytes";
