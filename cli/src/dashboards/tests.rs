#![expect(clippy::arithmetic_side_effects, reason = "places of texts and of a grid of 24 columns")]

use std::collections::BTreeSet;
use std::path::Path;

use beacon::catalog::{self, InstrumentKind};
use serde_json::Value;

use crate::dashboards::names::{Foreign, foreign};
use crate::dashboards::panel::{Kind, Source};
use crate::dashboards::rules::{Alert, GRAFANA};
use crate::dashboards::{board::Board, files, pages, rules};

#[test]
fn what_is_committed_is_what_is_described() {
    assert_eq!(files::differences(root(), GRAFANA).unwrap(), Vec::<String>::new());
}

#[test]
fn a_file_that_differs_is_missing_or_is_described_nowhere_is_found() {
    let folder = std::env::temp_dir().join(format!("beacon-dashboards-{}", std::process::id()));
    files::write(&folder, GRAFANA).unwrap();
    assert_eq!(files::differences(&folder, GRAFANA).unwrap(), Vec::<String>::new());
    std::fs::write(folder.join("dashboards/http.json"), "{}").unwrap();
    std::fs::remove_file(folder.join("dashboards/slo.json")).unwrap();
    std::fs::write(folder.join("dashboards/old.json"), "{}").unwrap();
    let found = files::differences(&folder, GRAFANA).unwrap().join("\n");
    std::fs::remove_dir_all(&folder).unwrap();
    for (name, what) in
        [("http", "differs"), ("slo", "is missing"), ("old", "is described nowhere")]
    {
        assert!(found.contains(&format!("dashboards/{name}.json {what}")), "{found}");
    }
}

#[test]
fn every_name_in_a_query_is_emitted_by_somebody() {
    let known = known_names();
    for (place, expr) in queries() {
        for name in names_in(&expr) {
            assert!(known.contains(&name), "{place}: nobody emits `{name}`");
        }
    }
}

#[test]
fn names_are_found_in_queries() {
    let query = r#"sum by (job, a_b) (rate(x_total{job=~"y_z", c_d!=""}[5m])) / on (job) q:r_s:t offset 1d > 2e3"#;
    assert_eq!(names_in(query), ["x_total", "q:r_s:t"]);
    assert_eq!(
        names_in("histogram_quantile(0.9, sum by (le) (rate(h_bucket[$__rate_interval])))"),
        ["h_bucket"]
    );
}

#[test]
fn no_recorded_name_is_made_by_no_rule() {
    let made: BTreeSet<_> = rules::all()
        .into_iter()
        .flat_map(|group| group.records)
        .map(|record| record.name)
        .collect();
    for Foreign(name) in foreign().filter(|Foreign(name)| name.contains(':')) {
        assert!(made.contains(*name), "no rule records {name}");
    }
}

#[test]
fn uids_are_fixed_and_unique() {
    let uids: Vec<_> = pages::all().iter().map(Board::uid).collect();
    assert_eq!(
        uids,
        [
            "beacon-service-overview",
            "beacon-http",
            "beacon-rpc",
            "beacon-memory",
            "beacon-tokio",
            "beacon-logs",
            "beacon-traces",
            "beacon-telemetry-pipeline",
            "beacon-slo",
        ]
    );
}

#[test]
fn pages_follow_the_conventions_of_the_model() {
    for board in pages::all() {
        let drawn = board.draw();
        assert_eq!(drawn["schemaVersion"], 42);
        assert_eq!(drawn["id"], Value::Null);
        assert_eq!(drawn["editable"], false);
        for absent in ["version", "__inputs", "__requires"] {
            assert!(drawn.get(absent).is_none(), "{}: {absent}", board.slug);
        }
        assert!(board.panels().count() <= 25, "{}: too many panels", board.slug);
        let rows = drawn["panels"].as_array().unwrap().iter().filter(|one| one["type"] == "row");
        let open: Vec<_> = rows.map(|row| row["collapsed"] == false).collect();
        assert!(open[0] && open[1..].iter().all(|is_open| !is_open), "{}: rows", board.slug);
    }
}

#[test]
fn ids_are_unique_and_panels_do_not_overlap() {
    for board in pages::all() {
        let drawn = board.draw();
        let top = drawn["panels"].as_array().unwrap();
        let mut ids = BTreeSet::new();
        let inside = top
            .iter()
            .flat_map(|row| row.get("panels").and_then(Value::as_array).into_iter().flatten());
        for panel in top.iter().chain(inside) {
            assert!(
                ids.insert(panel["id"].as_u64().unwrap()),
                "{}: id of {}",
                board.slug,
                panel["title"]
            );
        }
        check_overlaps(board.slug, top);
        for row in top {
            check_overlaps(
                board.slug,
                row.get("panels").and_then(Value::as_array).map_or(&[], Vec::as_slice),
            );
        }
    }
}

fn check_overlaps(slug: &str, panels: &[Value]) {
    let mut taken = BTreeSet::new();
    for panel in panels {
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{slug}: {} is wider than the grid", panel["title"]);
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{slug}: {} overlaps", panel["title"]);
            }
        }
    }
}

#[test]
fn every_variable_is_defined_and_used() {
    for board in pages::all() {
        let drawn = board.draw();
        let defined: BTreeSet<_> = drawn["templating"]["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|variable| variable["name"].as_str().unwrap().to_owned())
            .collect();
        let used = variables_in(&drawn.to_string());
        assert_eq!(used, defined, "{}", board.slug);
    }
}

#[test]
fn every_panel_says_what_it_shows_and_what_to_do() {
    for board in pages::all() {
        for row in &board.rows {
            let titles: BTreeSet<_> = row.panels.iter().map(|panel| panel.title).collect();
            assert_eq!(
                titles.len(),
                row.panels.len(),
                "{}: a title stands twice in a row",
                board.slug
            );
        }
        for panel in board.panels() {
            let place = format!("{}: {}", board.slug, panel.title);
            for text in [panel.help.shows, panel.help.good, panel.help.bad, panel.help.next] {
                assert!(
                    text.ends_with('.')
                        || text.ends_with(':')
                        || text.ends_with('"')
                        || text.ends_with('?'),
                    "{place}: {text}"
                );
            }
            assert!(!panel.queries.is_empty(), "{place}: no query");
            assert!(UNITS.contains(&panel.unit), "{place}: unit {}", panel.unit);
            if let (Some((lower, upper)), "percentunit") = (panel.limits, panel.unit) {
                assert!(0.0 <= lower && lower < upper && upper <= 1.0, "{place}: limits");
            }
        }
    }
}

#[test]
fn every_query_is_filtered_rated_and_told_apart() {
    for board in pages::all() {
        for panel in board.panels() {
            let place = format!("{}: {}", board.slug, panel.title);
            for query in &panel.queries {
                match panel.source {
                    Source::Metrics => check_query(&place, &query.expr),
                    Source::Logs => {
                        assert!(query.expr.contains(r#"service_name=~"$service""#), "{place}");
                    }
                    Source::Traces => {}
                }
                let has_legend = matches!(panel.kind, Kind::Graph | Kind::Stat);
                assert!(
                    !has_legend || query.legend.contains("{{"),
                    "{place}: the legend names nothing"
                );
            }
        }
    }
}

fn check_query(place: &str, expr: &str) {
    for name in names_in(expr) {
        let is_own = !["otelcol_", "ALERTS"].iter().any(|prefix| name.starts_with(prefix));
        if is_own {
            let is_filtered = expr.contains(&format!(r#"{name}{{job=~"$job""#));
            assert!(is_filtered, "{place}: {name} is not filtered by the service");
        }
        let is_counter = name.ends_with("_total")
            || name.ends_with("_bucket")
            || name.ends_with("_count") && is_histogram(&name);
        for (at, _) in expr.match_indices(&name) {
            let before = &expr[..at];
            let is_rated = before.ends_with("rate(") || before.ends_with("increase(");
            assert!(!is_counter || is_rated, "{place}: {name} is a counter outside of a rate");
        }
    }
    let ranges = expr.matches('[').count();
    let of_page = expr.matches("[$__rate_interval]").count() + expr.matches("[$__range]").count();
    assert_eq!(ranges, of_page, "{place}: a fixed range");
}

#[test]
fn alerts_follow_the_conventions() {
    let boards: BTreeSet<_> = pages::all().iter().map(|board| board.slug).collect();
    let mut seen = BTreeSet::new();
    for alert in rules::all().iter().flat_map(|group| &group.alerts) {
        let Alert { name, page, .. } = alert;
        assert!(name.starts_with("Beacon") && !name.contains('_'), "{name}");
        assert!(seen.insert((*name, alert.severity.word())), "{name} twice");
        assert!(boards.contains(page), "{name}: there is no page {page}");
        for text in [alert.summary, alert.description] {
            assert!(text.ends_with('.') && !text.contains("$value"), "{name}: {text}");
        }
        assert!(
            alert.expr.contains(['>', '<']) || alert.expr.contains("=="),
            "{name}: no comparison"
        );
        let is_service = alert.component != "meta";
        assert!(
            !is_service || (alert.expr.contains("by (job") || alert.expr.contains("job:")),
            "{name}: keeps the instance"
        );
        let is_event =
            ["increase(", "resets(", "vector("].iter().any(|word| alert.expr.contains(word));
        assert!(is_event || !alert.hold.is_empty(), "{name}: fires at the first sample");
    }
}

#[test]
fn every_alert_has_a_runbook() {
    for alert in rules::all().iter().flat_map(|group| &group.alerts) {
        let page = format!("docs/runbooks/{}.md", alert.component);
        let text = std::fs::read_to_string(root().join(&page)).unwrap_or_default();
        assert!(text.contains(&format!("\n## {}\n", alert.name)), "{page} has no {}", alert.name);
    }
}

#[test]
fn no_runbook_is_for_an_alert_that_does_not_exist() {
    let names: BTreeSet<_> =
        rules::all().iter().flat_map(|group| &group.alerts).map(|alert| alert.name).collect();
    for entry in std::fs::read_dir(root().join("docs/runbooks")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for name in text.lines().filter_map(|line| line.strip_prefix("## ")) {
            assert!(names.contains(name), "there is no alert {name}");
        }
    }
}

/// Where it stands, and the query: panels, variables' and annotations' too, rules.
fn queries() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for board in pages::all() {
        let drawn = board.draw();
        for panel in board.panels().filter(|panel| panel.source == Source::Metrics) {
            found.extend(
                panel
                    .queries
                    .iter()
                    .map(|query| (format!("{}: {}", board.slug, panel.title), query.expr.clone())),
            );
        }
        for annotation in drawn["annotations"]["list"].as_array().unwrap() {
            found.push((
                format!("{}: annotation", board.slug),
                annotation["target"]["expr"].as_str().unwrap().to_owned(),
            ));
        }
    }
    for group in rules::all() {
        found.extend(group.records.into_iter().map(|record| (record.name, record.expr)));
        found.extend(group.alerts.into_iter().map(|alert| (alert.name.to_owned(), alert.expr)));
    }
    found
}

fn known_names() -> BTreeSet<String> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for metric in catalog::all() {
        let name = metric.prometheus_name();
        if metric.instrument == InstrumentKind::Histogram {
            known.extend(["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")));
        } else {
            known.insert(name);
        }
    }
    for Foreign(name) in foreign() {
        known.extend(["", "_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")));
    }
    known
        .extend(rules::all().into_iter().flat_map(|group| group.records).map(|record| record.name));
    known
}

fn is_histogram(name: &str) -> bool {
    let base = name.trim_end_matches("_count");
    catalog::all().any(|metric| {
        metric.instrument == InstrumentKind::Histogram && metric.prometheus_name() == base
    })
}

/// The names of series: words outside of braces, texts and lists of labels that call nothing.
fn names_in(expr: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut rest = expr;
    let mut after_list_word = false;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |at| at + 2),
            '{' => rest.find('}').map_or(rest.len(), |at| at + 1),
            '[' => rest.find(']').map_or(rest.len(), |at| at + 1),
            '(' if after_list_word => rest.find(')').map_or(rest.len(), |at| at + 1),
            c if c.is_ascii_alphanumeric() || c == '_' || c == ':' => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || "_:.".contains(c);
                rest.find(|c| !is_part(c)).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let word = &rest[..end];
        rest = &rest[end..];
        if word.trim().is_empty() {
            continue;
        }
        let is_series = word.contains(['_', ':']) || word == "ALERTS";
        let is_name = first.is_ascii_alphabetic() && is_series && !rest.starts_with('(');
        after_list_word = LIST_WORDS.contains(&word);
        if is_name && !after_list_word && !names.iter().any(|name| name == word) {
            names.push(word.to_owned());
        }
    }
    names
}

fn variables_in(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for after in text.split('$').skip(1) {
        let after = after.strip_prefix('{').unwrap_or(after);
        let end =
            after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        let name = &after[..end];
        let is_number = name.chars().all(|c| c.is_ascii_digit());
        if !name.starts_with("__") && !is_number {
            found.insert(name.to_owned());
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

const LIST_WORDS: [&str; 2] = ["by", "on"];
/// Of the list in Grafana's `@grafana/data`, those in use.
const UNITS: [&str; 10] =
    ["Bps", "bytes", "cps", "none", "ops", "percentunit", "recps", "reqps", "s", "short"];
