//! All spans and log records of a test at one moment.

use std::fmt;
use std::sync::Arc;

use super::TestError;
use super::capture::{Capture, Node};
use super::diff::{dedent, diff};
use super::render::{Rendering, SiblingOrder};
use super::span_tree::{SpanTree, open_spans_hint};
use crate::collector::ReceivedLog;

/// The span trees and log records that a test has captured.
///
/// Prints as text that is the same in every run: without ids and times, attributes sorted by key.
/// The [manual](crate::manual::testing) explains the format.
///
/// # Examples
///
/// ```
/// use beacon::testing::TestTelemetry;
/// use tracing::info_span;
///
/// let test = TestTelemetry::start()?;
/// test.with(|| {
///     let _batch = info_span!("batch", job.id = 81_734).entered();
///     for name in ["b", "a"] {
///         drop(info_span!("item", name));
///     }
/// });
///
/// let traces = test.traces()?.mask("job.id").in_order_of_text();
/// traces.check(
///     "
///     trace-1
///       batch {job.id=_}
///         item {name=a}
///         item {name=b}
///     ",
/// )?;
/// # Ok::<(), beacon::testing::TestError>(())
/// ```
#[derive(Clone)]
pub struct CapturedTraces {
    capture: Arc<Capture>,
    rendering: Rendering,
}

impl CapturedTraces {
    pub(super) fn new(capture: Capture) -> Self {
        Self { capture: Arc::new(capture), rendering: Rendering::PLAIN }
    }

    /// Hides the values of an attribute in the text: they show as `_`. For what differs from run
    /// to run, such as ports and durations.
    #[must_use]
    pub fn mask(mut self, key: &str) -> Self {
        self.rendering.masked.push(key.to_owned());
        self
    }

    /// Orders traces, children and log records in the text by what it says about them, not by
    /// time. For work that runs at the same time.
    #[must_use]
    pub const fn in_order_of_text(mut self) -> Self {
        self.rendering.order = SiblingOrder::Text;
        self
    }

    /// Returns the spans without a captured parent, by start.
    pub fn roots(&self) -> Vec<SpanTree> {
        self.capture.nodes_at(&self.capture.roots).map(|node| self.tree(node)).collect()
    }

    /// Returns all spans of this name, by start; none is fine.
    pub fn spans(&self, name: &str) -> Vec<SpanTree> {
        let nodes = self.capture.nodes.iter().filter(|node| node.span.name == name);
        nodes.map(|node| self.tree(node)).collect()
    }

    /// Returns the one span of this name.
    ///
    /// # Errors
    ///
    /// When none or more than one was captured. The error shows everything that was.
    #[track_caller]
    pub fn span(&self, name: &str) -> Result<SpanTree, TestError> {
        let mut found = self.spans(name);
        match (found.pop(), found.len()) {
            (Some(tree), 0) => Ok(tree),
            (None, _) => Err(self.missing(&format!("no span is named `{name}`"))),
            (Some(_), others) => {
                let number = others.saturating_add(1);
                Err(self.missing(&format!("{number} spans instead of 1 are named `{name}`")))
            }
        }
    }

    /// Returns the log records outside of all captured spans, by time.
    pub fn logs_without_span(&self) -> &[ReceivedLog] {
        &self.capture.strays
    }

    /// Compares the text with what is expected.
    ///
    /// Indentation that all lines share, and blank lines before and after, do not count: the
    /// expected text can stand where it reads best.
    ///
    /// # Errors
    ///
    /// When they differ. The error shows all lines: with `-` those that are only expected, with
    /// `+` those that are only captured.
    #[track_caller]
    pub fn check(&self, expected: &str) -> Result<(), TestError> {
        match diff(&dedent(expected), &self.to_string()) {
            None => Ok(()),
            Some(difference) => {
                let hint = open_spans_hint(&self.capture);
                Err(TestError::new(format!(
                    "the traces differ{hint}; - expected, + captured:\n{difference}"
                )))
            }
        }
    }

    fn tree(&self, node: &Arc<Node>) -> SpanTree {
        SpanTree::new(Arc::clone(&self.capture), Arc::clone(node))
    }

    #[track_caller]
    fn missing(&self, what: &str) -> TestError {
        let hint = open_spans_hint(&self.capture);
        let all = self.to_string();
        if all.is_empty() {
            return TestError::new(format!("{what}{hint}; nothing was captured"));
        }
        TestError::new(format!("{what}{hint}; captured:\n{all}"))
    }
}

impl fmt::Display for CapturedTraces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rendering.capture(&self.capture))
    }
}

impl fmt::Debug for CapturedTraces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
