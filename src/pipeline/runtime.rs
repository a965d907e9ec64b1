//! Runtimes and unfinished spans, as the guard shows them.

use tokio::runtime::Handle;

use crate::logging::{LiveSpan, set_installed_live_spans};
use crate::pipeline::Pipeline;
use crate::task::{ObserveRuntimeError, set_installed_runtime_watch};

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
