//! What was captured as text that is the same in every run: no ids, no times, attributes sorted.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::capture::{Capture, Node};
use crate::collector::{
    AttributeValue, ReceivedAttributes, ReceivedLog, ReceivedSpan, ReceivedSpanKind,
    ReceivedStatusCode,
};

/// How the text is to look.
#[derive(Clone, Debug)]
pub(super) struct Rendering {
    /// Keys of attributes whose values are hidden.
    pub(super) masked: Vec<String>,
    pub(super) order: SiblingOrder,
}

/// What decides which of two traces, or of two children, comes first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SiblingOrder {
    Start,
    Text,
}

/// By depth first, so that a list of lines sorts as its text does.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Line {
    depth: usize,
    text: String,
}

impl Rendering {
    pub(super) const PLAIN: Self = Self { masked: Vec::new(), order: SiblingOrder::Start };

    /// Everything: the traces, then the log records outside of captured spans.
    pub(super) fn capture(&self, capture: &Capture) -> String {
        let mut traces: Vec<(&str, Vec<Vec<Line>>)> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for root in capture.nodes_at(&capture.roots) {
            let id = root.span.trace_id.as_str();
            let at = *known.entry(id).or_insert_with(|| {
                traces.push((id, Vec::new()));
                traces.len().saturating_sub(1)
            });
            if let Some((_, trees)) = traces.get_mut(at) {
                trees.push(self.lines(capture, root, 1));
            }
        }
        let mut traces: Vec<_> = traces.into_iter().map(|(_, trees)| self.joined(trees)).collect();
        if self.order == SiblingOrder::Text {
            traces.sort();
        }
        let mut out = String::new();
        for (number, lines) in (1_u32..).zip(traces) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "trace-{number}");
            write_lines(&mut out, lines);
        }
        let (without, elsewhere): (Vec<_>, Vec<_>) =
            capture.strays.iter().partition(|log| log.span_id.is_empty());
        for (title, logs) in [("without a span", without), ("in a span not captured", elsewhere)] {
            if !logs.is_empty() {
                let _ = writeln!(out, "{title}");
                let logs = logs.into_iter().map(|log| self.log_block(log, 1)).collect();
                write_lines(&mut out, self.joined(logs));
            }
        }
        out
    }

    /// A span and everything inside of it.
    pub(super) fn tree(&self, capture: &Capture, root: &Node) -> String {
        let mut out = String::new();
        write_lines(&mut out, self.lines(capture, root, 1));
        out
    }

    /// Without recursion: the depth is that of the code under test.
    fn lines(&self, capture: &Capture, root: &Node, depth: usize) -> Vec<Line> {
        let mut parents_first = Vec::new();
        let mut open = vec![(root, depth)];
        while let Some((node, depth)) = open.pop() {
            parents_first.push((node, depth));
            let children = capture.nodes_at(&node.children).rev();
            open.extend(children.map(|child| (&**child, depth.saturating_add(1))));
        }
        // Children come before their parent now, the first of them last.
        let mut finished: Vec<Vec<Line>> = Vec::new();
        for (node, depth) in parents_first.into_iter().rev() {
            let mut lines = self.own_lines(capture, node, depth);
            let first_child = finished.len().saturating_sub(node.children.len());
            let mut children = finished.split_off(first_child);
            children.reverse();
            lines.extend(self.joined(children));
            finished.push(lines);
        }
        finished.pop().unwrap_or_default()
    }

    fn joined(&self, mut blocks: Vec<Vec<Line>>) -> Vec<Line> {
        if self.order == SiblingOrder::Text {
            blocks.sort();
        }
        blocks.into_iter().flatten().collect()
    }

    fn own_lines(&self, capture: &Capture, node: &Node, depth: usize) -> Vec<Line> {
        let span = &node.span;
        let mut lines = vec![Line { depth, text: self.span_line(span) }];
        let depth = depth.saturating_add(1);
        for link in &span.links {
            let target = capture.nodes.iter().find(|node| {
                node.span.trace_id == link.trace_id && node.span.span_id == link.span_id
            });
            let target = target.map_or("a span not captured".into(), |node| name(&node.span.name));
            let text = format!("~ {target}{}", self.attributes(&link.attributes));
            lines.push(Line { depth, text });
        }
        for event in &span.events {
            let text = format!("* {}{}", name(&event.name), self.attributes(&event.attributes));
            lines.push(Line { depth, text });
        }
        let logs = node.logs.iter().map(|log| self.log_block(log, depth)).collect();
        lines.extend(self.joined(logs));
        lines
    }

    pub(super) fn span_line(&self, span: &ReceivedSpan) -> String {
        let mut text = name(&span.name);
        text.push_str(match span.kind {
            ReceivedSpanKind::Client => " (client)",
            ReceivedSpanKind::Consumer => " (consumer)",
            ReceivedSpanKind::Producer => " (producer)",
            ReceivedSpanKind::Server => " (server)",
            ReceivedSpanKind::Internal | ReceivedSpanKind::Unspecified => "",
        });
        text.push_str(&self.attributes(&span.attributes));
        match span.status {
            ReceivedStatusCode::Error if span.status_message.is_empty() => text.push_str(" error"),
            ReceivedStatusCode::Error => {
                text.push_str(" error: ");
                text.push_str(&name(&span.status_message));
            }
            ReceivedStatusCode::Ok => text.push_str(" ok"),
            ReceivedStatusCode::Unset => {}
        }
        text.push_str(&dropped(span.dropped_attributes_count, "attributes"));
        text.push_str(&dropped(span.dropped_events_count, "events"));
        text.push_str(&dropped(span.dropped_links_count, "links"));
        text
    }

    fn log_block(&self, log: &ReceivedLog, depth: usize) -> Vec<Line> {
        vec![Line { depth, text: self.log_line(log) }]
    }

    fn log_line(&self, log: &ReceivedLog) -> String {
        let mut text = format!("- {}", name(&log.severity_text));
        if !log.event_name.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, " [{}]", name(&log.event_name));
        }
        if log.body != AttributeValue::Empty {
            text.push(' ');
            text.push_str(&name(&log.body.to_string()));
        }
        text.push_str(&self.attributes(&log.attributes));
        text.push_str(&dropped(log.dropped_attributes_count, "attributes"));
        text
    }

    /// ` {key=value, key=value}` in the order of the keys, or nothing.
    fn attributes(&self, attributes: &ReceivedAttributes) -> String {
        if attributes.is_empty() {
            return String::new();
        }
        let mut entries: Vec<String> = attributes
            .iter()
            .map(|(key, value)| {
                let is_masked = self.masked.contains(key);
                let value = if is_masked { "_".to_owned() } else { self::value(value) };
                format!("{}={value}", name(key))
            })
            .collect();
        entries.sort();
        format!(" {{{}}}", entries.join(", "))
    }
}

/// A log record in one line.
pub(super) fn log_line(log: &ReceivedLog) -> String {
    Rendering::PLAIN.log_line(log)
}

/// Attributes of a metric's series.
pub(super) fn series(attributes: &ReceivedAttributes) -> String {
    let text = Rendering::PLAIN.attributes(attributes);
    if text.is_empty() { "{}".to_owned() } else { text.trim_start().to_owned() }
}

/// What the limits of the settings cut off, or nothing.
fn dropped(number: u32, what: &str) -> String {
    if number == 0 { String::new() } else { format!(" (without {number} {what})") }
}

fn write_lines(out: &mut String, lines: Vec<Line>) {
    for Line { depth, text } in lines {
        out.extend(std::iter::repeat_n("  ", depth));
        out.push_str(&text);
        out.push('\n');
    }
}

/// Text without quotes, in one line.
fn name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// A value that shows its type: text that could be taken for something else is in quotes.
fn value(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Array(values) => {
            let values: Vec<String> = values.iter().map(self::value).collect();
            format!("[{}]", values.join(", "))
        }
        AttributeValue::Bytes(_) => format!("0x{value}"),
        AttributeValue::Double(value) => format!("{value:?}"),
        AttributeValue::Empty => "()".to_owned(),
        AttributeValue::Map(entries) => {
            let entries: BTreeMap<&String, String> =
                entries.iter().map(|(key, value)| (key, self::value(value))).collect();
            let entries: Vec<String> =
                entries.into_iter().map(|(key, value)| format!("{}={value}", name(key))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        AttributeValue::String(text) if !is_plain(text) => format!("{text:?}"),
        AttributeValue::Bool(_) | AttributeValue::Int(_) | AttributeValue::String(_) => {
            value.to_string()
        }
    }
}

/// Whether text stands for itself without quotes.
fn is_plain(text: &str) -> bool {
    let is_plain = |character: char| character.is_alphanumeric() || "_-./:@%".contains(character);
    let is_other = text == "_" || text.starts_with("0x") || text.parse::<bool>().is_ok();
    !text.is_empty() && text.chars().all(is_plain) && !is_other && text.parse::<f64>().is_err()
}
