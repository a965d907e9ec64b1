//! Where an event goes once it is known to be wanted: to the collector, to people, or both.

use std::sync::Arc;

use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::catalog;
use crate::clock::SharedClock;
use crate::config::RecordingSettings;
use crate::export::encode::TraceIds;
use crate::export::processors::{LogSink, RecordingCounters};
use crate::logging::copied_fields::CopiedFields;
use crate::logging::own_events::{OwnEvent, OwnEvents, OwnValue};
use crate::logging::restraint::{Notice, Restraint};
use crate::logging::source::EventSource;
use crate::logging::{Lines, LogRecorder};

/// When something happened, and inside of which span: the same for all sinks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence {
    pub(crate) unix_nanos: u64,
    pub(crate) trace: Option<TraceIds>,
}

/// The sinks of events. At least one; all of them get the same events.
#[derive(Debug)]
pub(crate) struct Sinks {
    own: OwnEvents,
    copied: Option<CopiedFields>,
    restraint: Restraint,
    counters: Arc<RecordingCounters>,
}

impl Sinks {
    /// `None` where nobody wants an event.
    pub(crate) fn new(
        recorder: Option<LogRecorder>,
        lines: Option<Arc<Lines>>,
        settings: &RecordingSettings,
        counters: &Arc<RecordingCounters>,
        clock: &SharedClock,
    ) -> Option<Self> {
        let mut sinks: Vec<LogSink> = lines.iter().flat_map(|lines| lines.sinks()).collect();
        sinks.extend(recorder.is_some().then_some(LogSink::Otlp));
        if sinks.is_empty() {
            return None;
        }
        let restraint = Restraint::new(settings.restraint, sinks, counters, clock);
        let copied = recorder.is_some().then(|| CopiedFields::new(&settings.span_fields)).flatten();
        let own = OwnEvents::new(recorder, lines, Arc::clone(counters), Arc::clone(clock));
        Some(Self { own, copied, restraint, counters: Arc::clone(counters) })
    }

    /// Whether the fields of spans have to be kept, because lines show them or records copy them.
    pub(crate) const fn needs_span_fields(&self) -> bool {
        self.own.lines.is_some() || self.copied.is_some()
    }

    /// Gives the event to each sink, unless it is held back.
    pub(crate) fn record<S>(
        &self,
        event: &Event<'_>,
        source: &EventSource<'_>,
        trace: Option<TraceIds>,
        ctx: &Context<'_, S>,
    ) where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        self.counters.logs.count_record(source.level());
        let is_sampled = trace.map(|trace| trace.flags & FLAG_SAMPLED != 0);
        let say = |callsite, notice| self.tell(callsite, notice);
        // A panic is told whatever else was said.
        if !source.is_of_panic() && !self.restraint.admits(event.metadata(), is_sampled, say) {
            return;
        }
        let at = Occurrence { unix_nanos: self.own.unix_nanos(), trace };
        if let Some(recorder) = &self.own.recorder {
            recorder.record(event, source, at, |encoder| {
                // As in `Lines::write_event`.
                if let Some(copied) = self.copied.as_ref().filter(|_| !source.is_of_panic())
                    && let Some(spans) = ctx.event_scope(event)
                {
                    copied.write(encoder, spans);
                }
            });
        }
        if let Some(lines) = &self.own.lines {
            lines.write_event(event, source, at, ctx);
        }
    }

    /// Tells each sink what is held back of a call-site, at its level and under its target.
    fn tell(&self, callsite: &'static Metadata<'static>, notice: Notice) {
        let file = callsite.file().map(|file| ("code.file.path", OwnValue::Text(file)));
        let line = callsite.line().map(|line| ("code.line.number", OwnValue::I64(line.into())));
        let suppressed = notice.suppressed();
        let suppressed =
            suppressed.map(|count| (catalog::LOG_SUPPRESSED, OwnValue::I64(count.into())));
        let attributes: Vec<_> = [file, line, suppressed].into_iter().flatten().collect();
        self.own.tell(&OwnEvent {
            level: *callsite.level(),
            target: callsite.target(),
            event_name: "",
            body: &notice.to_string(),
            trace: None,
            attributes: &attributes,
        });
    }
}

/// Source: <https://www.w3.org/TR/trace-context/#sampled-flag>
const FLAG_SAMPLED: u8 = 1;
