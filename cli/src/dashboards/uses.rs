//! Which panel shows a metric, and which alert looks at it: `dashboards/metrics.md`.

use std::fmt::Write as _;

use beacon::catalog::{self, InstrumentKind, Metric};

use crate::dashboards::{pages, rules};

/// Returns the page: every metric of the catalog, also those that nobody looks at.
pub(super) fn page() -> String {
    let (panels, alerts) = (panels(), alerts());
    let mut text = "# Who looks at which metric\n\nWritten by `beacon dashboards --write`. What each metric means: `src/manual/metrics.md`.\n\n\
                    | metric | panels | alerts |\n|---|---|---|\n"
        .to_owned();
    for metric in catalog::all() {
        let series = series_of(metric);
        let who = |users: &[User]| -> String {
            let mut names: Vec<_> = users.iter().filter(|user| user.asks(&series)).collect();
            names.dedup_by_key(|user| &user.name);
            names.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let (panels, alerts) = (who(&panels), who(&alerts));
        // Writing into a string does not fail.
        writeln!(text, "| `{}` | {panels} | {alerts} |", metric.name).unwrap_or_default();
    }
    text
}

/// Somebody with queries.
struct User {
    name: String,
    exprs: Vec<String>,
}

impl User {
    /// Directly, or by what a rule has recorded of them.
    fn asks(&self, series: &[String]) -> bool {
        self.exprs.iter().any(|expr| words(expr).any(|word| series.iter().any(|one| one == word)))
    }

    /// With the rules of what it asks for that is recorded.
    fn new(name: String, exprs: Vec<String>) -> Self {
        let records: Vec<_> = rules::all().into_iter().flat_map(|group| group.records).collect();
        let mut user = Self { name, exprs };
        // A record may be made of records.
        for _ in 0..2 {
            let asked =
                records.iter().filter(|record| user.asks(std::slice::from_ref(&record.name)));
            let more: Vec<_> = asked.map(|record| record.expr.clone()).collect();
            user.exprs.extend(more);
        }
        user
    }
}

fn panels() -> Vec<User> {
    let mut users = Vec::new();
    for board in pages::all() {
        for panel in board.panels() {
            let exprs = panel.queries.iter().map(|query| query.expr.clone()).collect();
            users.push(User::new(format!("{}: {}", board.slug, panel.title), exprs));
        }
    }
    users
}

fn alerts() -> Vec<User> {
    let groups = rules::all().into_iter().flat_map(|group| group.alerts);
    groups.map(|alert| User::new(alert.name.to_owned(), vec![alert.expr])).collect()
}

fn series_of(metric: &Metric) -> Vec<String> {
    let name = metric.prometheus_name();
    if metric.instrument == InstrumentKind::Histogram {
        ["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")).into()
    } else {
        vec![name]
    }
}

/// Names among others.
fn words(expr: &str) -> impl Iterator<Item = &str> {
    expr.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(metric: &str, expected: &[&str]) {
        let page = page();
        let line = page.lines().find(|line| line.starts_with(&format!("| `{metric}` |"))).unwrap();
        for who in expected {
            assert!(line.contains(who), "{line}");
        }
    }

    #[test]
    fn who_asks_for_a_metric_is_named_also_by_way_of_a_record() {
        check("beacon.memory.leak.state", &["memory: Leak", "BeaconMemoryLeakConfirmed"]);
        check("http.server.request.duration", &["slo: ", "BeaconErrorBudgetBurn3d"]);
    }

    #[test]
    fn every_metric_has_a_line() {
        let lines = page().lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(lines, catalog::all().count());
    }
}
