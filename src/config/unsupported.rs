//! Variables that are set and do nothing: said once, by name.

use crate::config::env::{Environment, Variable};
use crate::config::report::SettingWarning;
use crate::config::table;

/// A standard variable that beacon does not honor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unsupported {
    pub(super) name: &'static str,
    /// Behind "`NAME` is set, but ".
    pub(super) message: &'static str,
    /// Values that ask for what happens anyway.
    pub(super) harmless: &'static [&'static str],
}

/// Warns about known variables without effect, and about unknown ones with our prefix.
pub(super) fn warnings(environment: &Environment) -> Vec<SettingWarning> {
    let mut warnings = Vec::new();
    for row in UNSUPPORTED {
        let is_harmless = match environment.read(row.name) {
            Variable::Unset => true,
            Variable::Text(text) => row.harmless.iter().any(|v| v.eq_ignore_ascii_case(text)),
            Variable::Invalid => false,
        };
        if !is_harmless {
            let message = format!("`{}` is set, but {}", row.name, row.message);
            warnings.push(SettingWarning::new(row.name, message));
        }
    }
    for name in environment.names().filter(|name| name.starts_with(PREFIX)) {
        let is_known = table::rows().any(|row| row.variables.contains(&name));
        if !is_known {
            let hint = nearest(name).map(|known| format!("; did you mean `{known}`?"));
            let message = format!("`{name}` is not a setting{}", hint.unwrap_or_default());
            warnings.push(SettingWarning::new(name, message));
        }
    }
    warnings
}

/// The variable of ours whose name takes the fewest edits, if more of it is right than wrong.
fn nearest(name: &str) -> Option<&'static str> {
    let edits_max = name.len().saturating_sub(PREFIX.len()) / 2;
    let ours = table::rows().flat_map(|row| row.variables).filter(|name| name.starts_with(PREFIX));
    let ours = ours.map(|known| (edits(name, known), *known));
    let (edits, nearest) = ours.min_by_key(|(edits, _)| *edits)?;
    (edits <= edits_max).then_some(nearest)
}

/// Levenshtein distance, one row of the matrix at a time.
fn edits(from: &str, to: &str) -> usize {
    let mut distances: Vec<usize> = (0..=to.chars().count()).collect();
    for (index, a) in from.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index.saturating_add(1);
        let mut next = vec![left];
        for (above, b) in distances.iter().skip(1).zip(to.chars()) {
            let replaced = diagonal.saturating_add(usize::from(a != b));
            left = replaced.min(above.saturating_add(1)).min(left.saturating_add(1));
            diagonal = *above;
            next.push(left);
        }
        distances = next;
    }
    distances.last().copied().unwrap_or_default()
}

const fn later(name: &'static str) -> Unsupported {
    explained(name, NOT_YET)
}

const fn explained(name: &'static str, message: &'static str) -> Unsupported {
    Unsupported { name, message, harmless: &[] }
}

pub(super) static UNSUPPORTED: &[Unsupported] = &[
    later("OTEL_ENTITIES"),
    later("OTEL_LOG_LEVEL"),
    Unsupported {
        name: "OTEL_METRICS_EXEMPLAR_FILTER",
        message: "not supported yet: exemplars are not recorded",
        harmless: &["always_off"],
    },
    later("OTEL_EXPORTER_ZIPKIN_ENDPOINT"),
    later("OTEL_EXPORTER_ZIPKIN_TIMEOUT"),
    later("OTEL_EXPORTER_PROMETHEUS_HOST"),
    later("OTEL_EXPORTER_PROMETHEUS_PORT"),
    explained("OTEL_CONFIG_FILE", CONFIG_FILE),
    explained("OTEL_EXPERIMENTAL_CONFIG_FILE", EXPERIMENTAL_CONFIG_FILE),
    later("OTEL_EXPORTER_OTLP_CERTIFICATE"),
    later("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"),
    later("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE"),
    later("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE"),
    later("OTEL_EXPORTER_OTLP_CLIENT_KEY"),
    later("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY"),
    later("OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY"),
    later("OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY"),
    later("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"),
    later("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE"),
    later("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE"),
    later("OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE"),
    Unsupported {
        name: "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        message: NOT_YET,
        harmless: &["explicit_bucket_histogram"],
    },
    explained(
        "OTEL_EXPORTER_OTLP_SPAN_INSECURE",
        "this spelling is obsolete; set `OTEL_EXPORTER_OTLP_TRACES_INSECURE`",
    ),
    explained(
        "OTEL_EXPORTER_OTLP_METRIC_INSECURE",
        "this spelling is obsolete; set `OTEL_EXPORTER_OTLP_METRICS_INSECURE`",
    ),
    explained(
        "OTEL_BSP_MAX_CONCURRENT_EXPORTS",
        "not supported; `BEACON_REQUESTS_IN_FLIGHT` bounds the requests of each signal",
    ),
    explained(
        "OTEL_SERVICE_INSTANCE_ID",
        "not in the specification; set `service.instance.id` in `OTEL_RESOURCE_ATTRIBUTES`",
    ),
    explained(
        "OTEL_SERVICE_NAMESPACE",
        "not in the specification; set `service.namespace` in `OTEL_RESOURCE_ATTRIBUTES`",
    ),
    explained(
        "OTEL_SERVICE_VERSION",
        "not in the specification; set `service.version` in `OTEL_RESOURCE_ATTRIBUTES`",
    ),
];

const PREFIX: &str = "BEACON_";
const NOT_YET: &str = "not supported yet";
const CONFIG_FILE: &str =
    "not supported yet: the file is not read, and the other variables still count";
const EXPERIMENTAL_CONFIG_FILE: &str = "this name is deprecated and not supported: the file is \
    not read, and the other variables still count";

#[cfg(test)]
mod tests {
    use super::{edits, nearest};

    #[test]
    fn edits_count_insertions_deletions_and_replacements() {
        for (from, to, expected) in
            [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3), ("é", "e", 1)]
        {
            assert_eq!(edits(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        assert_eq!(nearest("BEACON_QUEUE_BYTE"), Some("BEACON_QUEUE_BYTES"));
        assert_eq!(nearest("BEACON_LOGS"), Some("BEACON_LOG"));
    }
}
