//! Keeps tests with different filters from disturbing each other.

use std::sync::OnceLock;

use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Metadata, Subscriber, span};

/// Makes `tracing` ask the current subscriber at every call-site, every time, from now on.
///
/// `tracing` remembers for the whole process which call-sites anybody wants. While one subscriber
/// lives, a thread without a subscriber that is the first to reach a call-site makes it remember
/// `never`, and the test that has the subscriber sees nothing of it. Rebuilding what is remembered
/// when a test begins does not help: it can happen right afterwards.
///
/// So two subscribers stand by that want nothing and answer "ask again" for every call-site. That
/// answer wins over all others, and two are enough for `tracing` to ask all subscribers about a new
/// call-site instead of that of the current thread alone. They are nobody's default, and nothing is
/// ever recorded in them.
pub(super) fn keep_asking() {
    static STANDBYS: OnceLock<[Dispatch; 2]> = OnceLock::new();
    STANDBYS.get_or_init(|| [Dispatch::new(Standby), Dispatch::new(Standby)]);
}

#[derive(Debug)]
struct Standby;

impl Subscriber for Standby {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        false
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        // Nothing is enabled, so nobody asks. Any number other than zero is an id.
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
