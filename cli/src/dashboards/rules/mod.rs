//! Alerts and what they are made of. Each is described once: its file, its tests and the object for
//! Kubernetes are written from the description.

mod memory;
mod runtime;
mod scenario;
mod service;
mod slo;
mod telemetry;
mod yaml;

pub(super) use crate::dashboards::rules::scenario::{Scenario, input};
pub(super) use crate::dashboards::rules::yaml::{kubernetes, rules, tests};

/// What evaluates together, and is one file.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) records: Vec<Record>,
    pub(super) alerts: Vec<Alert>,
    /// Groups whose records it takes.
    pub(super) needs: &'static [&'static str],
    /// The time from one evaluation to the next in its tests.
    pub(super) test_interval: &'static str,
}

/// A series that a rule makes of others.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) expr: String,
}

#[derive(Debug)]
pub(super) struct Alert {
    /// `Beacon` and words.
    pub(super) name: &'static str,
    pub(super) severity: Severity,
    pub(super) component: &'static str,
    pub(super) expr: String,
    /// How long it must hold.
    pub(super) hold: &'static str,
    /// How long it goes on when it no longer does, so that it does not flap.
    pub(super) keep: &'static str,
    /// What is the matter, with whom.
    pub(super) summary: &'static str,
    /// What it means for the service, and the first step.
    pub(super) description: &'static str,
    /// The page that shows it.
    pub(super) page: &'static str,
    pub(super) scenario: Scenario,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Severity {
    /// Pages somebody.
    Critical,
    /// Is looked at, and no more.
    Info,
    /// Becomes a ticket.
    Warning,
}

impl Severity {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Info => "info",
            Self::Warning => "warning",
        }
    }
}

impl Alert {
    /// Labels that every alert has, besides those of its series.
    fn labels(&self) -> [(&'static str, String); 2] {
        [("component", self.component.to_owned()), ("severity", self.severity.word().to_owned())]
    }

    fn annotations(&self) -> [(&'static str, String); 4] {
        let anchor = self.name.to_lowercase();
        [
            ("dashboard_url", format!("{GRAFANA}/d/beacon-{}?var-job={JOB}", self.page)),
            ("description", self.description.to_owned()),
            ("runbook_url", format!("{RUNBOOKS}/{}.md#{anchor}", self.component)),
            ("summary", self.summary.to_owned()),
        ]
    }
}

/// Returns every group, in the order of their files.
pub(super) fn all() -> Vec<Group> {
    vec![
        memory::group(),
        runtime::group(),
        telemetry::group(),
        service::group(),
        slo::group(),
        meta(),
    ]
}

fn meta() -> Group {
    let watchdog = Alert {
        name: "BeaconWatchdog",
        severity: Severity::Info,
        component: "meta",
        expr: "vector(1) > 0".to_owned(),
        hold: "",
        keep: "",
        summary: "Alerts work.",
        description: "Always fires. Have somebody outside of this cluster page you when it no longer comes.",
        page: "telemetry-pipeline",
        scenario: Scenario::always(),
    };
    Group {
        name: "beacon-meta",
        records: Vec::new(),
        alerts: vec![watchdog],
        needs: &[],
        test_interval: "1m",
    }
}

/// As an annotation writes the label.
const JOB: &str = "{{ $labels.job }}";
/// Where Grafana of `deploy/compose` is.
pub(super) const GRAFANA: &str = "http://localhost:3000";
const RUNBOOKS: &str = "https://github.com/beacon-telemetry/beacon/blob/main/docs/runbooks";
