//! Names that queries select by: beacon's catalog, and what others emit.

use beacon::catalog::Metric;

/// What a query can select.
pub(super) trait Named {
    /// The name in Prometheus.
    fn series(&self) -> String;
}

impl Named for Metric {
    fn series(&self) -> String {
        self.prometheus_name()
    }
}

/// A metric of somebody else, by its name in Prometheus.
#[derive(Clone, Copy, Debug)]
pub(super) struct Foreign(pub(super) &'static str);

impl Named for Foreign {
    fn series(&self) -> String {
        self.0.to_owned()
    }
}

/// Declares one constant per name, and the list of them all.
macro_rules! foreign {
    ($($constant:ident = $name:literal;)*) => {
        $(pub(in crate::dashboards) const $constant: Foreign = Foreign($name);)*

        /// Every name declared here.
        #[cfg(test)]
        pub(in crate::dashboards) const ALL: &[Foreign] = &[$($constant),*];
    };
}

/// What the Collector counts of spans before it samples: `deploy/collector/gateway-sampler.yaml`.
pub(super) mod span_metrics {
    use super::Foreign;

    foreign! {
        CALLS = "traces_span_metrics_calls_total";
        DURATION = "traces_span_metrics_duration_seconds";
    }
}

/// What a Collector says about itself when it is scraped, as `deploy/compose/prometheus.yaml` does.
pub(super) mod collector {
    use super::Foreign;

    foreign! {
        ACCEPTED_LOG_RECORDS = "otelcol_receiver_accepted_log_records";
        ACCEPTED_METRIC_POINTS = "otelcol_receiver_accepted_metric_points";
        ACCEPTED_SPANS = "otelcol_receiver_accepted_spans";
        ENQUEUE_FAILED_LOG_RECORDS = "otelcol_exporter_enqueue_failed_log_records";
        ENQUEUE_FAILED_METRIC_POINTS = "otelcol_exporter_enqueue_failed_metric_points";
        ENQUEUE_FAILED_SPANS = "otelcol_exporter_enqueue_failed_spans";
        LIMITER_REFUSED_LOG_RECORDS = "otelcol_processor_memory_limiter_refused_log_records";
        LIMITER_REFUSED_METRIC_POINTS = "otelcol_processor_memory_limiter_refused_metric_points";
        LIMITER_REFUSED_SPANS = "otelcol_processor_memory_limiter_refused_spans";
        QUEUE_CAPACITY = "otelcol_exporter_queue_capacity";
        QUEUE_SIZE = "otelcol_exporter_queue_size";
        REFUSED_LOG_RECORDS = "otelcol_receiver_refused_log_records";
        REFUSED_METRIC_POINTS = "otelcol_receiver_refused_metric_points";
        REFUSED_SPANS = "otelcol_receiver_refused_spans";
        SEND_FAILED_LOG_RECORDS = "otelcol_exporter_send_failed_log_records";
        SEND_FAILED_METRIC_POINTS = "otelcol_exporter_send_failed_metric_points";
        SEND_FAILED_SPANS = "otelcol_exporter_send_failed_spans";
        SENT_LOG_RECORDS = "otelcol_exporter_sent_log_records";
        SENT_METRIC_POINTS = "otelcol_exporter_sent_metric_points";
        SENT_SPANS = "otelcol_exporter_sent_spans";
        UPTIME = "otelcol_process_uptime";
    }
}

/// What Prometheus makes of the resource, and of alerts.
pub(super) mod prometheus {
    use super::Foreign;

    foreign! {
        ALERTS = "ALERTS";
        TARGET_INFO = "target_info";
    }
}

/// What the rules record, for dashboards and for other rules.
pub(super) mod recorded {
    use super::Foreign;

    foreign! {
        BUDGET_LEFT = "job:beacon_slo_budget_left:ratio";
        ERRORS_1H = "job:http_server_errors:ratio_rate1h";
        ERRORS_3D = "job:http_server_errors:ratio_rate3d";
        ERRORS_5M = "job:http_server_errors:ratio_rate5m";
        ERRORS_6H = "job:http_server_errors:ratio_rate6h";
        OBJECTIVE = "job:beacon_slo_objective:ratio";
        REQUESTS_1H = "job:http_server_requests:rate1h";
        REQUESTS_3D = "job:http_server_requests:rate3d";
        REQUESTS_5M = "job:http_server_requests:rate5m";
    }
}

/// Every name that is not of the catalog.
#[cfg(test)]
pub(super) fn foreign() -> impl Iterator<Item = &'static Foreign> {
    [collector::ALL, prometheus::ALL, recorded::ALL, span_metrics::ALL].into_iter().flatten()
}
