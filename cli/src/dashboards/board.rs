//! One page: variables, annotations, links, and panels on the grid.

use beacon::catalog;
use serde_json::{Value, json};

use crate::dashboards::names::{Named as _, prometheus};
use crate::dashboards::panel::{Panel, Source};

#[derive(Debug)]
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) panels: Vec<Panel>,
}

pub(super) fn row(title: &'static str, panels: Vec<Panel>) -> Row {
    Row { title, panels }
}

#[derive(Debug)]
pub(super) struct Board {
    /// The uid is `beacon-` and this, for ever.
    pub(super) slug: &'static str,
    pub(super) title: &'static str,
    pub(super) question: &'static str,
    pub(super) rows: Vec<Row>,
}

impl Board {
    pub(super) fn uid(&self) -> String {
        format!("beacon-{}", self.slug)
    }

    pub(super) fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }

    pub(super) fn draw(&self) -> Value {
        json!({
            "id": null,
            "uid": self.uid(),
            "title": format!("Beacon / {}", self.title),
            "description": self.question,
            "tags": ["beacon", "opentelemetry", "rust"],
            "schemaVersion": SCHEMA_VERSION,
            "editable": false,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "browser",
            "fiscalYearStartMonth": 0,
            "links": [{
                "title": "Beacon",
                "type": "dashboards",
                "tags": ["beacon"],
                "asDropdown": true,
                "icon": "external link",
                "includeVars": true,
                "keepTime": true,
                "targetBlank": false,
                "tooltip": "",
                "url": "",
            }],
            "annotations": {"list": annotations()},
            "templating": {"list": self.variables()},
            "panels": self.layout(),
        })
    }

    fn has(&self, source: Source) -> bool {
        self.panels().any(|panel| panel.source == source)
    }

    fn variables(&self) -> Vec<Value> {
        let mut list = vec![datasource("datasource", "Metrics", "prometheus")];
        if self.has(Source::Logs) {
            list.push(datasource("loki_datasource", "Logs", "loki"));
        }
        if self.has(Source::Traces) {
            list.push(datasource("traces_datasource", "Traces", "jaeger"));
        }
        let series = catalog::memory::PROCESS_UPTIME.series();
        list.push(query("job", "Service", &format!("label_values({series}, job)"), None));
        let of_job = format!(r#"label_values({series}{{job=~"$job"}}, instance)"#);
        list.push(query("instance", "Instance", &of_job, None));
        if self.has(Source::Logs) || self.has(Source::Traces) {
            // Logs and traces know the name without its namespace.
            let names = format!(r#"label_values({series}{{job=~"$job"}}, job)"#);
            list.push(query("service", "Name", &names, Some(r"/(?:.*\/)?(.+)/")));
        }
        list
    }

    /// From left to right, and down; the first row open.
    fn layout(&self) -> Vec<Value> {
        let mut drawn = Vec::new();
        let mut ids = 1_usize..;
        let mut y = 0_u16;
        for (index, row) in self.rows.iter().enumerate() {
            let header = ids.next().unwrap_or_default();
            let header_y = y;
            y = y.saturating_add(1);
            let mut inside = Vec::new();
            for line in lines(&row.panels) {
                let mut x = 0_u16;
                for (at, panel) in line.iter().enumerate() {
                    let is_last = at.saturating_add(1) == line.len();
                    // The last one takes what is left, so that no line has a hole.
                    let width = if is_last { GRID_WIDTH.saturating_sub(x) } else { panel.width };
                    inside.push(panel.draw(ids.next().unwrap_or_default(), (x, y), width));
                    x = x.saturating_add(width);
                }
                y = y.saturating_add(line.iter().map(|panel| panel.height).max().unwrap_or(0));
            }
            let is_open = index == 0;
            // What is closed is held by its row, and takes no place.
            let (held, open) = if is_open { (Vec::new(), inside) } else { (inside, Vec::new()) };
            drawn.push(json!({
                "id": header,
                "type": "row",
                "title": row.title,
                "collapsed": !is_open,
                "gridPos": {"x": 0, "y": header_y, "w": GRID_WIDTH, "h": 1},
                "panels": held,
            }));
            drawn.extend(open);
            if !is_open {
                y = header_y.saturating_add(1);
            }
        }
        drawn
    }
}

/// Panels beside each other, as many as fit.
fn lines(panels: &[Panel]) -> Vec<Vec<&Panel>> {
    let mut lines: Vec<Vec<&Panel>> = Vec::new();
    let mut left = 0_u16;
    for panel in panels {
        match lines.last_mut() {
            Some(line) if panel.width <= left => line.push(panel),
            _ => {
                left = GRID_WIDTH;
                lines.push(vec![panel]);
            }
        }
        left = left.saturating_sub(panel.width);
    }
    lines
}

fn datasource(name: &str, label: &str, kind: &str) -> Value {
    json!({
        "name": name,
        "label": label,
        "type": "datasource",
        "query": kind,
        "refresh": 1,
        "regex": "",
        "hide": 0,
        "includeAll": false,
        "multi": false,
        "options": [],
    })
}

fn query(name: &str, label: &str, definition: &str, regex: Option<&str>) -> Value {
    let is_derived = regex.is_some();
    json!({
        "name": name,
        "label": label,
        "type": "query",
        "datasource": Source::Metrics.reference(),
        "definition": definition,
        "query": {"query": definition, "refId": "StandardVariableQuery"},
        "refresh": 2,
        "regex": regex.unwrap_or_default(),
        "sort": 1,
        "hide": if is_derived { 2 } else { 0 },
        "multi": true,
        "includeAll": true,
        "allValue": ".+",
        "current": {"selected": true, "text": ["All"], "value": ["$__all"]},
        "options": [],
    })
}

fn annotations() -> Vec<Value> {
    let on = |name: &str, color: &str, expr: String, title: &str| {
        json!({
            "name": name,
            "datasource": Source::Metrics.reference(),
            "enable": true,
            "hide": false,
            "iconColor": color,
            "target": {"refId": "Anno", "expr": expr, "interval": "60s"},
            "titleFormat": title,
            "textFormat": "",
            "useValueForTime": false,
        })
    };
    let alerts = prometheus::ALERTS.series();
    let info = prometheus::TARGET_INFO.series();
    let uptime = catalog::memory::PROCESS_UPTIME.series();
    let selected = r#"job=~"$job", instance=~"$instance""#;
    // Marks of the moment: what lasts would lie over the lines. Grafana asks at each `$__interval`.
    let firing = format!(
        r#"max by (alertname, severity, job) ({alerts}{{alertstate="firing", alertname=~"Beacon.*", alertname!="BeaconWatchdog", job=~"$job"}})"#
    );
    let version = format!("group by (job, service_version) ({info}{{{selected}}})");
    vec![
        on(
            "Alerts",
            "red",
            format!("{firing} unless {}", before(&firing)),
            "{{alertname}} {{job}}",
        ),
        on(
            "Deploys",
            "blue",
            format!("{version} unless {}", before(&version)),
            "{{job}} {{service_version}}",
        ),
        on(
            "Restarts",
            "orange",
            format!("max by (job, instance) ({uptime}{{{selected}}}) < $__interval_ms / 1000"),
            "{{job}} {{instance}} started",
        ),
    ]
}

/// The same, one step earlier.
fn before(query: &str) -> String {
    query.replace("})", "} offset $__interval)")
}

const GRID_WIDTH: u16 = 24;
/// Source: <https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/>
const SCHEMA_VERSION: u32 = 42;
