//! The table.

use crate::rounds::Findings;
use crate::run::{BURST_SPANS, FAR_PER_MS, FAR_ROUND_TRIP, PACED_PER_MS};
use crate::stack::Stack;

/// One line of the table.
#[derive(Debug)]
struct Row {
    name: &'static str,
    label: String,
    /// The ratio to the official stack that beacon wants to stay below.
    goal: Option<f64>,
}

/// Prints medians of the rounds, and the ratios of beacon to both with the spread of the rounds.
pub(crate) fn print(findings: &Findings, quick: bool) {
    let rounds = findings.of(Stack::Beacon, "span").len();
    println!("medians of {rounds} round(s), each stack in a process of its own, alternating");
    if quick {
        println!("quick: the figures mean nothing, all parts have run");
    }
    println!();
    println!(
        "{:<52} {:>9} {:>9} {:>9}  {:<20} {:<20} goal",
        "", "official", "lean", "beacon", "beacon / official", "beacon / lean"
    );
    for row in rows() {
        let values = Stack::ALL.map(|stack| figure(median(findings.of(stack, row.name))));
        let [official, lean, beacon] = values;
        let to_official = ratios(findings, row.name, Stack::Official);
        let to_lean = ratios(findings, row.name, Stack::OfficialLean);
        println!(
            "{:<52} {official:>9} {lean:>9} {beacon:>9}  {:<20} {:<20} {}",
            row.label,
            spread(&to_official),
            spread(&to_lean),
            verdict(&row, &to_official),
        );
    }
    println!();
    println!(
        "official: tracing-opentelemetry, opentelemetry-appender-tracing, batch processors and"
    );
    println!(
        "opentelemetry-otlp over gRPC with default options; it also records an event in a span"
    );
    println!("as an event of the span. lean: the same without the attributes of location, thread,");
    println!("target, level and inactivity, which beacon does not add by default either.");
    println!("No compression; every span sampled; all stacks filter at `info`.");
}

fn rows() -> Vec<Row> {
    let row = |name, label: &str, goal| Row { name, label: label.to_owned(), goal };
    vec![
        row("span", "span, 3 attributes: CPU ns, calling thread", Some(0.6)),
        row("span_event", "span + event: CPU ns, calling thread", Some(0.6)),
        row("log", "log event, 3 fields: CPU ns, calling thread", Some(0.45)),
        row("span_allocations", "span: allocations, calling thread", None),
        row("span_allocations_all", "span: allocations, all threads", None),
        row("span_event_allocations", "span + event: allocations, calling thread", None),
        row("span_event_allocations_all", "span + event: allocations, all threads", None),
        row("log_allocations", "log event: allocations, calling thread", None),
        row("log_allocations_all", "log event: allocations, all threads", None),
        row("exporter_cpu", "exporter: CPU ns per exported span", Some(0.25)),
        row("caller_cpu", "span, paced: CPU ns, calling thread", None),
        row("paced_lost", &format!("spans lost at {PACED_PER_MS},000/s"), None),
        row("burst_lost", &format!("spans lost of a burst of {BURST_SPANS}"), None),
        row("burst_ns", "burst: ns per span that pass", None),
        row("burst_rss", "burst: peak resident memory, MiB", None),
        row("far_emitted", &format!("{FAR_ROUND_TRIP:?} away, {FAR_PER_MS},000/s: spans"), None),
        row("far_lost", &format!("{FAR_ROUND_TRIP:?} away, {FAR_PER_MS},000/s: lost"), None),
    ]
}

/// Beacon's value by that of `other`, round by round.
fn ratios(findings: &Findings, name: &str, other: Stack) -> Vec<f64> {
    let pairs = findings.of(Stack::Beacon, name).iter().zip(findings.of(other, name));
    pairs.filter(|(_, other)| **other > 0.0).map(|(own, other)| own / other).collect()
}

fn spread(ratios: &[f64]) -> String {
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if ratios.is_empty() {
        return "-".to_owned();
    }
    format!("{:.2} ({least:.2}-{most:.2})", median(ratios))
}

fn verdict(row: &Row, ratios: &[f64]) -> String {
    let Some(goal) = row.goal else { return String::new() };
    let met = if median(ratios) <= goal { "met" } else { "missed" };
    format!("{goal:.2} {met}")
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn figure(value: f64) -> String {
    if value < 100.0 && value.fract() != 0.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}
