//! What an alert must do with given series: the cases of its tests.

use crate::dashboards::rules::Severity;

/// Four services with the same series: one for which the alert fires and three for which it must not.
#[derive(Clone, Debug)]
pub(in crate::dashboards) struct Scenario {
    /// When it fires for the service `fires`.
    pub(super) at: &'static str,
    /// When it does not fire yet.
    pub(super) quiet_at: &'static str,
    pub(super) interval: &'static str,
    pub(super) inputs: Vec<Input>,
    /// Labels of the alert besides the service, its severity and component.
    pub(super) labels: &'static [(&'static str, &'static str)],
    /// The same alert of another severity that fires too, and for whom.
    pub(super) besides: Option<(&'static str, Severity)>,
    /// Fires whatever there is.
    pub(super) is_always: bool,
}

/// One series of each service: `JOB` in its labels is the service.
#[derive(Clone, Debug)]
pub(in crate::dashboards) struct Input {
    pub(super) series: String,
    pub(super) values: [&'static str; 4],
}

/// The services of a scenario, in the order of the values of an [`Input`]. `restarts` is where a
/// counter begins anew or a gauge goes back.
pub(super) const SERVICES: [&str; 4] = ["fires", "below", "restarts", "healthy"];

/// Values of the four services; an empty text is no series.
pub(in crate::dashboards) fn input(name: &str, labels: &str, values: [&'static str; 4]) -> Input {
    let comma = if labels.is_empty() { "" } else { ", " };
    Input { series: format!(r#"{name}{{job="JOB", instance="1"{comma}{labels}}}"#), values }
}

impl Scenario {
    pub(in crate::dashboards) fn new(
        quiet_at: &'static str,
        at: &'static str,
        inputs: Vec<Input>,
    ) -> Self {
        Self { at, quiet_at, interval: "1m", inputs, labels: &[], besides: None, is_always: false }
    }

    pub(super) fn always() -> Self {
        Self { is_always: true, ..Self::new("0m", "5m", Vec::new()) }
    }

    pub(super) const fn interval(mut self, interval: &'static str) -> Self {
        self.interval = interval;
        self
    }

    pub(super) const fn labels(mut self, labels: &'static [(&'static str, &'static str)]) -> Self {
        self.labels = labels;
        self
    }

    pub(super) const fn besides(mut self, service: &'static str, severity: Severity) -> Self {
        self.besides = Some((service, severity));
        self
    }
}
