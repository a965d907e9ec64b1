//! Spans that have not ended: which, since when, and whether that is too long.

mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use opentelemetry::trace::{SpanId, TraceContextExt as _, TraceId};
use tracing::dispatcher::WeakDispatch;
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Subscriber};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Registry, registry::SpanData as _};

use crate::clock::SharedClock;
use crate::export::encode::TraceIds;
use crate::logging::live_spans::table::{Entry, Table};

static INSTALLED: OnceLock<Arc<LiveSpans>> = OnceLock::new();

/// Makes this the list of the process. Once per process, as installation is.
pub(crate) fn set_installed_live_spans(spans: &Arc<LiveSpans>) {
    // The caller holds the lock of installation, so a second one never comes here.
    INSTALLED.get_or_init(|| Arc::clone(spans));
}

/// Returns the spans of `tracing` that are recorded and have not ended, the oldest first, at most
/// 1,000 of them; none while no telemetry is installed.
///
/// For a status page, and for whoever asks why a service hangs. For telemetry that is not installed
/// there is [`Telemetry::live_spans`](crate::Telemetry::live_spans). Spans of the OpenTelemetry API
/// are not listed, only counted, in `otel.sdk.span.live`. The list has room for 8,192 spans; those
/// that found none are counted in `beacon.span.unlisted`.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = beacon::init_telemetry()?;
/// let import = tracing::info_span!("import");
/// for span in beacon::logging::live_spans() {
///     println!("{span}"); // import (my_service), 0.0 s
/// }
/// # drop((import, telemetry));
/// # Ok(())
/// # }
/// ```
pub fn live_spans() -> Vec<LiveSpan> {
    INSTALLED.get().map(|spans| spans.list()).unwrap_or_default()
}

/// A span that has not ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LiveSpan {
    /// Its name.
    pub name: &'static str,
    /// The module that it was made in, or what the code gave as its target.
    pub target: String,
    /// Time since it was made.
    pub age: Duration,
    /// The id of its trace as 32 hexadecimal digits. `None` in its first second, when its parent may
    /// not be known yet.
    pub trace_id: Option<String>,
    /// Its own id as 16 hexadecimal digits.
    pub span_id: Option<String>,
}

impl fmt::Display for LiveSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}), {:.1} s", self.name, self.target, self.age.as_secs_f64())
    }
}

/// What is known of a span by its number.
#[derive(Clone, Debug)]
pub(crate) struct SpanFacts {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) trace: Option<TraceIds>,
}

/// Unfinished spans of one name that are older than the limit.
#[derive(Clone, Debug)]
pub(crate) struct OverdueSpans {
    /// Of the oldest.
    pub(crate) facts: SpanFacts,
    pub(crate) age: Duration,
    pub(crate) count: u64,
}

/// What a look at all spans comes to.
#[derive(Debug, Default)]
pub(crate) struct SpanAges {
    pub(crate) oldest: Duration,
    pub(crate) overdue: u64,
    /// Names that nobody was told of yet, at most [`TOLD_MAX`].
    pub(crate) untold: Vec<OverdueSpans>,
}

/// The unfinished spans of one telemetry.
pub(crate) struct LiveSpans {
    clock: SharedClock,
    /// `None`: they are not listed, and only looked up.
    table: Option<Table>,
    /// Whoever knows the spans by their numbers.
    dispatch: ArcSwapOption<WeakDispatch>,
}

impl fmt::Debug for LiveSpans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSpans").finish_non_exhaustive()
    }
}

impl LiveSpans {
    pub(crate) fn new(clock: &SharedClock, is_listed: bool) -> Self {
        let table = is_listed.then(Table::new);
        Self { clock: Arc::clone(clock), table, dispatch: ArcSwapOption::empty() }
    }

    pub(crate) fn list(&self) -> Vec<LiveSpan> {
        let Some(table) = &self.table else { return Vec::new() };
        let now = self.clock.now();
        let mut entries: Vec<_> = table.entries().map(|entry| (entry.age(now), entry.id)).collect();
        entries.sort_unstable_by(|one, other| other.cmp(one));
        let span = |(age, id): (Duration, u64)| {
            let facts = self.facts(id, age >= SETTLED)?;
            let trace = facts.trace;
            Some(LiveSpan {
                name: facts.name,
                target: facts.target.to_owned(),
                age,
                trace_id: trace.map(|ids| TraceId::from_bytes(ids.trace_id).to_string()),
                span_id: trace.map(|ids| SpanId::from_bytes(ids.span_id).to_string()),
            })
        };
        entries.into_iter().filter_map(span).take(LIST_MAX).collect()
    }

    /// Looks for spans that are older than the limit. What it returns as untold is told from then on.
    pub(crate) fn ages(&self, limit: Duration) -> SpanAges {
        let mut ages = SpanAges::default();
        let Some(table) = &self.table else { return ages };
        let now = self.clock.now();
        let mut by_name: BTreeMap<(&str, &str), OverdueSpans> = BTreeMap::new();
        for entry in table.entries() {
            let age = entry.age(now);
            ages.oldest = ages.oldest.max(age);
            if age < limit {
                continue;
            }
            ages.overdue = ages.overdue.saturating_add(1);
            if !entry.is_told() {
                self.gather(&entry, age, &mut by_name);
            }
        }
        ages.untold = by_name.into_values().collect();
        ages
    }

    fn gather<'a>(
        &self,
        entry: &Entry<'_>,
        age: Duration,
        by_name: &mut BTreeMap<(&'a str, &'a str), OverdueSpans>,
    ) {
        // Gone meanwhile, or of another subscriber.
        let Some(facts) = self.facts(entry.id, true) else { return };
        let key = (facts.target, facts.name);
        if by_name.len() >= TOLD_MAX && !by_name.contains_key(&key) {
            // Its turn comes with the next look.
            return;
        }
        entry.set_told();
        let group = by_name.entry(key).or_insert_with(|| OverdueSpans {
            facts: facts.clone(),
            age,
            count: 0,
        });
        group.count = group.count.saturating_add(1);
        if age > group.age {
            group.facts = facts;
            group.age = age;
        }
    }

    /// What is known of a span. To ask for its ids settles its parent.
    pub(crate) fn facts(&self, id: u64, with_ids: bool) -> Option<SpanFacts> {
        let id = (id != 0).then(|| Id::from_u64(id))?;
        let dispatch = self.dispatch.load().as_ref()?.upgrade()?;
        let metadata = dispatch.downcast_ref::<Registry>()?.span_data(&id)?.metadata();
        let trace = with_ids.then(|| trace_ids(&id, &dispatch)).flatten();
        Some(SpanFacts { name: metadata.name(), target: metadata.target(), trace })
    }

    /// Spans that found no room.
    pub(crate) fn unlisted(&self) -> u64 {
        self.table.as_ref().map_or(0, Table::unlisted)
    }
}

fn trace_ids(id: &Id, dispatch: &Dispatch) -> Option<TraceIds> {
    TraceIds::of(get_otel_context(id, dispatch)?.span().span_context())
}

/// Lists spans as they come and go. Belongs under the filter of spans.
#[derive(Debug)]
pub(super) struct LiveSpanLayer(Arc<LiveSpans>);

impl LiveSpanLayer {
    pub(super) const fn new(spans: Arc<LiveSpans>) -> Self {
        Self(spans)
    }
}

impl<S> Layer<S> for LiveSpanLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.0.dispatch.store(Some(Arc::new(subscriber.downgrade())));
    }

    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        if let Some(table) = &self.0.table {
            table.insert(id.into_u64(), self.0.clock.now());
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        if let Some(table) = &self.0.table {
            table.remove(id.into_u64());
        }
    }
}

/// How many spans a list has at most.
const LIST_MAX: usize = 1_000;

/// How many names are told of in one look.
const TOLD_MAX: usize = 10;

/// From this age on a span has the parent that it will have.
const SETTLED: Duration = Duration::from_secs(1);
