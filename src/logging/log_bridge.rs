//! Records of the crate `log` become events of `tracing`.

use std::borrow::Cow;

use tracing::dispatcher::get_default;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_log::{AsLog as _, AsTrace as _};

use crate::logging::named::{self, NamedRecord};
use crate::logging::{log_fields, question};

/// Becomes the process's logger, at first for nothing; [`set_level`] opens it. Returns whether
/// there was no other before.
pub(crate) fn set_logger() -> bool {
    log::set_logger(&LogBridge).is_ok()
}

/// Lets records through up to this level: `log` forms no record that nobody can want.
pub(super) fn set_level(level: LevelFilter) {
    log::set_max_level(level.as_log());
}

#[derive(Debug)]
pub(super) struct LogBridge;

impl log::Log for LogBridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        let trace = metadata.as_trace();
        if *trace.level() > LevelFilter::current() {
            return false;
        }
        let (name, target, level) = (trace.name(), metadata.target(), *trace.level());
        let fields = tracing::field::FieldSet::new(&[], trace.callsite());
        let kind = question::KIND;
        let question = Metadata::new(name, target, level, None, None, None, fields, kind);
        get_default(|dispatch| question::ask(dispatch, &question))
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.level().as_trace() > LevelFilter::current() {
            return;
        }
        if record.key_values().count() > 0 {
            send_with_fields(record);
        } else {
            // It cannot fail: the result belongs to an interface that once wrote.
            tracing_log::format_trace(record).unwrap_or_default();
        }
    }

    fn flush(&self) {}
}

/// Events of `tracing` have the fields of their call-site and no others, so these travel as those of
/// a [`Logger`](crate::logging::Logger).
fn send_with_fields(record: &log::Record<'_>) {
    let (target, level) = (record.target(), record.level().as_trace());
    // An ERROR that the filter refuses still marks the status of its span.
    let is_wanted =
        level == Level::ERROR || get_default(|dispatch| named::is_wanted(dispatch, target, level));
    if !is_wanted {
        return;
    }
    // The values are the caller's code, so they are read outside of the subscriber.
    let fields = log_fields::read(record.key_values());
    let file = record.file_static().map(Cow::Borrowed);
    let file = file.or_else(|| record.file().map(|file| Cow::Owned(file.to_owned())));
    let mut sent = Some(NamedRecord { name: target.into(), fields, file, line: record.line() });
    get_default(|dispatch| {
        if let Some(sent) = sent.take() {
            named::send(dispatch, level, record.args(), sent);
        }
    });
}
