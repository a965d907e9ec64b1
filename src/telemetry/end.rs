//! Flush and shutdown: async, blocking, and when the guard is dropped.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::diagnostics::DiagnosticLevel;
use crate::error::{FlushError, Loss, ShutdownError};
use crate::report::{DropReason, TelemetryReport};
use crate::signal::Signal;
use crate::task;
use crate::telemetry::Telemetry;
use crate::wait::{wait_aside, wait_for};

impl Telemetry {
    /// Delivers everything that is held now and collects metrics once, all signals at the same
    /// time. Concurrent calls share the work.
    ///
    /// # Errors
    ///
    /// When not all of it was settled within the shutdown timeout. Nothing is lost by that: it
    /// stays held.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// let report = telemetry.flush().await?;
    /// assert_eq!(report.traces.held, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn flush(&self) -> Result<TelemetryReport, FlushError> {
        if self.pipeline.is_on_export_thread() {
            return self.judge_flush(Some(false));
        }
        let answer = self.pipeline.flush().await.ok();
        if let Some(lines) = self.pipeline.unsettled_lines() {
            let limit = self.pipeline.shutdown_timeout();
            // Without a thread to wait on, the lines are written all the same.
            drop(wait_aside(async move { lines.flush(limit) }, self.wait_limit()).await);
        }
        self.judge_flush(answer)
    }

    /// Like [`flush`](Self::flush), from a thread that may block. Works in every runtime and none.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    ///
    /// # Examples
    ///
    /// ```
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// let report = telemetry.flush_blocking()?;
    /// assert_eq!(report.traces.held, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush_blocking(&self) -> Result<TelemetryReport, FlushError> {
        if self.pipeline.is_on_export_thread() {
            return self.judge_flush(Some(false));
        }
        let answer = wait_for(self.pipeline.flush(), self.wait_limit());
        if let Some(lines) = self.pipeline.unsettled_lines() {
            lines.flush(self.pipeline.shutdown_timeout());
        }
        self.judge_flush(answer.map_or(Some(false), Result::ok))
    }

    /// Without an answer the export thread has ended: what it left, if anything, stays.
    fn judge_flush(&self, answer: Option<bool>) -> Result<TelemetryReport, FlushError> {
        let report = self.stats();
        let holds_nothing = || Signal::ALL.iter().all(|signal| report.signal(*signal).held == 0);
        if answer.unwrap_or_else(holds_nothing) { Ok(report) } else { Err(FlushError::new(report)) }
    }

    fn wait_limit(&self) -> Duration {
        self.pipeline.shutdown_timeout().saturating_add(GRACE)
    }

    /// Ends telemetry: takes nothing more, delivers what is held, all signals at once, within the
    /// shutdown timeout, and reports what became of everything. Before that, groups of tasks that
    /// [asked for it](crate::task::Group::drain_at_shutdown) end, within half of that time.
    ///
    /// A second call, also a concurrent one, waits for the first and returns the same report.
    ///
    /// # Errors
    ///
    /// When something could not be delivered before the end. The error has the report. Returned
    /// from `main` with `?` it makes the process fail; where lost telemetry should not, write what
    /// it says to your log, or let the guard drop, which does.
    ///
    /// # Examples
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// match telemetry.shutdown().await {
    ///     Ok(report) => assert!(report.is_conserved()),
    ///     Err(error) => eprintln!("{error}: {}", error.report()),
    /// }
    /// # Ok::<(), beacon::InitError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn shutdown(&self) -> Result<TelemetryReport, ShutdownError> {
        if self.pipeline.is_on_export_thread() {
            return self.begin_from_within();
        }
        let spent = self.drain_groups(self.pipeline.shutdown_timeout()).await;
        let answer = self.begin_end(spent);
        match wait_aside(answer, self.wait_limit()).await {
            Ok(Some(())) => self.pipeline.join(),
            Ok(None) => {}
            // Without a thread to wait on, this one must.
            Err(_) => return self.shutdown_blocking(),
        }
        self.conclude()
    }

    /// Like [`shutdown`](Self::shutdown), from a thread that may block. Works in every runtime and
    /// none. Tasks of the caller's current-thread runtime cannot end meanwhile.
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Self::shutdown).
    ///
    /// # Examples
    ///
    /// ```
    /// # let telemetry = beacon::Telemetry::builder().disabled(true).build()?;
    /// let report = telemetry.shutdown_blocking()?;
    /// assert!(report.is_conserved());
    /// assert_eq!(telemetry.health().reasons, ["shut down"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown_blocking(&self) -> Result<TelemetryReport, ShutdownError> {
        if self.pipeline.is_on_export_thread() {
            return self.begin_from_within();
        }
        // Tasks that only this thread could run do not end while it waits for them.
        let is_futile = task::is_only_thread();
        let limit = if is_futile { Duration::ZERO } else { self.pipeline.shutdown_timeout() };
        let spent = wait_for(self.drain_groups(limit), self.wait_limit()).unwrap_or(limit);
        let answer = self.begin_end(spent);
        // An answer that never comes because the thread has ended is an answer as well.
        if wait_for(answer, self.wait_limit()).is_some() {
            self.pipeline.join();
        }
        self.conclude()
    }

    /// Ends what is left of the deadline after groups of tasks have ended. Begins at once.
    fn begin_end(&self, spent: Duration) -> impl Future<Output = ()> + Send + use<> {
        let end = self.pipeline.stop(spent);
        let is_installed = self.is_installed.load(Ordering::Acquire);
        async move {
            end.await;
            if is_installed {
                task::end_when_idle(GRACE);
            }
        }
    }

    /// The export thread cannot wait for itself. Whoever drops the guard still has the end to wait
    /// for.
    fn begin_from_within(&self) -> Result<TelemetryReport, ShutdownError> {
        drop(self.begin_end(Duration::ZERO));
        self.judge_end(self.stats())
    }

    /// Ends what nobody has used, at once and without a word.
    pub(crate) fn discard(self) {
        self.pipeline.discard(GRACE);
        self.is_shut_down.store(true, Ordering::Release);
    }

    fn conclude(&self) -> Result<TelemetryReport, ShutdownError> {
        // Without effect where they have ended.
        self.pipeline.close_lines();
        let report = self.stats();
        if !self.is_shut_down.swap(true, Ordering::AcqRel) {
            self.pipeline.say(DiagnosticLevel::Info, &format!("stopped; {report}"));
        }
        self.judge_end(report)
    }

    fn judge_end(&self, report: TelemetryReport) -> Result<TelemetryReport, ShutdownError> {
        let losses: Vec<_> =
            Signal::ALL.into_iter().filter_map(|s| self.loss(&report, s)).collect();
        if losses.is_empty() { Ok(report) } else { Err(ShutdownError::new(losses, report)) }
    }

    fn loss(&self, report: &TelemetryReport, signal: Signal) -> Option<Loss> {
        let own = report.signal(signal);
        let at_end = own.dropped.get(&DropReason::Shutdown).copied().unwrap_or_default();
        let items = own.held.saturating_add(at_end);
        (items > 0).then(|| Loss { signal, items, cause: self.pipeline.failure(signal) })
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if self.is_shut_down.load(Ordering::Acquire) {
            return;
        }
        let uptime = self.pipeline.uptime();
        let stats = self.stats();
        let saw_nothing = stats.traces.emitted == 0 && stats.logs.emitted == 0;
        let is_suspicious = saw_nothing && uptime < SUSPICIOUSLY_SHORT && !thread::panicking();
        if self.pipeline.is_running() && is_suspicious {
            let message = format!(
                "telemetry stopped right after its start, after {} ms in which nothing was recorded: if the \
                 guard has no name (`let _ = …`), give it one (`let telemetry = …`)",
                uptime.as_millis()
            );
            self.pipeline.say(DiagnosticLevel::Warn, &message);
        }
        if let Err(error) = self.shutdown_blocking() {
            self.pipeline.say(DiagnosticLevel::Error, &error.with_cause());
        }
    }
}

/// How much longer than its deadline a blocking call may take, when the export thread itself does
/// not get to run.
const GRACE: Duration = Duration::from_millis(200);
/// A guard that lives no longer and has seen nothing was most likely never bound to a name.
const SUSPICIOUSLY_SHORT: Duration = Duration::from_secs(1);
