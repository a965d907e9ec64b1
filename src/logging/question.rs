//! "Would a record be wanted?", asked without a record.
//!
//! `Subscriber::enabled` of `tracing-subscriber` 0.3.23 cannot be asked that: with filters that
//! belong to one layer it always says yes, and each filter's own answer stays behind on the thread
//! until the next span or event takes it for its own. So a question travels as metadata of neither
//! kind, our filters leave their answer here, and say yes, which leaves nothing behind.

use std::cell::Cell;

use tracing::metadata::Kind;
use tracing::{Dispatch, Metadata};

thread_local! {
    static ANSWER: Cell<Option<bool>> = const { Cell::new(None) };
}

/// The kind of metadata that asks: neither a span nor an event, as in the macro `enabled!`.
pub(super) const KIND: Kind = Kind::HINT;

/// Asks the layers of `dispatch`. Where none of beacon's is among them, its own answer counts.
pub(super) fn ask(dispatch: &Dispatch, question: &Metadata<'_>) -> bool {
    ANSWER.set(None);
    let is_enabled = dispatch.enabled(question);
    is_enabled && ANSWER.take().unwrap_or(true)
}

pub(super) fn is_question(metadata: &Metadata<'_>) -> bool {
    !metadata.is_span() && !metadata.is_event()
}

/// One layer that wants it is enough.
pub(super) fn answer(is_wanted: bool) {
    ANSWER.set(Some(is_wanted || ANSWER.get().unwrap_or_default()));
}
