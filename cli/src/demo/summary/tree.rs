//! One trace as a tree, with its log records.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use beacon::collector::{
    CollectorStore, ReceivedLog, ReceivedSpan, ReceivedSpanKind, ReceivedStatusCode,
};

/// What stands in the tree below a span.
#[derive(Clone, Copy, Debug)]
enum Node<'a> {
    Log(&'a ReceivedLog),
    Span(&'a ReceivedSpan),
}

/// Children by the id of their span; those without one by the empty id.
type Children<'a> = HashMap<&'a str, Vec<Node<'a>>>;

/// Writes the most telling trace of the store.
pub(super) fn write(out: &mut impl Write, store: &CollectorStore) -> io::Result<()> {
    let Some(trace_id) = most_telling(store.spans()) else {
        return writeln!(out, "\nNo trace was received.");
    };
    writeln!(out, "\nOne of the traces, {trace_id}:\n")?;
    let spans: Vec<_> = store.spans().filter(|span| span.trace_id == trace_id).collect();
    let logs: Vec<_> = store.logs().filter(|log| log.trace_id == trace_id).collect();
    let children = children(&spans, &logs);
    write_below(out, &children, "", "  ", 0)
}

/// Returns the trace with the most failed spans, and of those the one with the most spans: it shows
/// an error, and work that was spawned. The first of equals.
fn most_telling<'a>(spans: impl Iterator<Item = &'a ReceivedSpan>) -> Option<&'a str> {
    let mut traces: HashMap<&str, (u32, u32, Reverse<u64>)> = HashMap::new();
    for span in spans {
        let earliest = Reverse(span.start_time_unix_nanos);
        let (errors, all, start) = traces.entry(&span.trace_id).or_insert((0, 0, earliest));
        *errors = errors.saturating_add(u32::from(span.status == ReceivedStatusCode::Error));
        *all = all.saturating_add(1);
        *start = earliest.max(*start);
    }
    traces.into_iter().max_by_key(|(_, score)| *score).map(|(trace_id, _)| trace_id)
}

fn children<'a>(spans: &[&'a ReceivedSpan], logs: &[&'a ReceivedLog]) -> Children<'a> {
    let known: HashSet<_> = spans.iter().map(|span| span.span_id.as_str()).collect();
    // A parent that was not received must not hide its children.
    let parent = |id: &'a str| if known.contains(id) { id } else { "" };
    let mut children = Children::new();
    for span in spans {
        children.entry(parent(&span.parent_span_id)).or_default().push(Node::Span(span));
    }
    for log in logs {
        children.entry(parent(&log.span_id)).or_default().push(Node::Log(log));
    }
    for nodes in children.values_mut() {
        nodes.sort_by_key(Node::time_unix_nanos);
    }
    children
}

fn write_below(
    out: &mut impl Write,
    children: &Children<'_>,
    span_id: &str,
    indent: &str,
    depth: usize,
) -> io::Result<()> {
    let Some(nodes) = children.get(span_id).filter(|_| depth < DEPTH_MAX) else { return Ok(()) };
    for (index, node) in nodes.iter().enumerate() {
        let is_last = index.saturating_add(1) == nodes.len();
        let (branch, below) = match (depth, is_last) {
            (0, _) => ("", ""),
            (_, true) => ("└─ ", "   "),
            (_, false) => ("├─ ", "│  "),
        };
        writeln!(out, "{indent}{branch}{}", node.line())?;
        if let Node::Span(span) = node {
            let indent = format!("{indent}{below}");
            write_below(out, children, &span.span_id, &indent, depth.saturating_add(1))?;
        }
    }
    Ok(())
}

impl Node<'_> {
    const fn time_unix_nanos(&self) -> u64 {
        match self {
            Node::Log(log) => log.time_unix_nanos,
            Node::Span(span) => span.start_time_unix_nanos,
        }
    }

    fn line(&self) -> String {
        match self {
            Node::Log(log) => format!("{} {}", log.severity_text, log.body),
            Node::Span(span) => {
                let kind = kind_name(span.kind);
                let milliseconds = span.duration().as_secs_f64() * 1000.0;
                let status = span.attribute("http.response.status_code");
                let status = status.map(|status| format!(", {status}")).unwrap_or_default();
                let failed = if span.status == ReceivedStatusCode::Error { " failed" } else { "" };
                format!("{} ({kind}, {milliseconds:.1} ms{status}){failed}", span.name)
            }
        }
    }
}

const fn kind_name(kind: ReceivedSpanKind) -> &'static str {
    match kind {
        ReceivedSpanKind::Client => "client",
        ReceivedSpanKind::Consumer => "consumer",
        ReceivedSpanKind::Producer => "producer",
        ReceivedSpanKind::Server => "server",
        _ => "internal",
    }
}

/// Deeper than any trace of the demo; ids that form a ring end here.
const DEPTH_MAX: usize = 32;
