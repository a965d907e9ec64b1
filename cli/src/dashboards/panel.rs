//! One panel, and what it looks like in Grafana's classic model.

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
    is_stacked: bool,
    /// What has to happen before it shows anything.
    pub(super) empty_until: Option<&'static str>,
    /// Why the end-to-end tests show it with made-up metrics and not with that event.
    pub(super) made_up: Option<&'static str>,
    pub(super) has_exemplars: bool,
}

pub(super) fn graph(title: &'static str, unit: &'static str, help: Help) -> Panel {
    panel(Kind::Graph, title, unit, help, (12, 8))
}

pub(super) fn stat(title: &'static str, unit: &'static str, help: Help) -> Panel {
    panel(Kind::Stat, title, unit, help, (4, 4))
}

pub(super) fn table(title: &'static str, unit: &'static str, help: Help) -> Panel {
    panel(Kind::Table, title, unit, help, (12, 8))
}

pub(super) fn heatmap(title: &'static str, help: Help) -> Panel {
    panel(Kind::Heatmap, title, "s", help, (12, 8))
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

    /// Draws it at a place of the grid, under an id that is unique on its page.
    pub(super) fn draw(&self, id: usize, x: u16, y: u16) -> Value {
        let mut drawn = json!({
            "id": id,
            "type": self.plugin(),
            "title": self.title,
            "description": self.description(),
            "datasource": self.source.reference(),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "targets": self.targets(),
            "options": self.options(),
        });
        if !matches!(self.kind, Kind::Logs) {
            let field_config = json!({"defaults": self.defaults(), "overrides": []});
            drawn.as_object_mut().map(|panel| panel.insert("fieldConfig".to_owned(), field_config));
        }
        if self.kind == Kind::Table && self.source == Source::Metrics {
            let hidden = json!({"excludeByName": {"Time": true}});
            let steps = json!([{"id": "organize", "options": hidden}]);
            drawn.as_object_mut().map(|panel| panel.insert("transformations".to_owned(), steps));
        }
        drawn
    }

    const fn plugin(&self) -> &'static str {
        match self.kind {
            Kind::Graph => "timeseries",
            Kind::Heatmap => "heatmap",
            Kind::Logs => "logs",
            Kind::Stat => "stat",
            Kind::Table | Kind::Traces => "table",
        }
    }

    fn targets(&self) -> Vec<Value> {
        let target = |(query, letter): (&Query, char)| {
            let is_instant = matches!(self.kind, Kind::Stat | Kind::Table);
            let ref_id = letter.to_string();
            let datasource = self.source.reference();
            match self.source {
                Source::Metrics => json!({
                    "refId": ref_id,
                    "datasource": datasource,
                    "editorMode": "code",
                    "expr": query.expr,
                    "legendFormat": query.legend,
                    "range": !is_instant,
                    "instant": is_instant,
                    "exemplar": self.has_exemplars,
                    "format": match self.kind {
                        Kind::Heatmap => "heatmap",
                        Kind::Table => "table",
                        _ => "time_series",
                    },
                }),
                Source::Logs => json!({
                    "refId": ref_id,
                    "datasource": datasource,
                    "editorMode": "code",
                    "expr": query.expr,
                    "legendFormat": query.legend,
                    "queryType": "range",
                }),
                // The text is what the search is narrowed by, as logfmt.
                Source::Traces => json!({
                    "refId": ref_id,
                    "datasource": datasource,
                    "queryType": "search",
                    "service": "$service",
                    "tags": query.expr,
                    "limit": 20,
                }),
            }
        };
        self.queries.iter().zip('A'..='Z').map(target).collect()
    }

    fn defaults(&self) -> Value {
        let (base, first, second) =
            if self.is_floor { ("red", "yellow", "green") } else { ("green", "yellow", "red") };
        let mut steps = vec![json!({"color": base, "value": null})];
        if let Some((lower, upper)) = self.limits {
            steps.push(json!({"color": first, "value": lower}));
            steps.push(json!({"color": second, "value": upper}));
        }
        let mut defaults = json!({
            "unit": self.unit,
            "noValue": self.empty_until.map_or_else(
                || NO_DATA.to_owned(),
                |event| format!("Nothing. Filled by: {event}"),
            ),
            "thresholds": {"mode": "absolute", "steps": steps},
        });
        if self.kind == Kind::Graph {
            let custom = json!({
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": if self.is_stacked { 30 } else { 8 },
                "showPoints": "never",
                "spanNulls": false,
                "stacking": {"mode": if self.is_stacked { "normal" } else { "none" }, "group": "A"},
                "thresholdsStyle": {"mode": if self.limits.is_some() { "line" } else { "off" }},
            });
            defaults.as_object_mut().map(|defaults| defaults.insert("custom".to_owned(), custom));
        }
        defaults
    }

    fn options(&self) -> Value {
        match self.kind {
            Kind::Graph => json!({
                "legend": {"displayMode": "table", "placement": "bottom", "showLegend": true,
                    "calcs": ["lastNotNull", "max"]},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Kind::Heatmap => json!({
                "calculate": false,
                "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "fill": "dark-orange",
                    "exponent": 0.5, "reverse": false},
                "showValue": "never",
                "exemplars": {"color": "rgba(80, 120, 255, 0.8)"},
                "yAxis": {"unit": self.unit},
                "cellGap": 1,
                "legend": {"show": true},
                "tooltip": {"mode": "single", "yHistogram": false},
            }),
            Kind::Logs => json!({
                "showTime": true,
                "showLabels": false,
                "showCommonLabels": false,
                "showLogContextToggle": false,
                "wrapLogMessage": true,
                "prettifyLogMessage": false,
                "enableLogDetails": true,
                "dedupStrategy": "none",
                "sortOrder": "Descending",
            }),
            Kind::Stat => json!({
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
                "orientation": "auto",
                "textMode": "auto",
                "colorMode": if self.limits.is_some() { "background" } else { "value" },
                "graphMode": "none",
                "justifyMode": "auto",
                "percentChangeColorMode": "standard",
                "showPercentChange": false,
                "wideLayout": true,
            }),
            Kind::Table | Kind::Traces => {
                json!({"showHeader": true, "cellHeight": "sm", "frameIndex": 0})
            }
        }
    }
}

const NO_DATA: &str =
    "No data: does the service send, and do job and instance fit? See the page Telemetry pipeline";
