//! Who sends the telemetry: the attributes of the resource.

mod detect;
mod owner;
mod timestamp;

use std::collections::BTreeMap;

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::{ResourceDetector, TelemetryResourceDetector};

use crate::catalog::SCHEMA_URL;
use crate::config::ResourceSettings;

/// Builds the resource: defaults, then what detectors find, then `OTEL_RESOURCE_ATTRIBUTES`, then
/// `OTEL_SERVICE_NAME`, then code. The later one wins, and every key occurs once.
///
/// Reads a few small files of the system; never the environment, the network or another program.
/// What is not found is left out.
pub(crate) fn build_resource(settings: &ResourceSettings) -> Resource {
    let attributes = merge(detect::executable_name(), detect::attributes(), settings);
    let attributes = attributes.into_iter().map(|(key, value)| KeyValue::new(key, value));
    // The SDK's own detector is the only place that knows the version of the SDK.
    let sdk = TelemetryResourceDetector.detect();
    let sdk = sdk.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    // Later attributes replace earlier ones of the same key.
    Resource::builder_empty().with_attributes(sdk).with_schema_url(attributes, SCHEMA_URL).build()
}

/// Whether the resource tells of a container or of a pod.
pub(crate) fn is_in_container(resource: &Resource) -> bool {
    let keys = ["container.id", "k8s.pod.name", "k8s.pod.uid", "k8s.namespace.name"];
    keys.iter().any(|key| resource.get(&(*key).into()).is_some())
}

/// Puts the layers on top of each other.
fn merge(
    executable: Option<String>,
    detected: Vec<(&'static str, Value)>,
    settings: &ResourceSettings,
) -> BTreeMap<String, Value> {
    let mut attributes = BTreeMap::new();
    let mut set = |key: &str, value: Value| attributes.insert(key.to_owned(), value);
    set(SERVICE_NAME, unknown_service(executable).into());
    set("telemetry.distro.name", "beacon".into());
    set("telemetry.distro.version", env!("CARGO_PKG_VERSION").into());
    for (key, value) in detected {
        set(key, value);
    }
    let pod = settings.kubernetes_attributes.iter();
    for (key, value) in pod.chain(&settings.environment_attributes) {
        set(key, value.clone().into());
    }
    if let Some(name) = &settings.service_name {
        set(SERVICE_NAME, name.clone().into());
    }
    for (key, value) in &settings.code_attributes {
        set(key, value.clone().into());
    }
    attributes
}

/// Source: semantic conventions, resource/README.md, "Service".
fn unknown_service(executable: Option<String>) -> String {
    executable.map_or_else(
        || "unknown_service".to_owned(),
        |executable| format!("unknown_service:{executable}"),
    )
}

const SERVICE_NAME: &str = "service.name";

#[cfg(test)]
mod tests;
