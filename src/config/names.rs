//! The sets of names that choices know, and lists of free names.

use crate::config::kind::Choices;

/// Splits at commas; blanks around members are dropped, and so are empty members and repetitions.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

pub(super) fn are_few(names: &[String]) -> bool {
    (1..=NAMES_MAX).contains(&names.len()) && names.iter().all(|name| !name.is_empty())
}

/// As many as fit into the bits of a number, of which each says whether its name is done.
pub(super) const NAMES_MAX: usize = 64;

pub(super) static COMPRESSIONS: Choices =
    Choices { accepted: &["gzip", "zstd", "none"], later: &[] };
pub(super) static EXPORTERS: Choices = Choices {
    accepted: &["otlp", "console", "none"],
    later: &["zipkin", "otlp/stdout", "logging"],
};
pub(super) static LOG_COLORS: Choices =
    Choices { accepted: &["auto", "always", "never"], later: &[] };
pub(super) static LOG_CONSOLES: Choices =
    Choices { accepted: &["stdout", "stderr", "off"], later: &[] };
pub(super) static LOG_FORMATS: Choices =
    Choices { accepted: &["pretty", "compact", "json", "logfmt"], later: &[] };
pub(super) static LOG_LEVELS: Choices =
    Choices { accepted: &["trace", "debug", "info", "warn", "error", "off"], later: &[] };
pub(super) static LOG_SAMPLINGS: Choices = Choices { accepted: &["trace", "none"], later: &[] };
pub(super) static METRIC_EXPORTERS: Choices =
    Choices { accepted: EXPORTERS.accepted, later: &["prometheus", "otlp/stdout", "logging"] };
pub(super) static PROPAGATORS: Choices = Choices {
    accepted: &["tracecontext", "baggage", "none"],
    later: &["b3", "b3multi", "jaeger", "ottrace", "xray"],
};
pub(super) static PROTOCOLS: Choices =
    Choices { accepted: &["grpc", "http/protobuf", "http/json"], later: &[] };
pub(super) static ROTATIONS: Choices =
    Choices { accepted: &["never", "minutely", "hourly", "daily"], later: &[] };
pub(super) static SAMPLERS: Choices = Choices {
    accepted: &[
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ],
    later: &["jaeger_remote", "parentbased_jaeger_remote", "xray"],
};
pub(super) static TEMPORALITIES: Choices =
    Choices { accepted: &["cumulative", "delta", "lowmemory"], later: &[] };
pub(super) static TIME_ZONES: Choices = Choices { accepted: &["utc", "local"], later: &[] };
