//! Events whose target and fields are known at run time only, through the same layers as all
//! others.
//!
//! `tracing` wants both to be static. So all such events share one call-site for each level, and
//! what they are travels in one field, as an error: of all values only those keep their type.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tracing::callsite::{Callsite, Identifier};
use tracing::field::{Field, FieldSet, Value, Visit};
use tracing::metadata::Kind;
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata};

use crate::logging::{LogValue, question};

/// The target of the shared call-sites. Nobody filters by it: filters see the name.
pub(super) const TARGET: &str = "beacon::named";

/// What a named event is.
#[derive(Debug)]
pub(crate) struct NamedRecord {
    /// Stands where the target of other events stands.
    pub(crate) name: Arc<str>,
    /// Without `message`, which is a field of the event.
    pub(crate) fields: Vec<(Box<str>, LogValue)>,
    /// Where it was made, if that is known.
    pub(crate) file: Option<Cow<'static, str>>,
    pub(crate) line: Option<u32>,
}

impl NamedRecord {
    pub(crate) const fn new(name: Arc<str>, fields: Vec<(Box<str>, LogValue)>) -> Self {
        Self { name, fields, file: None, line: None }
    }

    /// The record of the event, if it is a named one.
    pub(crate) fn of(event: &Event<'_>) -> Option<Arc<Self>> {
        if event.metadata().target() != TARGET {
            return None;
        }
        let mut found = Find(None);
        event.record(&mut found);
        found.0
    }
}

/// Whether anybody wants an event of this name and level.
pub(super) fn is_wanted(dispatch: &Dispatch, name: &str, level: Level) -> bool {
    question::ask(dispatch, &metadata(name, level, question::KIND))
}

/// Sends the event through the layers of `dispatch`, which filter it by its name.
pub(super) fn send(dispatch: &Dispatch, level: Level, message: &dyn Value, record: NamedRecord) {
    // The answer is the layers' own affair; what counts is that each has been asked.
    if !dispatch.enabled(&metadata(&record.name, level, Kind::EVENT)) {
        return;
    }
    let shared = callsite(level).metadata();
    let fields = shared.fields();
    let (Some(message_field), Some(record_field)) = (fields.field(MESSAGE), fields.field(RECORD))
    else {
        return;
    };
    let carrier = Carrier(Arc::new(record));
    let carrier: &(dyn Error + 'static) = &carrier;
    let values = [(&message_field, Some(message)), (&record_field, Some(&carrier as &dyn Value))];
    dispatch.event(&Event::new(shared, &fields.value_set(&values)));
}

fn metadata(name: &str, level: Level, kind: Kind) -> Metadata<'_> {
    let fields = FieldSet::new(FIELDS, Identifier(callsite(level)));
    Metadata::new(NAME, name, level, None, None, None, fields, kind)
}

/// Carries a record through `tracing`. Other layers see its fields as text.
#[derive(Debug)]
struct Carrier(Arc<NamedRecord>);

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)?;
        self.0.fields.iter().try_for_each(|(key, value)| write!(f, " {key}={value}"))
    }
}

impl Error for Carrier {}

struct Find(Option<Arc<NamedRecord>>);

impl Visit for Find {
    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}

    fn record_error(&mut self, _field: &Field, value: &(dyn Error + 'static)) {
        if let Some(Carrier(record)) = value.downcast_ref() {
            self.0 = Some(Arc::clone(record));
        }
    }
}

#[derive(Debug)]
struct Shared(&'static Metadata<'static>);

impl Callsite for Shared {
    // It is asked about by name, each time.
    fn set_interest(&self, _interest: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.0
    }
}

macro_rules! shared {
    ($($callsite:ident $metadata:ident $level:ident;)*) => {
        $(
            static $callsite: Shared = Shared(&$metadata);
            static $metadata: Metadata<'static> = Metadata::new(
                NAME,
                TARGET,
                Level::$level,
                None,
                None,
                None,
                FieldSet::new(FIELDS, Identifier(&$callsite)),
                Kind::EVENT,
            );
        )*

        fn callsite(level: Level) -> &'static Shared {
            match level {
                $(Level::$level => &$callsite,)*
            }
        }
    };
}

shared! {
    DEBUG_CALLSITE DEBUG_METADATA DEBUG;
    ERROR_CALLSITE ERROR_METADATA ERROR;
    INFO_CALLSITE INFO_METADATA INFO;
    TRACE_CALLSITE TRACE_METADATA TRACE;
    WARN_CALLSITE WARN_METADATA WARN;
}

const NAME: &str = "named event";
const MESSAGE: &str = "message";
const RECORD: &str = "beacon.record";
const FIELDS: &[&str] = &[MESSAGE, RECORD];
