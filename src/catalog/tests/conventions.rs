//! The catalog beside the tables of the semantic conventions, as their own crate prints them.
//!
//! The crate has constants for the names alone; instrument and unit stand in its documentation, so
//! its source is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::*;

/// What the crate, which stands at 1.42.0, says differently from 1.44.0, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("container.paging.faults", "came with 1.43.0"),
    ("process.memory.utilization", "came with 1.43.0"),
    ("container.memory.usage", "was a counter by mistake until 1.43.0"),
];

#[test]
fn names_units_and_instruments_are_those_of_the_conventions() {
    let conventions = conventions();
    assert!(conventions.len() > 300, "{} metrics were read", conventions.len());
    for metric in all().filter(|metric| metric.stability != Stability::Beacon) {
        let said = conventions.get(metric.name);
        let own = (metric.instrument, metric.unit.to_owned());
        let is_exception = EXCEPTIONS.iter().any(|(name, _)| *name == metric.name);
        // An exception that is none any more must go.
        assert_eq!(said == Some(&own), !is_exception, "{}: {said:?} is not {own:?}", metric.name);
    }
}

#[test]
fn no_name_of_ours_is_one_of_the_conventions() {
    let conventions = conventions();
    for metric in all().filter(|metric| metric.stability == Stability::Beacon) {
        assert!(!conventions.contains_key(metric.name), "{}", metric.name);
    }
}

#[test]
fn attributes_are_those_of_the_conventions() {
    use opentelemetry_semantic_conventions::attribute as said;

    for (own, said) in [
        (attribute::CPU_MODE, said::CPU_MODE),
        (attribute::DISK_IO_DIRECTION, said::DISK_IO_DIRECTION),
        (attribute::ERROR_TYPE, said::ERROR_TYPE),
        (attribute::SYSTEM_MEMORY_STATE, said::SYSTEM_MEMORY_STATE),
        (attribute::SYSTEM_PAGING_STATE, said::SYSTEM_PAGING_STATE),
        (attribute::PAGING_FAULT_TYPE, said::SYSTEM_PAGING_FAULT_TYPE),
        (attribute::CONTEXT_SWITCH_TYPE, said::PROCESS_CONTEXT_SWITCH_TYPE),
        (attribute::HTTP_REQUEST_METHOD, said::HTTP_REQUEST_METHOD),
        (attribute::HTTP_RESPONSE_STATUS_CODE, said::HTTP_RESPONSE_STATUS_CODE),
        (attribute::HTTP_ROUTE, said::HTTP_ROUTE),
        (attribute::NETWORK_PROTOCOL_VERSION, said::NETWORK_PROTOCOL_VERSION),
        (attribute::URL_SCHEME, said::URL_SCHEME),
        (request_attribute::CLIENT_ADDRESS, said::CLIENT_ADDRESS),
        (request_attribute::REQUEST_BODY_SIZE, said::HTTP_REQUEST_BODY_SIZE),
        (request_attribute::REQUEST_METHOD_ORIGINAL, said::HTTP_REQUEST_METHOD_ORIGINAL),
        (request_attribute::REQUEST_RESEND_COUNT, said::HTTP_REQUEST_RESEND_COUNT),
        (request_attribute::RESPONSE_BODY_SIZE, said::HTTP_RESPONSE_BODY_SIZE),
        (request_attribute::URL_FULL, said::URL_FULL),
        (request_attribute::URL_QUERY, said::URL_QUERY),
        (request_attribute::USER_AGENT_ORIGINAL, said::USER_AGENT_ORIGINAL),
    ] {
        assert_eq!(own, said);
    }
}

/// Instrument and unit of each metric, from the documentation in front of its constant.
fn conventions() -> BTreeMap<String, (InstrumentKind, String)> {
    let text = fs::read_to_string(source()).expect("the source is where cargo says");
    let mut found = BTreeMap::new();
    let (mut instrument, mut unit) = (None, None);
    // A name may stand on the line behind its constant.
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let cell = |head: &str| {
            let rest = line.strip_prefix("/// | ")?.strip_prefix(head)?;
            Some(rest.split('`').nth(1)?.to_owned())
        };
        instrument = cell("Instrument: ").and_then(|kind| kind_of(&kind)).or(instrument);
        unit = cell("Unit: ").or(unit);
        if line.starts_with("pub const ") {
            let next = lines.peek().copied().unwrap_or_default();
            let name = line.split('"').nth(1).or_else(|| next.split('"').nth(1));
            let entry = name.zip(instrument.take().zip(unit.take()));
            found.extend(entry.map(|(name, entry)| (name.to_owned(), entry)));
        }
    }
    found
}

fn kind_of(name: &str) -> Option<InstrumentKind> {
    match name {
        "counter" => Some(InstrumentKind::Counter),
        "gauge" => Some(InstrumentKind::Gauge),
        "histogram" => Some(InstrumentKind::Histogram),
        "updowncounter" => Some(InstrumentKind::UpDownCounter),
        _ => None,
    }
}

/// Where cargo keeps the source of the crate.
fn source() -> PathBuf {
    let version = cargo(&["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    // Packages of other platforms may not be on this machine.
    let metadata = cargo(&[
        "metadata",
        "--format-version=1",
        "--offline",
        "--filter-platform",
        host,
        concat!("--manifest-path=", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package = packages.iter().find(|p| p["name"] == "opentelemetry-semantic-conventions");
    let manifest = package.expect("it is a dependency")["manifest_path"].as_str();
    PathBuf::from(manifest.expect("it has a manifest")).with_file_name("src").join("metric.rs")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}
