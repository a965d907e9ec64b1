//! Puts together what arrived one by one: spans under their parents, log records in their spans.

use std::collections::HashMap;
use std::sync::Arc;

use crate::collector::{ReceivedLog, ReceivedSpan};

/// Everything about traces that was captured, in order. Spans refer to each other by index: a tree
/// of pointers as deep as the code under test recurses could not even be dropped.
#[derive(Debug, Default)]
pub(super) struct Capture {
    pub(super) nodes: Vec<Arc<Node>>,
    /// Spans without a captured parent, by start.
    pub(super) roots: Vec<usize>,
    /// Log records outside of every captured span, by time.
    pub(super) strays: Vec<ReceivedLog>,
    /// Spans that had started and not ended. `None` when that is not known.
    pub(super) open_spans: Option<u64>,
}

/// A captured span and what is inside of it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: ReceivedSpan,
    /// By time.
    pub(super) logs: Vec<ReceivedLog>,
    /// By start.
    pub(super) children: Vec<usize>,
}

type SpanKey = (String, String);

impl Capture {
    pub(super) fn new(
        mut spans: Vec<ReceivedSpan>,
        logs: Vec<ReceivedLog>,
        open_spans: Option<u64>,
    ) -> Self {
        // Stable: of two that started in the same instant the one that ended first comes first.
        spans.sort_by_key(|span| span.start_time_unix_nanos);
        let by_id: HashMap<SpanKey, usize> =
            spans.iter().enumerate().map(|(at, span)| (own_key(span), at)).collect();

        let mut children: Vec<Vec<usize>> = vec![Vec::new(); spans.len()];
        let mut roots = Vec::new();
        for (at, span) in spans.iter().enumerate() {
            let parent = by_id.get(&(span.trace_id.clone(), span.parent_span_id.clone()));
            match parent.and_then(|parent| children.get_mut(*parent)) {
                Some(siblings) => siblings.push(at),
                None => roots.push(at),
            }
        }

        let mut logs_of: Vec<Vec<ReceivedLog>> = vec![Vec::new(); spans.len()];
        let mut strays = Vec::new();
        for log in sorted(logs) {
            let span = by_id.get(&(log.trace_id.clone(), log.span_id.clone()));
            match span.and_then(|span| logs_of.get_mut(*span)) {
                Some(logs) => logs.push(log),
                None => strays.push(log),
            }
        }

        let inside = logs_of.into_iter().zip(children);
        let nodes = spans.into_iter().zip(inside);
        let nodes = nodes.map(|(span, (logs, children))| Arc::new(Node { span, logs, children }));
        Self { nodes: nodes.collect(), roots, strays, open_spans }
    }

    pub(super) fn nodes_at(&self, at: &[usize]) -> impl DoubleEndedIterator<Item = &Arc<Node>> {
        at.iter().filter_map(|at| self.nodes.get(*at))
    }

    /// The spans below a span, without itself: parents before their children.
    pub(super) fn below(&self, node: &Node) -> Vec<&Arc<Node>> {
        let mut found = Vec::new();
        let mut open: Vec<&Arc<Node>> = self.nodes_at(&node.children).rev().collect();
        while let Some(next) = open.pop() {
            found.push(next);
            open.extend(self.nodes_at(&next.children).rev());
        }
        found
    }
}

/// Puts log records into the order of their times.
pub(super) fn sorted(mut logs: Vec<ReceivedLog>) -> Vec<ReceivedLog> {
    logs.sort_by_key(|log| log.time_unix_nanos);
    logs
}

fn own_key(span: &ReceivedSpan) -> SpanKey {
    (span.trace_id.clone(), span.span_id.clone())
}
