//! What a panel looks like in Grafana's classic model.

use serde_json::{Map, Value, json};

use crate::dashboards::panel::{Column, Kind, Panel, Query, Source};

impl Panel {
    /// Draws it at a place of the grid, under an id that is unique on its page.
    pub(super) fn draw(&self, id: usize, (x, y): (u16, u16), width: u16) -> Value {
        let mut drawn = json!({
            "id": id,
            "type": self.plugin(),
            "title": self.title,
            "description": self.description(),
            "datasource": self.source.reference(),
            "gridPos": {"x": x, "y": y, "w": width, "h": self.height},
            "targets": self.targets(),
            "options": self.options(),
        });
        let Some(keys) = drawn.as_object_mut() else { return drawn };
        if self.kind != Kind::Logs {
            let fields = json!({"defaults": self.defaults(), "overrides": self.overrides()});
            keys.insert("fieldConfig".to_owned(), fields);
        }
        if !self.columns.is_empty() {
            let steps = json!([{"id": "organize", "options": self.arrangement()}]);
            keys.insert("transformations".to_owned(), steps);
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
            "noValue": self.no_value(),
            "color": match self.kind {
                Kind::Graph => json!({"mode": "palette-classic"}),
                // Green would say that it is good.
                Kind::Stat if self.limits.is_none() => json!({"mode": "fixed", "fixedColor": "text"}),
                _ => json!({"mode": "thresholds"}),
            },
            "thresholds": {"mode": "absolute", "steps": steps},
        });
        let Some(keys) = defaults.as_object_mut() else { return defaults };
        if let Some(decimals) = self.decimals {
            keys.insert("decimals".to_owned(), json!(decimals));
        }
        if !self.states.is_empty() {
            keys.insert("mappings".to_owned(), json!([self.mapping()]));
        }
        if self.kind == Kind::Graph {
            keys.insert("custom".to_owned(), self.lines());
        }
        defaults
    }

    /// A number is drawn as large as fits, so only a word can be read there.
    fn no_value(&self) -> String {
        match (self.kind, self.empty_until) {
            (Kind::Stat, Some(_)) => "Nothing".to_owned(),
            (Kind::Stat, None) => "No data".to_owned(),
            (_, Some(event)) => format!("Nothing. Filled by: {event}"),
            (_, None) => NO_DATA.to_owned(),
        }
    }

    fn mapping(&self) -> Value {
        let mut words = Map::new();
        for (index, (text, color)) in self.states.iter().enumerate() {
            let word = json!({"text": text, "color": color, "index": index});
            words.insert(index.to_string(), word);
        }
        json!({"type": "value", "options": words})
    }

    /// Every axis begins at 0, and reaches what is red: a line's height says how much of that it is.
    fn lines(&self) -> Value {
        let mut lines = json!({
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": if self.is_stacked { 30 } else { 8 },
            "showPoints": "never",
            "spanNulls": false,
            "axisSoftMin": 0,
            "stacking": {"mode": if self.is_stacked { "normal" } else { "none" }, "group": "A"},
            "thresholdsStyle": {"mode": if self.limits.is_some() { "dashed" } else { "off" }},
        });
        // Where nothing has happened, Grafana's own axis would reach up to 100.
        let top = match (self.limits, self.unit) {
            (Some((_, upper)), _) => upper,
            (None, "percentunit") => 0.01,
            (None, "bytes" | "Bps" | "s") => return lines,
            (None, _) => 1.0,
        };
        lines.as_object_mut().map(|keys| keys.insert("axisSoftMax".to_owned(), json!(top)));
        lines
    }

    fn overrides(&self) -> Vec<Value> {
        let mut overrides = Vec::new();
        if self.kind == Kind::Table {
            // What the panel says when it is empty would stand in each empty cell.
            overrides.push(json!({
                "matcher": {"id": "byType", "options": "string"},
                "properties": [{"id": "noValue", "value": "-"}],
            }));
        }
        for column in self.columns.iter().filter(|column| column.width > 0) {
            overrides.push(json!({
                "matcher": {"id": "byName", "options": column.title},
                "properties": [{"id": "custom.width", "value": column.width}],
            }));
        }
        overrides
    }

    fn arrangement(&self) -> Value {
        let mut included = Map::new();
        let (mut places, mut names) = (Map::new(), Map::new());
        for (index, Column { label, title, .. }) in self.columns.iter().enumerate() {
            included.insert((*label).to_owned(), json!(true));
            places.insert((*label).to_owned(), json!(index));
            names.insert((*label).to_owned(), json!(title));
        }
        json!({"includeByName": included, "indexByName": places, "renameByName": names})
    }

    fn options(&self) -> Value {
        match self.kind {
            Kind::Graph => json!({
                "legend": {"displayMode": "table", "placement": "bottom", "showLegend": true,
                    "calcs": ["lastNotNull", "max"], "sortBy": "Last *", "sortDesc": true},
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
            Kind::Table | Kind::Traces => json!({
                "showHeader": true,
                "cellHeight": "sm",
                "frameIndex": 0,
                "sortBy": self.sorting(),
            }),
        }
    }

    /// The largest value on top.
    fn sorting(&self) -> Vec<Value> {
        let value = self.columns.iter().find(|column| column.label == "Value");
        value.map(|column| json!({"displayName": column.title, "desc": true})).into_iter().collect()
    }
}

const NO_DATA: &str =
    "No data: does the service send, and do job and instance fit? See the page Telemetry pipeline";
