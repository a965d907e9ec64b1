//! `PromQL` for panels: every selector is filtered by the variables of the page.

use crate::dashboards::names::Named;

/// Selects what the page's variables ask for, and what `matchers` ask for besides.
pub(super) fn select(metric: &dyn Named, matchers: &str) -> String {
    selector(&metric.series(), matchers)
}

/// The increase per second.
pub(super) fn rate(metric: &dyn Named, matchers: &str) -> String {
    format!("rate({}[$__rate_interval])", select(metric, matchers))
}

/// How often a histogram counted, per second.
pub(super) fn count_rate(metric: &dyn Named, matchers: &str) -> String {
    format!("rate({}[$__rate_interval])", selector(&part(metric, "_count"), matchers))
}

pub(super) fn increase(metric: &dyn Named, matchers: &str) -> String {
    format!("increase({}[$__rate_interval])", select(metric, matchers))
}

/// How often in the whole time that the page shows.
pub(super) fn increase_in_range(metric: &dyn Named, matchers: &str) -> String {
    format!("increase({}[$__range])", select(metric, matchers))
}

pub(super) fn sum_by(labels: &str, of: &str) -> String {
    format!("sum by ({labels}) ({of})")
}

pub(super) fn max_by(labels: &str, of: &str) -> String {
    format!("max by ({labels}) ({of})")
}

/// The share below which `q` of all values lie.
pub(super) fn quantile(q: &str, metric: &dyn Named, matchers: &str, by: &str) -> String {
    format!("histogram_quantile({q}, {})", buckets(metric, matchers, &format!("le, {by}")))
}

pub(super) fn buckets(metric: &dyn Named, matchers: &str, by: &str) -> String {
    let selected = selector(&part(metric, "_bucket"), matchers);
    sum_by(by, &format!("rate({selected}[$__rate_interval])"))
}

/// The mean of what a histogram saw.
pub(super) fn mean(metric: &dyn Named, by: &str) -> String {
    let rate_of = |end| {
        let selected = selector(&part(metric, end), "");
        sum_by(by, &format!("rate({selected}[$__rate_interval])"))
    };
    format!("{} / {}", rate_of("_sum"), rate_of("_count"))
}

/// `part` divided by `whole`, and 0 where nothing of the part is there.
pub(super) fn ratio(part: &str, whole: &str) -> String {
    format!("({part} or 0 * {whole}) / {whole}")
}

/// One metric of a histogram's three.
pub(super) fn part(metric: &dyn Named, end: &str) -> String {
    format!("{}{end}", metric.series())
}

fn selector(name: &str, matchers: &str) -> String {
    let comma = if matchers.is_empty() { "" } else { ", " };
    format!(r#"{name}{{job=~"$job", instance=~"$instance"{comma}{matchers}}}"#)
}
