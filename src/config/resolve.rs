//! Decides every setting. Pure: no clock, no I/O, no globals.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::env::{Environment, Variable};
use crate::config::kubernetes::POD_ROWS;
use crate::config::lookup::Values;
use crate::config::report::{EffectiveConfig, Origin, SettingReport, SettingWarning};
use crate::config::{
    Exporter, ExporterSettings, HeapSettings, MetricSettings, Overrides, Propagator, QueueSettings,
    RecordingSettings, RedactionSettings, ResourceSettings, RestraintSettings, Sampler,
    SettingValue, Settings, Temporality, destination, headers, key, leaks, limits, lines, memory,
    rate, runtime, unsupported,
};
use crate::error::InitError;
use crate::signal::{PerSignal, Signal};

/// The settings in force, and how they came about.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) settings: Settings,
    pub(crate) effective: EffectiveConfig,
}

/// Decides every setting: code, then the signal's variable, then the general variable, then the
/// default.
///
/// # Errors
///
/// Returns [`InitError::InvalidSetting`] for a bad value in code or in a `BEACON_*` variable, and
/// for an endpoint that cannot be used. Every other bad value is a warning.
pub(crate) fn resolve(
    environment: &Environment,
    overrides: &Overrides,
) -> Result<Resolved, InitError> {
    let mut values = Values::look_up(environment, overrides)?;
    for warning in unsupported::warnings(environment) {
        values.warn(warning);
    }
    let pod = pod_attributes(environment, &mut values);
    let is_disabled = values.flag(key::DISABLED);
    let traces = exporter(Signal::Traces, &mut values)?;
    let metrics_exporter = exporter(Signal::Metrics, &mut values)?;
    let logs = exporter(Signal::Logs, &mut values)?;
    let exporters = PerSignal { logs, metrics: metrics_exporter, traces };
    let settings = Settings {
        is_disabled,
        resource: resource(&values, &pod),
        http_known_methods: values.list(key::HTTP_KNOWN_METHODS).to_vec(),
        propagators: values.list(key::PROPAGATORS).iter().filter_map(|n| propagator(n)).collect(),
        sampler: sampler(&values),
        span_limits: limits::of_spans(&values),
        log_limits: limits::of_logs(&values),
        recording: recording(&values),
        redaction: RedactionSettings {
            is_on: values.flag(key::REDACT),
            keys: values.list(key::REDACT_KEYS).to_vec(),
            hides_email: values.flag(key::REDACT_EMAIL),
        },
        lines: lines::resolve(environment, &mut values)?,
        memory: memory::resolve(&values),
        runtime: runtime::resolve(&values),
        leaks: leaks::resolve(&values)?,
        heap: HeapSettings { is_sampled: values.flag(key::MEMORY_HEAP_SAMPLING) },
        metrics: metrics(&exporters.metrics, &mut values),
        queues: PerSignal::from_fn(|signal| queue(signal, &mut values)),
        exporters,
        log_filter_file: log_filter_file(&values),
        panic_hook: values.flag(key::PANIC_HOOK),
        shutdown_timeout: values.duration(key::SHUTDOWN_TIMEOUT),
        self_metrics: values.flag(key::SELF_METRICS),
    };
    let (mut reports, warnings) = values.into_reports();
    reports.extend(pod);
    Ok(Resolved { settings, effective: EffectiveConfig { settings: reports, warnings } })
}

/// Reads what the pod's manifest hands down. Each variable that is found is one report.
fn pod_attributes(environment: &Environment, values: &mut Values) -> Vec<SettingReport> {
    let mut reports = Vec::new();
    for row in POD_ROWS {
        for name in row.variables {
            match environment.read(name) {
                Variable::Unset => {}
                Variable::Invalid => {
                    let message = format!("ignored `{name}`: expected text in UTF-8");
                    values.warn(SettingWarning::new(*name, message));
                }
                Variable::Text(text) => {
                    reports.push(SettingReport {
                        key: row.attribute,
                        description: "attribute of the resource",
                        variable: name,
                        origin: Origin::Variable(name),
                        given: Some(text.to_owned()),
                        value: text.to_owned(),
                        warning: None,
                    });
                    break;
                }
            }
        }
    }
    reports
}

fn resource(values: &Values, pod: &[SettingReport]) -> ResourceSettings {
    let service_name = Some(values.text(key::SERVICE_NAME).to_owned());
    let service_name = service_name.filter(|name| !name.is_empty());
    let mut code_attributes = values.code_pairs(key::RESOURCE_ATTRIBUTES);
    if let Some(name) = &service_name
        && values.origin(key::SERVICE_NAME) == Origin::Code
    {
        // The setter of the name beats the same name among the attributes.
        let name = ("service.name".to_owned(), name.clone());
        code_attributes = headers::merge(code_attributes, vec![name]);
    }
    ResourceSettings {
        service_name,
        environment_attributes: values.pairs(key::RESOURCE_ATTRIBUTES),
        code_attributes,
        kubernetes_attributes: pod.iter().map(|r| (r.key.to_owned(), r.value.clone())).collect(),
    }
}

fn sampler(values: &Values) -> Sampler {
    let ratio = values.ratio(key::SAMPLER_ARGUMENT);
    match values.text(key::SAMPLER) {
        "always_off" => Sampler::AlwaysOff,
        "always_on" => Sampler::AlwaysOn,
        "parentbased_always_off" => Sampler::ParentBasedAlwaysOff,
        "parentbased_traceidratio" => Sampler::ParentBasedTraceIdRatio(ratio),
        "traceidratio" => Sampler::TraceIdRatio(ratio),
        _ => Sampler::ParentBasedAlwaysOn,
    }
}

fn recording(values: &Values) -> RecordingSettings {
    RecordingSettings {
        error_events_to_status: values.flag(key::ERROR_EVENTS_TO_STATUS),
        span_events: values.flag(key::SPAN_EVENTS),
        code_location: values.flag(key::CODE_LOCATION),
        thread: values.flag(key::THREAD_ATTRIBUTES),
        log_filter: values.text(key::LOG_FILTER).to_owned(),
        trace_filter: values.text(key::TRACE_FILTER).to_owned(),
        otlp_level: lines::level(values, key::LOG_OTLP_LEVEL),
        span_fields: values.list(key::LOG_SPAN_FIELDS).to_vec(),
        restraint: RestraintSettings {
            rate_limit: rate::parse(values.text(key::LOG_RATE_LIMIT)),
            follows_trace: values.text(key::LOG_SAMPLING) == "trace",
        },
    }
}

fn log_filter_file(values: &Values) -> Option<PathBuf> {
    let path = values.text(key::LOG_FILTER_FILE);
    (!path.is_empty()).then(|| PathBuf::from(path))
}

fn metrics(exporter: &ExporterSettings, values: &mut Values) -> MetricSettings {
    let is_console_only = exporter.console && exporter.otlp.is_none();
    if is_console_only && values.origin(key::METRICS_INTERVAL) == Origin::Default {
        values.replace(key::METRICS_INTERVAL, SettingValue::Duration(CONSOLE_INTERVAL));
    }
    MetricSettings {
        interval: values.duration(key::METRICS_INTERVAL),
        timeout: values.timeout(key::METRICS_COLLECT_TIMEOUT),
        temporality: match values.text(key::METRICS_TEMPORALITY) {
            "delta" => Temporality::Delta,
            "lowmemory" => Temporality::LowMemory,
            _ => Temporality::Cumulative,
        },
    }
}

/// Metrics have no rows for a delay and for items: nothing delays them, and only bytes bound them.
fn queue(signal: Signal, values: &mut Values) -> QueueSettings {
    let export_timeout = *key::SIGNAL_EXPORT_TIMEOUT.get(signal);
    let is_export_timeout_set = values.origin(export_timeout) != Origin::Default;
    let items_max = values.count(key::SIGNAL_QUEUE_ITEMS.get(signal));
    QueueSettings {
        schedule_delay: values.duration(key::SIGNAL_SCHEDULE_DELAY.get(signal)),
        operation_timeout: values.timeout(export_timeout).filter(|_| is_export_timeout_set),
        items_max,
        bytes_max: values.count(key::QUEUE_BYTES).unwrap_or_default(),
        request_items_max: request_items(signal, items_max, values),
        request_bytes_max: values.count(key::REQUEST_BYTES).unwrap_or_default(),
        requests_in_flight_max: values.count(key::REQUESTS_IN_FLIGHT).unwrap_or_default(),
    }
}

/// A request never holds more items than the queue does.
fn request_items(signal: Signal, items_max: Option<usize>, values: &mut Values) -> usize {
    let key = *key::SIGNAL_REQUEST_ITEMS.get(signal);
    let request_items = values.count(key).unwrap_or(usize::MAX);
    let Some(items_max) = items_max.filter(|items_max| *items_max < request_items) else {
        return request_items;
    };
    if values.origin(key) != Origin::Default {
        let name = values.setting_name(key);
        let message = format!(
            "lowered `{name}`: expected at most the `{items_max}` items that the queue holds, got \
             `{request_items}`; using `{items_max}`"
        );
        values.warn(SettingWarning::new(name, message));
    }
    values.show(key, items_max.to_string());
    items_max
}

fn exporter(signal: Signal, values: &mut Values) -> Result<ExporterSettings, InitError> {
    let names = values.list(key::SIGNAL_EXPORTERS.get(signal));
    let has = |exporter: Exporter| names.iter().any(|name| name == exporter.name());
    let is_disabled = values.flag(key::DISABLED);
    let console = has(Exporter::Console) && !is_disabled;
    if !has(Exporter::Otlp) || is_disabled {
        return Ok(ExporterSettings { otlp: None, console });
    }
    Ok(ExporterSettings { otlp: Some(destination::resolve(signal, values)?), console })
}

fn propagator(name: &str) -> Option<Propagator> {
    Propagator::ALL.into_iter().find(|propagator| propagator.name() == name)
}

/// Source: specification, `metrics/sdk_exporters/stdout.md`: a console exporter pairs with a
/// periodic reader of 10 seconds.
const CONSOLE_INTERVAL: Duration = Duration::from_secs(10);
