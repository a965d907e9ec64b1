//! What a panel looks like in Grafana's classic model.

use serde_json::{Value, json};

use crate::dashboards::panel::{Kind, Panel, Query, Source};

impl Panel {
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
