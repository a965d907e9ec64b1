//! Keys of the attributes of records about memory that the service asks for.

pub(crate) const AFTER_BYTES: &str = "beacon.memory.cleanup.after_bytes";
pub(crate) const BEFORE_BYTES: &str = "beacon.memory.cleanup.before_bytes";
pub(crate) const CLEANUP_STATUS: &str = "beacon.memory.cleanup.status";
pub(crate) const HEADROOM_BYTES: &str = "beacon.memory.usage.headroom_bytes";
pub(crate) const LIMIT_BYTES: &str = "beacon.memory.usage.limit_bytes";
pub(crate) const LIVE_HEAP_BYTES: &str = "beacon.memory.usage.live_heap_bytes";
pub(crate) const RETURNED_BYTES: &str = "beacon.memory.cleanup.returned_bytes";
pub(crate) const RSS_BYTES: &str = "beacon.memory.usage.rss_bytes";
