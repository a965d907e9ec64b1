//! What a thread uses again for every line it writes.

use std::cell::Cell;

use crate::logging::field_list::FieldList;
use crate::logging::lines::stamp::Stamp;

thread_local! {
    static SPARE: Cell<Option<Box<Buffers>>> = const { Cell::new(None) };
}

#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// Of the event.
    pub(super) fields: FieldList,
    /// Of the spans around it, without those that an inner one hides.
    pub(super) span_fields: FieldList,
    /// The innermost first.
    pub(super) span_names: Vec<&'static str>,
    pub(super) stamp: Stamp,
    pub(super) line: String,
}

/// Buffers of this thread, taken out of it for the time of one event.
///
/// A `Debug` implementation that logs while its own event is being read finds none and makes new
/// ones. Dropping hands the buffers back, also while a panic unwinds.
#[derive(Debug)]
pub(super) struct LineScratch(Option<Box<Buffers>>);

impl LineScratch {
    pub(super) fn take() -> Self {
        Self(SPARE.try_with(Cell::take).ok().flatten())
    }

    pub(super) fn buffers(&mut self) -> &mut Buffers {
        self.0.get_or_insert_default()
    }
}

impl Drop for LineScratch {
    fn drop(&mut self) {
        let Some(mut spare) = self.0.take() else { return };
        spare.fields.clear();
        spare.span_fields.clear();
        spare.span_names.clear();
        spare.line.clear();
        // One huge event must not pin its size in every thread that ever saw one.
        spare.fields.shrink_to(KEPT_BYTES_MAX);
        spare.span_fields.shrink_to(KEPT_BYTES_MAX);
        spare.line.shrink_to(KEPT_BYTES_MAX);
        // The thread may be ending; then nobody needs the buffers any more.
        SPARE.try_with(|cell| cell.set(Some(spare))).unwrap_or_default();
    }
}

/// Far longer than a usual line.
const KEPT_BYTES_MAX: usize = 64 * 1024;
