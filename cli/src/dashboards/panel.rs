//! One panel of a page.

use serde_json::{Value, json};

/// What a description says, always in this order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Help {
    pub(super) shows: &'static str,
    pub(super) good: &'static str,
    pub(super) bad: &'static str,
    pub(super) next: &'static str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Graph,
    Heatmap,
    Logs,
    Stat,
    Table,
    Traces,
}

/// Who answers a query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    Logs,
    Metrics,
    Traces,
}

impl Source {
    pub(super) fn reference(self) -> Value {
        let (kind, variable) = match self {
            Self::Logs => ("loki", "${loki_datasource}"),
            Self::Metrics => ("prometheus", "${datasource}"),
            Self::Traces => ("jaeger", "${traces_datasource}"),
        };
        json!({"type": kind, "uid": variable})
    }
}

#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) expr: String,
    pub(super) legend: &'static str,
}

/// A label, or `Value`, and how it is called on the page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) label: &'static str,
    pub(super) title: &'static str,
    /// In pixels. 0 shares what is left with the others.
    pub(super) width: u16,
}

#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) kind: Kind,
    pub(super) title: &'static str,
    pub(super) help: Help,
    pub(super) unit: &'static str,
    pub(super) source: Source,
    pub(super) queries: Vec<Query>,
    pub(super) width: u16,
    pub(super) height: u16,
    /// From which value on it is yellow, and red.
    pub(super) limits: Option<(f64, f64)>,
    /// It is better to have more of it.
    pub(super) is_floor: bool,
    pub(super) is_stacked: bool,
    /// As many digits after the point, else as many as Grafana sees fit.
    pub(super) decimals: Option<u8>,
    /// Words and colors for the values from 0 up.
    pub(super) states: &'static [(&'static str, &'static str)],
    /// Of a table, from left to right. Labels that are not named here are not shown.
    pub(super) columns: Vec<Column>,
    /// What has to happen before it shows anything.
    pub(super) empty_until: Option<&'static str>,
    /// Why the end-to-end tests show it with made-up metrics and not with that event.
    pub(super) made_up: Option<&'static str>,
    pub(super) has_exemplars: bool,
}

pub(super) const fn column(label: &'static str, title: &'static str, width: u16) -> Column {
    Column { label, title, width }
}

pub(super) fn graph(title: &'static str, unit: &'static str, help: Help) -> Panel {
    panel(Kind::Graph, title, unit, help, (12, 9))
}

pub(super) fn stat(title: &'static str, unit: &'static str, help: Help) -> Panel {
    panel(Kind::Stat, title, unit, help, (4, 4))
}

pub(super) fn table(title: &'static str, unit: &'static str, help: Help) -> Panel {
    panel(Kind::Table, title, unit, help, (12, 9))
}

pub(super) fn heatmap(title: &'static str, help: Help) -> Panel {
    panel(Kind::Heatmap, title, "s", help, (12, 9))
}

pub(super) fn logs(title: &'static str, help: Help) -> Panel {
    panel(Kind::Logs, title, "short", help, (24, 10)).from(Source::Logs)
}

pub(super) fn traces(title: &'static str, help: Help) -> Panel {
    panel(Kind::Traces, title, "short", help, (24, 9)).from(Source::Traces)
}

fn panel(
    kind: Kind,
    title: &'static str,
    unit: &'static str,
    help: Help,
    size: (u16, u16),
) -> Panel {
    let (width, height) = size;
    Panel {
        kind,
        title,
        help,
        unit,
        source: Source::Metrics,
        queries: Vec::new(),
        width,
        height,
        limits: None,
        is_floor: false,
        is_stacked: false,
        decimals: None,
        states: &[],
        columns: Vec::new(),
        empty_until: None,
        made_up: None,
        has_exemplars: false,
    }
}

impl Panel {
    pub(super) fn query(mut self, expr: impl Into<String>, legend: &'static str) -> Self {
        self.queries.push(Query { expr: expr.into(), legend });
        self
    }

    pub(super) const fn from(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    pub(super) const fn width(mut self, width: u16) -> Self {
        self.width = width;
        self
    }

    pub(super) const fn limits(mut self, yellow: f64, red: f64) -> Self {
        self.limits = Some((yellow, red));
        self
    }

    /// Below the first it is red, from the second on green.
    pub(super) const fn floors(mut self, red: f64, yellow: f64) -> Self {
        self.limits = Some((red, yellow));
        self.is_floor = true;
        self
    }

    pub(super) const fn stacked(mut self) -> Self {
        self.is_stacked = true;
        self
    }

    /// It counts things: no axis shows half of one.
    pub(super) const fn whole(mut self) -> Self {
        self.decimals = Some(0);
        self
    }

    /// Shows words instead of the numbers 0, 1 and so on.
    pub(super) const fn states(mut self, states: &'static [(&'static str, &'static str)]) -> Self {
        self.states = states;
        self
    }

    pub(super) fn columns<const N: usize>(mut self, columns: [Column; N]) -> Self {
        self.columns = columns.into();
        self
    }

    pub(super) const fn exemplars(mut self) -> Self {
        self.has_exemplars = true;
        self
    }

    /// Declares that it is empty in health, and what fills it.
    pub(super) const fn empty_until(mut self, event: &'static str) -> Self {
        self.empty_until = Some(event);
        self
    }

    pub(super) const fn made_up(mut self, why: &'static str) -> Self {
        self.made_up = Some(why);
        self
    }

    pub(super) fn description(&self) -> String {
        let Help { shows, good, bad, next } = self.help;
        format!("{shows}\n\n**Good:** {good}\n\n**Bad:** {bad}\n\n**Next:** {next}")
    }
}
