//! Rules, their tests, and the object for Kubernetes, as YAML. Texts are quoted as JSON, which YAML reads.

use std::fmt::Write as _;

use serde_json::Value;

use crate::dashboards::HEADER;
use crate::dashboards::rules::scenario::SERVICES;
use crate::dashboards::rules::{Alert, Group, JOB};

/// Returns a rule file of Prometheus, vmalert and the like.
pub(in crate::dashboards) fn rules(group: &Group) -> String {
    format!("{HEADER}groups:\n{}", group_lines(group, ""))
}

/// Returns all groups as one object of the Prometheus operator.
pub(in crate::dashboards) fn kubernetes(groups: &[Group]) -> String {
    let mut text = format!(
        "{HEADER}apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: beacon\n  \
         labels:\n    app.kubernetes.io/name: beacon\n    app.kubernetes.io/part-of: beacon\nspec:\n  groups:\n"
    );
    for group in groups {
        text.push_str(&group_lines(group, "  "));
    }
    text
}

fn group_lines(group: &Group, indent: &str) -> String {
    let mut lines = format!("  - name: {}\n    interval: 30s\n    rules:\n", group.name);
    for record in &group.records {
        push(&mut lines, &format!("      - record: {}\n", record.name));
        push(&mut lines, &format!("        expr: {}\n", quote(&record.expr)));
    }
    for alert in &group.alerts {
        push(&mut lines, &alert_lines(alert));
    }
    lines.lines().fold(String::new(), |mut text, line| {
        push(&mut text, &format!("{indent}{line}\n"));
        text
    })
}

fn alert_lines(alert: &Alert) -> String {
    let mut lines =
        format!("      - alert: {}\n        expr: {}\n", alert.name, quote(&alert.expr));
    for (key, value) in [("for", alert.hold), ("keep_firing_for", alert.keep)] {
        if !value.is_empty() {
            push(&mut lines, &format!("        {key}: {value}\n"));
        }
    }
    push(&mut lines, "        labels:\n");
    for (key, value) in alert.labels() {
        push(&mut lines, &format!("          {key}: {value}\n"));
    }
    push(&mut lines, "        annotations:\n");
    for (key, value) in alert.annotations() {
        push(&mut lines, &format!("          {key}: {}\n", quote(&value)));
    }
    lines
}

/// Returns the tests of a group's alerts, for `promtool test rules` and `vmalert-tool unittest`.
pub(in crate::dashboards) fn tests(group: &Group) -> String {
    let names: Vec<_> = group.needs.iter().copied().chain([group.name]).collect();
    let files = names.iter().map(|name| format!("../rules/{name}.yaml"));
    let files = files.collect::<Vec<_>>().join(", ");
    let order = names.join(", ");
    let mut text = format!(
        "{HEADER}rule_files: [{files}]\ngroup_eval_order: [{order}]\nevaluation_interval: {}\ntests:\n",
        group.test_interval
    );
    for alert in &group.alerts {
        push(&mut text, &fires(group, alert));
        push(&mut text, &missing(alert));
    }
    text
}

/// For the service `fires`, once it holds long enough, and for no other.
fn fires(group: &Group, alert: &Alert) -> String {
    let scenario = &alert.scenario;
    let mut lines = format!(
        "  - name: \"{} ({}) fires, and not for who is below, restarts or is healthy\"\n    interval: {}\n",
        alert.name,
        alert.severity.word(),
        scenario.interval
    );
    push(&mut lines, "    input_series:\n");
    if scenario.inputs.is_empty() {
        push(&mut lines, OTHER_SERIES);
    }
    for input in &scenario.inputs {
        for (service, values) in SERVICES.iter().zip(input.values) {
            if !values.is_empty() {
                let series = quote(&input.series.replace("JOB", service));
                push(
                    &mut lines,
                    &format!("      - series: {series}\n        values: {}\n", quote(values)),
                );
            }
        }
    }
    push(&mut lines, "    alert_rule_test:\n");
    if !scenario.is_always {
        push(&mut lines, &expect(alert, scenario.quiet_at, &[]));
    }
    let own = (alert, "fires");
    let other = scenario.besides.and_then(|(service, severity)| {
        let is_it = |other: &&Alert| other.name == alert.name && other.severity == severity;
        group.alerts.iter().find(is_it).map(|other| (other, service))
    });
    let expected: Vec<_> = [Some(own), other].into_iter().flatten().collect();
    push(&mut lines, &expect(alert, scenario.at, &expected));
    lines
}

/// Where there is no such series, nothing fires.
fn missing(alert: &Alert) -> String {
    if alert.scenario.is_always {
        return String::new();
    }
    format!(
        "  - name: \"{} ({}) does not fire without series\"\n    interval: {}\n    input_series:\n{OTHER_SERIES}    \
         alert_rule_test:\n{}",
        alert.name,
        alert.severity.word(),
        alert.scenario.interval,
        expect(alert, alert.scenario.at, &[])
    )
}

fn expect(alert: &Alert, at: &str, expected: &[(&Alert, &str)]) -> String {
    let mut lines = format!("      - eval_time: {at}\n        alertname: {}\n", alert.name);
    if expected.is_empty() {
        push(&mut lines, "        exp_alerts: []\n");
        return lines;
    }
    push(&mut lines, "        exp_alerts:\n");
    for (alert, service) in expected {
        push(&mut lines, "          - exp_labels:\n");
        for (key, value) in alert.labels() {
            push(&mut lines, &format!("              {key}: {value}\n"));
        }
        if !alert.scenario.is_always {
            push(&mut lines, &format!("              job: {service}\n"));
        }
        for (key, value) in alert.scenario.labels {
            push(&mut lines, &format!("              {key}: {value}\n"));
        }
        push(&mut lines, "            exp_annotations:\n");
        for (key, value) in alert.annotations() {
            let told = if alert.scenario.is_always { "" } else { service };
            let value = alert.scenario.labels.iter().fold(value, |value, (label, told)| {
                value.replace(&format!("{{{{ $labels.{label} }}}}"), told)
            });
            push(
                &mut lines,
                &format!("              {key}: {}\n", quote(&value.replace(JOB, told))),
            );
        }
    }
    lines
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

fn push(text: &mut String, more: &str) {
    // Writing into a string does not fail.
    write!(text, "{more}").unwrap_or_default();
}

/// Of somebody else.
const OTHER_SERIES: &str =
    "      - series: \"demo_requests_total{job=\\\"healthy\\\"}\"\n        values: \"0+1x5000\"\n";
