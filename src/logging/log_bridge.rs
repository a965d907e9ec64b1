//! Records of the crate `log` become events of `tracing`.

use tracing::Metadata;
use tracing::dispatcher::get_default;
use tracing::level_filters::LevelFilter;
use tracing_log::{AsLog as _, AsTrace as _, log};

use crate::logging::question;

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
        if record.level().as_trace() <= LevelFilter::current() {
            // It cannot fail: the result belongs to an interface that once wrote.
            tracing_log::format_trace(record).unwrap_or_default();
        }
    }

    fn flush(&self) {}
}
