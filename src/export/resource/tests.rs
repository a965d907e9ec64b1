use std::collections::BTreeSet;

use opentelemetry::Value;

use super::{SERVICE_NAME, build_resource, merge};
use crate::config::ResourceSettings;

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn name(settings: &ResourceSettings) -> Value {
    let mut attributes = merge(Some("shop".to_owned()), Vec::new(), settings);
    attributes.remove(SERVICE_NAME).expect("there is always a name")
}

#[test]
fn the_name_comes_from_code_then_its_variable_then_the_attributes() {
    let mut settings = ResourceSettings::default();
    assert_eq!(name(&settings), "unknown_service:shop".into());
    settings.environment_attributes.push(pair(SERVICE_NAME, "attributes"));
    assert_eq!(name(&settings), "attributes".into());
    settings.service_name = Some("variable".to_owned());
    assert_eq!(name(&settings), "variable".into());
    settings.code_attributes.push(pair(SERVICE_NAME, "code"));
    assert_eq!(name(&settings), "code".into());
}

#[test]
fn a_program_without_a_name_is_an_unknown_service() {
    let attributes = merge(None, Vec::new(), &ResourceSettings::default());
    assert_eq!(attributes.get(SERVICE_NAME), Some(&"unknown_service".into()));
}

#[test]
fn every_layer_replaces_the_one_below() {
    let detected = || vec![("k8s.pod.name", "detected".into()), ("host.name", "detected".into())];
    let mut settings = ResourceSettings::default();
    let found = |settings: &ResourceSettings, key: &str| {
        merge(None, detected(), settings).remove(key).expect("it was detected")
    };
    assert_eq!(found(&settings, "k8s.pod.name"), "detected".into());
    settings.kubernetes_attributes.push(pair("k8s.pod.name", "manifest"));
    assert_eq!(found(&settings, "k8s.pod.name"), "manifest".into());
    settings.environment_attributes.push(pair("k8s.pod.name", "attributes"));
    assert_eq!(found(&settings, "k8s.pod.name"), "attributes".into());
    settings.code_attributes.push(pair("k8s.pod.name", "code"));
    assert_eq!(found(&settings, "k8s.pod.name"), "code".into());
    assert_eq!(found(&settings, "host.name"), "detected".into());
}

#[test]
fn the_resource_names_service_process_host_and_sdk_once_each() {
    let resource = build_resource(&ResourceSettings::default());
    let keys: Vec<_> = resource.iter().map(|(key, _)| key.as_str()).collect();
    let unique: BTreeSet<_> = keys.iter().collect();
    assert_eq!(unique.len(), keys.len());
    for key in [
        "service.name",
        "service.instance.id",
        "telemetry.sdk.name",
        "telemetry.sdk.language",
        "telemetry.sdk.version",
        "telemetry.distro.name",
        "telemetry.distro.version",
        "host.name",
        "host.arch",
        "os.type",
        "process.pid",
        "process.executable.name",
        "process.executable.path",
        "process.runtime.name",
        "process.runtime.version",
    ] {
        assert!(keys.contains(&key), "{key} is missing");
    }
    if cfg!(target_os = "linux") {
        let created = resource.get(&"process.creation.time".into()).expect("/proc tells");
        assert!(created.as_str().starts_with("20") && created.as_str().ends_with('Z'));
    }
    assert_eq!(resource.get(&"telemetry.sdk.version".into()), Some("0.33.1".into()));
    assert_eq!(resource.schema_url(), Some("https://opentelemetry.io/schemas/1.44.0"));
}

#[test]
fn the_command_line_is_never_part_of_the_resource() {
    let resource = build_resource(&ResourceSettings::default());
    assert!(!resource.iter().any(|(key, _)| key.as_str().starts_with("process.command")));
}

#[test]
fn all_resources_of_a_process_name_the_same_instance() {
    let id = || build_resource(&ResourceSettings::default()).get(&"service.instance.id".into());
    assert_eq!(id(), id());
}
