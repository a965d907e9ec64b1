//! Which spans and events are recorded. Spans and events are asked about apart, so that no log
//! level ever silences a trace.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use tracing::dispatcher::WeakDispatch;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Dispatch, Level, Metadata, Subscriber, span};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::{EnvFilter, Layer};

use crate::logging::call_sites::CallSites;
use crate::logging::directives::Directives;
use crate::logging::question::{self, is_question};

/// What one recording layer admits. The directives can be exchanged while it is asked.
#[derive(Debug)]
pub(crate) struct Admission {
    spans: Option<ArcSwap<Directives>>,
    events: Option<ArcSwap<Directives>>,
    marks_errors: bool,
    /// Whether some directives keep books about spans. Asked whenever a span is entered and left, so
    /// that the directives themselves need not be.
    is_scoped: AtomicBool,
    /// The answers for whole call-sites. Since layers differ about events, `tracing` asks again for
    /// each of them.
    answers: CallSites,
    /// The subscriber that the layer is a part of, where it is known. Weak: it owns the layer.
    dispatch: OnceLock<WeakDispatch>,
}

impl Admission {
    /// Admits the spans and the events that the directives want; `None` wants nothing.
    ///
    /// With `marks_errors` it also admits ERROR events that `events` refuses: they mark the status
    /// of their span, which belongs to the trace.
    pub(crate) fn new(
        spans: Option<Directives>,
        events: Option<Directives>,
        marks_errors: bool,
    ) -> Self {
        let [spans, events] = [spans, events].map(|own| own.map(ArcSwap::from_pointee));
        let admission = Self {
            spans,
            events,
            marks_errors,
            is_scoped: AtomicBool::new(false),
            answers: CallSites::new(),
            dispatch: OnceLock::new(),
        };
        admission.settle();
        admission
    }

    pub(crate) fn set_dispatch(&self, dispatch: &Dispatch) {
        // A layer is part of one subscriber, so a second call brings nothing new.
        self.dispatch.get_or_init(|| dispatch.downgrade());
    }

    pub(crate) fn dispatch(&self) -> Option<Dispatch> {
        self.dispatch.get()?.upgrade()
    }

    /// Exchanges the directives of spans, unless spans are of no interest at all.
    pub(crate) fn replace_spans(&self, directives: Directives) {
        replace(self.spans.as_ref(), directives);
        self.settle();
    }

    /// Exchanges the directives of events, unless events are of no interest at all.
    pub(crate) fn replace_events(&self, directives: Directives) {
        replace(self.events.as_ref(), directives);
        self.settle();
    }

    /// What was found out about other directives holds no more.
    fn settle(&self) {
        let mut directives = [&self.spans, &self.events].into_iter().flatten();
        let is_scoped = directives.any(|own| matches!(**own.load(), Directives::Scoped(_)));
        self.is_scoped.store(is_scoped, Ordering::Release);
        self.answers.clear();
    }

    /// Whether the directives want the event as such, and not only for the status of its span.
    pub(crate) fn admits_event<S>(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        let Some(events) = &self.events else { return false };
        !is_sdk(metadata) && events.load().as_filter().enabled(metadata, ctx)
    }

    /// Whether the event marks the status of its span.
    pub(crate) fn marks_status(&self, metadata: &Metadata<'_>) -> bool {
        self.marks_errors && *metadata.level() == Level::ERROR && !is_sdk(metadata)
    }

    /// Whether a span or an event comes to be.
    fn admits<S>(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        if let Some(is_wanted) = self.answer(metadata) {
            return is_wanted;
        }
        if metadata.is_span() {
            let Some(spans) = &self.spans else { return false };
            return spans.load().as_filter().enabled(metadata, ctx);
        }
        if is_question(metadata) {
            question::answer(self.admits_event(metadata, ctx));
            return true;
        }
        self.marks_status(metadata) || self.admits_event(metadata, ctx)
    }

    fn admits_call_site<S>(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = self.interest::<S>(metadata);
        self.remember(metadata, &interest);
        interest
    }

    /// The most verbose level that anything can be admitted at.
    fn level_max(&self) -> LevelFilter {
        let least = if self.marks_errors { LevelFilter::ERROR } else { LevelFilter::OFF };
        let directives = [&self.spans, &self.events].into_iter().flatten();
        directives.map(|own| own.load().level_max()).fold(least, LevelFilter::max)
    }

    fn interest<S>(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = |directives: &Option<ArcSwap<Directives>>| match directives {
            None => Interest::never(),
            Some(directives) => directives.load().as_filter::<S>().callsite_enabled(metadata),
        };
        if metadata.is_span() {
            // Directives for events may name spans. They learn of them here, but do not decide.
            interest(&self.events);
            return interest(&self.spans);
        }
        if self.marks_status(metadata) {
            return Interest::always();
        }
        if is_sdk(metadata) {
            return Interest::never();
        }
        interest(&self.events)
    }

    /// What a whole call-site was told stays true until it is asked again, as `tracing` has it. A
    /// question is answered elsewhere.
    fn remember(&self, metadata: &'static Metadata<'static>, interest: &Interest) {
        if is_question(metadata) {
            return;
        }
        let answer = match interest {
            interest if interest.is_always() => WANTED,
            interest if interest.is_never() => UNWANTED,
            _ => DEPENDS,
        };
        self.answers.set(metadata, answer);
    }

    #[inline]
    fn answer(&self, metadata: &Metadata<'_>) -> Option<bool> {
        match self.answers.get(metadata)? {
            WANTED => Some(true),
            UNWANTED => Some(false),
            _ => None,
        }
    }

    /// Whether some directives keep books about spans.
    #[inline]
    pub(super) fn is_scoped(&self) -> bool {
        self.is_scoped.load(Ordering::Acquire)
    }

    /// Shows `use_filter` the directives that keep books about spans.
    ///
    /// Directives that came after a span do not know it, and take part in nothing that becomes of
    /// it.
    #[inline]
    fn each_scoped(&self, use_filter: impl Fn(&EnvFilter)) {
        if !self.is_scoped() {
            return;
        }
        for directives in [&self.spans, &self.events].into_iter().flatten() {
            if let Directives::Scoped(filter) = &**directives.load() {
                use_filter(filter);
            }
        }
    }
}

fn replace(directives: Option<&ArcSwap<Directives>>, by: Directives) {
    if let Some(directives) = directives {
        directives.store(Arc::new(by));
    }
}

/// The SDK's diagnostics, which any crate of the program can switch on. In beacon's pipeline they
/// would tell about the pipeline they travel in.
fn is_sdk(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("opentelemetry")
}

/// What happens to spans is shown to the directives that keep books about them: a filter of one layer
/// and a layer are told by the same functions.
macro_rules! tell_scoped {
    () => {
        fn on_new_span(
            &self,
            attributes: &span::Attributes<'_>,
            id: &span::Id,
            ctx: Context<'_, S>,
        ) {
            self.0.each_scoped(|filter| filter.on_new_span(attributes, id, ctx.clone()));
        }

        fn on_record(&self, id: &span::Id, values: &span::Record<'_>, ctx: Context<'_, S>) {
            self.0.each_scoped(|filter| filter.on_record(id, values, ctx.clone()));
        }

        fn on_enter(&self, id: &span::Id, ctx: Context<'_, S>) {
            self.0.each_scoped(|filter| filter.on_enter(id, ctx.clone()));
        }

        fn on_exit(&self, id: &span::Id, ctx: Context<'_, S>) {
            self.0.each_scoped(|filter| filter.on_exit(id, ctx.clone()));
        }

        fn on_close(&self, id: span::Id, ctx: Context<'_, S>) {
            self.0.each_scoped(|filter| filter.on_close(id.clone(), ctx.clone()));
        }
    };
}

/// [`Admission`] as the filter of a layer, which shares it: other layers see what it refuses.
///
/// Spans must get the same answer from all recording layers: as soon as two differ about a
/// call-site, `tracing` no longer keeps the answer and asks again each time. For events that
/// cannot be had: the trace layer wants none, and `event_enabled`, which could sort them out later,
/// trips a debug assertion of `tracing-subscriber` 0.3.23 when the call-site was not asked about.
#[derive(Debug)]
pub(crate) struct AdmissionFilter(pub(crate) Arc<Admission>);

impl<S> Filter<S> for AdmissionFilter {
    fn enabled(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        self.0.admits(metadata, ctx)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.0.admits_call_site::<S>(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0.level_max())
    }

    tell_scoped!();
}

/// [`Admission`] as the filter of a whole subscriber that has no other layers than ours: what it
/// refuses is not made at all, and no layer is asked about a span each time it is entered and left.
#[derive(Debug)]
pub(crate) struct SoleAdmission(pub(crate) Arc<Admission>);

impl<S: Subscriber> Layer<S> for SoleAdmission {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.0.admits_call_site::<S>(metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, ctx: Context<'_, S>) -> bool {
        self.0.admits(metadata, &ctx)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0.level_max())
    }

    tell_scoped!();
}

const UNWANTED: u32 = 0;
const WANTED: u32 = 1;
/// On the spans around it.
const DEPENDS: u32 = 2;
