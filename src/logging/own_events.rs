//! What beacon itself has to say among the service's logs, as a record and as a line.

use std::sync::Arc;

use tracing::Level;

use crate::clock::SharedClock;
use crate::export::encode::{TraceIds, unix_nanos};
use crate::export::processors::RecordingCounters;
use crate::logging::field_list::{FieldList, FieldValue};
use crate::logging::lines::LineOrigin;
use crate::logging::sinks::Occurrence;
use crate::logging::{Lines, LogRecorder};

/// Something that beacon tells. No filter of events applies: who asked for it shall get it. The levels
/// of the sinks do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnEvent<'a> {
    pub(crate) level: Level,
    /// Stands where the target of other events stands.
    pub(crate) target: &'a str,
    /// Empty: a record without a name.
    pub(crate) event_name: &'a str,
    pub(crate) body: &'a str,
    pub(crate) trace: Option<TraceIds>,
    /// No key twice.
    pub(crate) attributes: &'a [(&'static str, OwnValue<'a>)],
}

/// The value of an attribute of an [`OwnEvent`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OwnValue<'a> {
    Bool(bool),
    F64(f64),
    I64(i64),
    /// Lines show it as text, with commas between.
    I64List(&'a [i64]),
    Text(&'a str),
    /// As above.
    TextList(&'a [String]),
}

/// The sinks of such events, which are those of all events.
#[derive(Debug)]
pub(crate) struct OwnEvents {
    pub(super) recorder: Option<LogRecorder>,
    pub(super) lines: Option<Arc<Lines>>,
    counters: Arc<RecordingCounters>,
    clock: SharedClock,
}

impl OwnEvents {
    pub(crate) const fn new(
        recorder: Option<LogRecorder>,
        lines: Option<Arc<Lines>>,
        counters: Arc<RecordingCounters>,
        clock: SharedClock,
    ) -> Self {
        Self { recorder, lines, counters, clock }
    }

    /// Gives the event to each sink that takes its level.
    pub(crate) fn tell(&self, event: &OwnEvent<'_>) {
        self.counters.logs.count_record(event.level);
        let OwnEvent { level, target, trace, .. } = *event;
        let at = Occurrence { unix_nanos: self.unix_nanos(), trace };
        if let Some(recorder) = &self.recorder {
            recorder.record_own(event, at.unix_nanos);
        }
        if let Some(lines) = &self.lines {
            lines.write(LineOrigin { level, target, at }, |fields| event.show(fields));
        }
    }

    pub(super) fn unix_nanos(&self) -> u64 {
        unix_nanos(self.clock.wall())
    }
}

impl OwnEvent<'_> {
    fn show(&self, fields: &mut FieldList) {
        fields.set_message(FieldValue::Text(self.body));
        if !self.event_name.is_empty() {
            fields.set("otel.event.name", FieldValue::Text(self.event_name));
        }
        for (key, value) in self.attributes {
            match *value {
                OwnValue::Bool(value) => fields.set(*key, FieldValue::Bool(value)),
                OwnValue::F64(value) => fields.set(*key, FieldValue::F64(value)),
                OwnValue::I64(value) => fields.set(*key, FieldValue::I64(value)),
                OwnValue::I64List(list) => {
                    let list: Vec<_> = list.iter().map(ToString::to_string).collect();
                    fields.set(*key, FieldValue::Text(&list.join(", ")));
                }
                OwnValue::Text(value) => fields.set(*key, FieldValue::Text(value)),
                OwnValue::TextList(list) => {
                    fields.set(*key, FieldValue::Text(&list.join(", ")));
                }
            }
        }
    }
}
