//! Runtimes and unfinished spans, as the guard shows them.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::clock::SharedClock;
use crate::config::RuntimeSettings;
use crate::error::InitError;
use crate::export::Export;
use crate::logging::{LiveSpan, LiveSpans, OwnEvents, set_installed_live_spans};
use crate::pipeline::Pipeline;
use crate::task::{
    ObserveRuntimeError, RuntimeWatch, RuntimeWatchParts, set_installed_runtime_watch,
};

/// Starts the thread that watches; `None` where it is switched off.
pub(super) fn start(
    settings: RuntimeSettings,
    export: &Export,
    spans: &Arc<LiveSpans>,
    events: OwnEvents,
    clock: &SharedClock,
) -> Result<Option<Arc<RuntimeWatch>>, InitError> {
    if !settings.is_on() {
        return Ok(None);
    }
    let parts = RuntimeWatchParts {
        settings,
        clock: Arc::clone(clock),
        spans: Arc::clone(spans),
        events,
        meter: export.own_meter(),
    };
    Ok(Some(Arc::new(RuntimeWatch::start(parts)?)))
}

impl Pipeline {
    pub(crate) fn live_spans(&self) -> Vec<LiveSpan> {
        self.live_spans.list()
    }

    pub(crate) fn observe_runtime(
        &self,
        name: &str,
        handle: &Handle,
    ) -> Result<(), ObserveRuntimeError> {
        let runtime = self.runtime.as_ref().ok_or(ObserveRuntimeError::NotWatching)?;
        runtime.observe(name, handle)
    }

    /// Makes these the list and the watch of the process.
    pub(crate) fn set_installed_runtime(&self) {
        set_installed_live_spans(&self.live_spans);
        if let Some(runtime) = &self.runtime {
            set_installed_runtime_watch(runtime);
        }
    }
}
