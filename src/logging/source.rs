//! Where an event comes from, whoever sent it: the macros of `tracing`, the crate `log`, or a
//! [`Logger`](crate::logging::Logger).

use std::fmt;
use std::sync::Arc;

use tracing::field::{Field, FieldSet, Visit};
use tracing::metadata::Kind;
use tracing::{Event, Level, Metadata};
use tracing_log::NormalizeEvent as _;

use crate::logging::LogValue;
use crate::logging::named::{self, NamedRecord};
use crate::logging::panics;

/// What the metadata of an event would be, had the event been made by a macro.
#[derive(Debug)]
pub(crate) enum EventSource<'a> {
    /// A record of the crate `log` without key-values. Its own fields `log.*` repeat what is here.
    Log(Box<Metadata<'a>>),
    /// A name and fields that are known at run time only.
    Named(&'static Metadata<'static>, Arc<NamedRecord>),
    Plain(&'static Metadata<'static>),
}

impl<'a> EventSource<'a> {
    pub(crate) fn of(event: &'a Event<'_>) -> Self {
        let metadata = event.metadata();
        // A comparison of lengths, nearly always.
        match metadata.target() {
            LOG_TARGET => match event.normalized_metadata() {
                Some(normalized) => Self::Log(Box::new(normalized)),
                None => Self::Plain(metadata),
            },
            named::TARGET => match NamedRecord::of(event) {
                Some(record) => Self::Named(metadata, record),
                None => Self::Plain(metadata),
            },
            _ => Self::Plain(metadata),
        }
    }

    pub(crate) fn target(&self) -> &str {
        match self {
            Self::Log(metadata) => metadata.target(),
            Self::Named(_, record) => &record.name,
            Self::Plain(metadata) => metadata.target(),
        }
    }

    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Log(metadata) => *metadata.level(),
            Self::Named(metadata, _) | Self::Plain(metadata) => *metadata.level(),
        }
    }

    pub(crate) fn file(&self) -> Option<&str> {
        match self {
            Self::Log(metadata) => metadata.file(),
            Self::Named(_, record) => record.file.as_deref(),
            Self::Plain(metadata) => metadata.file(),
        }
    }

    pub(crate) fn line(&self) -> Option<u32> {
        match self {
            Self::Log(metadata) => metadata.line(),
            Self::Named(_, record) => record.line,
            Self::Plain(metadata) => metadata.line(),
        }
    }

    /// The name that the developer gave the event in the macro, or nothing.
    ///
    /// Without one, `tracing` makes `event <file>:<line>` of the call-site: a name that means
    /// nothing to a backend and changes with every edit.
    pub(crate) fn event_name(&self) -> &'static str {
        match self {
            Self::Log(_) | Self::Named(..) => "",
            Self::Plain(metadata) => given_name(metadata),
        }
    }

    /// Whether the event has a field of this name.
    pub(crate) fn has_field(&self, name: &str) -> bool {
        match self {
            Self::Log(_) => false,
            Self::Named(_, record) => record.fields.iter().any(|(own, _)| **own == *name),
            Self::Plain(metadata) => metadata.fields().field(name).is_some(),
        }
    }

    /// Shows filters what they are to judge.
    pub(crate) fn with_metadata<T>(&self, judge: impl FnOnce(&Metadata<'_>) -> T) -> T {
        match self {
            Self::Log(metadata) => judge(metadata),
            Self::Named(metadata, record) => {
                let fields = FieldSet::new(&[], metadata.callsite());
                let (name, level) = (metadata.name(), *metadata.level());
                let kind = Kind::EVENT;
                judge(&Metadata::new(name, &record.name, level, None, None, None, fields, kind))
            }
            Self::Plain(metadata) => judge(metadata),
        }
    }

    /// Whether a panic is told, which can happen anywhere: also where locks are held.
    pub(crate) fn is_of_panic(&self) -> bool {
        matches!(self, Self::Named(_, record) if *record.name == *panics::TARGET)
    }

    /// Shows all fields, the message among them.
    pub(crate) fn record_fields(&self, event: &Event<'_>, sink: &mut impl FieldSink) {
        match self {
            Self::Log(_) => event.record(&mut MessageOnly(sink)),
            Self::Named(_, record) => {
                event.record(&mut MessageOnly(sink));
                record.fields.iter().for_each(|(name, value)| sink.record_named(name, value));
            }
            Self::Plain(_) => event.record(sink),
        }
    }
}

/// Takes the fields of an event, whoever sent it.
pub(crate) trait FieldSink: Visit {
    /// Takes a field whose name is known at run time only. It is not the message, whatever its name.
    fn record_named(&mut self, name: &str, value: &LogValue);
}

fn given_name(metadata: &Metadata<'static>) -> &'static str {
    let name = metadata.name();
    let Some(file) = metadata.file() else { return name };
    let position = name.strip_prefix("event ").and_then(|rest| rest.strip_prefix(file));
    let is_default = position
        .and_then(|rest| rest.strip_prefix(':'))
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()));
    if is_default { "" } else { name }
}

/// Lets the message through. Everything else repeats what the [`EventSource`] tells.
struct MessageOnly<'a>(&'a mut dyn Visit);

impl Visit for MessageOnly<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == MESSAGE {
            self.0.record_debug(field, value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == MESSAGE {
            self.0.record_str(field, value);
        }
    }
}

const MESSAGE: &str = "message";
/// The target of all events of `tracing-log`.
const LOG_TARGET: &str = "log";
