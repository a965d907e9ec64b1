//! Which spans and events are recorded. Spans and events are asked about apart, so that no log
//! level ever silences a trace.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use tracing::dispatcher::WeakDispatch;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Dispatch, Level, Metadata, span};
use tracing_subscriber::filter::{Directive, ParseError, Targets};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::{EnvFilter, Registry};

use crate::logging::call_sites::CallSites;
use crate::logging::question::{self, is_question};

/// A directive that means nothing.
#[derive(Debug, thiserror::Error)]
#[error("expected filter directives such as `info,hyper=warn`, got `{directive}`")]
pub(crate) struct DirectiveError {
    pub(crate) directive: String,
    source: ParseError,
}

/// Directives in the syntax of `RUST_LOG`, of which not one was left out.
#[derive(Debug)]
pub(crate) enum Directives {
    /// Levels and targets only. Each call-site is asked once; a span that starts pays nothing.
    Plain(Targets),
    /// At least one directive names a span or a field. Each span pays for the bookkeeping.
    Scoped(Box<EnvFilter>),
}

impl Directives {
    /// Parses directives separated by commas; blanks around them are allowed. No directive at all
    /// admits nothing.
    ///
    /// # Errors
    ///
    /// The first directive that is not understood. Lossy parsing would let a typo mute everything.
    pub(crate) fn parse(text: &str) -> Result<Self, DirectiveError> {
        let mut directives = Vec::new();
        for piece in text.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
            let directive: Directive = piece.parse().map_err(|source| refused(piece, source))?;
            directives.push(directive);
        }
        let canonical: Vec<String> = directives.iter().map(ToString::to_string).collect();
        if canonical.iter().any(|directive| directive.contains('[')) {
            let filter =
                directives.into_iter().fold(EnvFilter::default(), EnvFilter::add_directive);
            return Ok(Self::Scoped(Box::new(filter)));
        }
        if canonical.is_empty() {
            return Ok(Self::Plain(Targets::new()));
        }
        let targets = canonical.join(",").parse().map_err(|source| refused(text, source))?;
        Ok(Self::Plain(targets))
    }

    fn as_filter<S>(&self) -> &dyn Filter<S> {
        match self {
            Self::Plain(targets) => targets,
            Self::Scoped(filter) => &**filter,
        }
    }

    /// The most verbose level that anything can be admitted at.
    pub(crate) fn level_max(&self) -> LevelFilter {
        self.as_filter::<Registry>().max_level_hint().unwrap_or(LevelFilter::TRACE)
    }
}

fn refused(directive: &str, source: ParseError) -> DirectiveError {
    DirectiveError { directive: directive.to_owned(), source }
}

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

    /// Shows `use_filter` the directives that keep books about spans.
    ///
    /// Directives that came after a span do not know it, and take part in nothing that becomes of
    /// it.
    #[inline]
    fn each_scoped(&self, use_filter: impl Fn(&EnvFilter)) {
        if !self.is_scoped.load(Ordering::Acquire) {
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

/// [`Admission`] as the filter of a layer, which shares it.
///
/// Spans must get the same answer from all recording layers: as soon as two differ about a
/// call-site, `tracing` no longer keeps the answer and asks again each time. For events that
/// cannot be had: the trace layer wants none, and `event_enabled`, which could sort them out later,
/// trips a debug assertion of `tracing-subscriber` 0.3.23 when the call-site was not asked about.
#[derive(Debug)]
pub(crate) struct AdmissionFilter(pub(crate) Arc<Admission>);

impl<S> Filter<S> for AdmissionFilter {
    fn enabled(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        if let Some(is_wanted) = self.0.answer(metadata) {
            return is_wanted;
        }
        if metadata.is_span() {
            let Some(spans) = &self.0.spans else { return false };
            return spans.load().as_filter().enabled(metadata, ctx);
        }
        if is_question(metadata) {
            question::answer(self.0.admits_event(metadata, ctx));
            return true;
        }
        self.0.marks_status(metadata) || self.0.admits_event(metadata, ctx)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = self.0.interest::<S>(metadata);
        self.0.remember(metadata, &interest);
        interest
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let Admission { spans, events, marks_errors, .. } = &*self.0;
        let mut hint = if *marks_errors { LevelFilter::ERROR } else { LevelFilter::OFF };
        for directives in [spans, events].into_iter().flatten() {
            hint = hint.max(directives.load().level_max());
        }
        Some(hint)
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, ctx: Context<'_, S>) {
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
}

const UNWANTED: u32 = 0;
const WANTED: u32 = 1;
/// On the spans around it.
const DEPENDS: u32 = 2;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn directives_without_spans_and_fields_are_plain() {
        for text in ["", "info", "my_crate", "warn,my_crate=debug", " warn , my_crate::api=off "] {
            let directives = Directives::parse(text).unwrap();
            assert!(matches!(directives, Directives::Plain(_)), "{text:?}: {directives:?}");
        }
    }

    #[test]
    fn directives_with_spans_or_fields_are_scoped() {
        for text in ["[request]=debug", "info,my_crate[request{id=7}]=trace", "[{id}]=debug"] {
            let directives = Directives::parse(text).unwrap();
            assert!(matches!(directives, Directives::Scoped(_)), "{text:?}: {directives:?}");
        }
    }

    #[test]
    fn a_bad_directive_is_named() {
        let table = [
            ("my_crate=loud", "my_crate=loud"),
            ("info,my_crate=inof", "my_crate=inof"),
            ("info,[span", "[span"),
            ("info, *=debug ,warn", "*=debug"),
        ];
        for (text, bad) in table {
            let error = Directives::parse(text).unwrap_err();
            assert_eq!(error.directive, bad, "{text:?}");
            let message =
                format!("expected filter directives such as `info,hyper=warn`, got `{bad}`");
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn plain_directives_mean_what_they_mean_in_env_filter() {
        let plain = |text: &str| match Directives::parse(text).unwrap() {
            Directives::Plain(targets) => targets,
            Directives::Scoped(filter) => panic!("{filter:?}"),
        };
        let targets = plain("warn, my_crate=debug,my_crate::quiet=off,all");
        assert!(targets.would_enable("other", &Level::WARN));
        assert!(!targets.would_enable("other", &Level::INFO));
        assert!(targets.would_enable("my_crate::api", &Level::DEBUG));
        assert!(!targets.would_enable("my_crate::quiet", &Level::ERROR));
        assert!(targets.would_enable("all", &Level::TRACE));
        assert!(plain("my_crate=").would_enable("my_crate", &Level::TRACE));
        assert!(!plain("").would_enable("my_crate", &Level::ERROR));
    }

    proptest! {
        #[test]
        fn strict_parsing_accepts_what_env_filter_accepts(text in "[a-z:=,\\[\\]{} \"0-9é-]{0,24}") {
            let pieces = || text.split(',').map(str::trim).filter(|piece| !piece.is_empty());
            let is_good = pieces().all(|piece| EnvFilter::builder().parse(piece).is_ok());
            prop_assert_eq!(Directives::parse(&text).is_ok(), is_good);
        }
    }
}
