//! One captured span with everything inside of it.

use std::fmt;
use std::sync::Arc;

use super::TestError;
use super::capture::{Capture, Node};
use super::render::{Rendering, log_line};
use crate::collector::{AttributeValue, ReceivedLog, ReceivedSpan, ReceivedStatusCode};

/// A span that has ended, with its child spans and its log records.
///
/// Prints as the text of [`CapturedTraces`](super::CapturedTraces). Clones share what was captured.
///
/// # Examples
///
/// ```
/// use beacon::testing::TestTelemetry;
/// use tracing::{error, info_span};
///
/// let test = TestTelemetry::start()?;
/// test.with(|| {
///     let _order = info_span!("order", id = 7).entered();
///     info_span!("pay").in_scope(|| error!("card refused"));
/// });
///
/// let order = test.span("order")?;
/// assert_eq!(order.attribute("id")?, &7_i64);
/// let pay = order.child("pay")?;
/// assert!(pay.has_error());
/// assert_eq!(pay.log("card refused")?.severity_text, "ERROR");
/// # Ok::<(), beacon::testing::TestError>(())
/// ```
#[derive(Clone)]
pub struct SpanTree {
    capture: Arc<Capture>,
    node: Arc<Node>,
}

impl SpanTree {
    pub(super) const fn new(capture: Arc<Capture>, node: Arc<Node>) -> Self {
        Self { capture, node }
    }

    /// Returns the span's name.
    pub fn name(&self) -> &str {
        &self.node.span.name
    }

    /// Returns the span with all its fields.
    pub fn span(&self) -> &ReceivedSpan {
        &self.node.span
    }

    /// Returns the log records of this span, without those of its children, by time.
    pub fn logs(&self) -> &[ReceivedLog] {
        &self.node.logs
    }

    /// Returns the child spans, by start.
    pub fn children(&self) -> Vec<Self> {
        self.capture.nodes_at(&self.node.children).map(|node| self.tree(node)).collect()
    }

    /// Returns all spans below this one, without itself: parents before their children.
    pub fn descendants(&self) -> Vec<Self> {
        self.capture.below(&self.node).into_iter().map(|node| self.tree(node)).collect()
    }

    /// Returns whether the span's status is an error.
    pub fn has_error(&self) -> bool {
        self.node.span.status == ReceivedStatusCode::Error
    }

    /// Returns the one child of this name.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one. The error shows this tree.
    #[track_caller]
    pub fn child(&self, name: &str) -> Result<Self, TestError> {
        self.only_one("child", name, self.children())
    }

    /// Returns the one span of this name below this span, at any depth.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one. The error shows this tree.
    #[track_caller]
    pub fn descendant(&self, name: &str) -> Result<Self, TestError> {
        self.only_one("descendant", name, self.descendants())
    }

    /// Returns the value of an attribute. It compares with plain values.
    ///
    /// # Errors
    ///
    /// When the span has no such attribute. The error shows those it has.
    #[track_caller]
    pub fn attribute(&self, key: &str) -> Result<&AttributeValue, TestError> {
        let span = &self.node.span;
        if let Some(value) = span.attribute(key) {
            return Ok(value);
        }
        let line = Rendering::PLAIN.span_line(span);
        Err(TestError::new(format!("the span has no attribute `{key}`:\n  {line}")))
    }

    /// Returns the one log record of this span with this message.
    ///
    /// # Errors
    ///
    /// When there is none, or more than one. The error shows the span's log records.
    #[track_caller]
    pub fn log(&self, message: &str) -> Result<&ReceivedLog, TestError> {
        let of = format!(" in the span `{}`", self.name());
        only_log(&self.node.logs, message, &of)
    }

    fn tree(&self, node: &Arc<Node>) -> Self {
        Self::new(Arc::clone(&self.capture), Arc::clone(node))
    }

    #[track_caller]
    fn only_one(&self, role: &str, name: &str, found: Vec<Self>) -> Result<Self, TestError> {
        let mut found: Vec<_> = found.into_iter().filter(|tree| tree.name() == name).collect();
        match (found.pop(), found.len()) {
            (Some(tree), 0) => Ok(tree),
            (last, others) => {
                let number = others.saturating_add(usize::from(last.is_some()));
                let own = self.name();
                let hint = open_spans_hint(&self.capture);
                Err(TestError::new(format!(
                    "the span `{own}` has {number} instead of 1 {role} named `{name}`{hint}:\n{self}"
                )))
            }
        }
    }
}

impl fmt::Display for SpanTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Rendering::PLAIN.tree(&self.capture, &self.node))
    }
}

impl fmt::Debug for SpanTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What a message about something missing adds when spans were still open.
pub(super) fn open_spans_hint(capture: &Capture) -> String {
    match capture.open_spans {
        None | Some(0) => String::new(),
        Some(1) => " (1 span had not ended yet: it is captured when it ends)".to_owned(),
        Some(spans) => {
            format!(" ({spans} spans had not ended yet: they are captured when they end)")
        }
    }
}

/// Finds the only log record with this message.
#[track_caller]
pub(super) fn only_log<'a>(
    logs: &'a [ReceivedLog],
    message: &str,
    of: &str,
) -> Result<&'a ReceivedLog, TestError> {
    let mut found = logs.iter().filter(|log| log.body == message);
    match (found.next(), found.count()) {
        (Some(log), 0) => Ok(log),
        (first, others) => {
            let number = others.saturating_add(usize::from(first.is_some()));
            let mut text = format!("{number} log records{of} say `{message}`, expected 1; ");
            text.push_str(if logs.is_empty() { "there are none" } else { "there are:" });
            for log in logs {
                text.push_str("\n  ");
                text.push_str(&log_line(log));
            }
            Err(TestError::new(text))
        }
    }
}
