//! What can be found out about the process, its host and its container.

use std::env::{self, consts};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use opentelemetry::Value;
use opentelemetry_resource_detectors::{ContainerResourceDetector, ProcessResourceDetector};
use opentelemetry_sdk::resource::ResourceDetector;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::export::resource::{owner, timestamp};

/// Everything that was found. A key occurs once.
///
/// Never the command line nor its arguments: they hold secrets.
pub(super) fn attributes() -> Vec<(&'static str, Value)> {
    let mut found = vec![("service.instance.id", Value::from(instance_id()))];
    host(&mut found);
    operating_system(&mut found);
    process(&mut found);
    container(&mut found);
    found
}

/// The file name of the running program.
pub(super) fn executable_name() -> Option<String> {
    Some(executable_path()?.file_name()?.to_string_lossy().into_owned())
}

/// Linux marks the path of a program whose file was replaced, for instance by an update.
///
/// Source: `proc_pid_exe(5)`.
fn executable_path() -> Option<PathBuf> {
    let path = env::current_exe().ok()?;
    let original = path.to_str().and_then(|path| path.strip_suffix(" (deleted)"));
    Some(original.map(PathBuf::from).unwrap_or(path))
}

/// A random UUID, the same for the whole life of the process.
///
/// Source: semantic conventions, resource/service.md, "Service instance".
fn instance_id() -> &'static str {
    static INSTANCE_ID: OnceLock<String> = OnceLock::new();
    INSTANCE_ID.get_or_init(|| uuid_v4(RandomIdGenerator::default().new_trace_id().to_bytes()))
}

/// Source: RFC 9562 section 5.4.
fn uuid_v4(random: [u8; 16]) -> String {
    let version = (u128::from_be_bytes(random) & !(0xf << 76)) | (0x4 << 76);
    let id = (version & !(0x3 << 62)) | (0x2 << 62);
    let digits = format!("{id:032x}");
    let mut rest = digits.as_str();
    let mut groups = Vec::new();
    for group_chars in [8, 4, 4, 4, 12] {
        let (group, left) = rest.split_at_checked(group_chars).unwrap_or((rest, ""));
        groups.push(group);
        rest = left;
    }
    groups.join("-")
}

fn host(found: &mut Vec<(&'static str, Value)>) {
    push(found, "host.name", System::host_name().ok());
    push(found, "host.id", machine_id());
    push(found, "host.arch", architecture(consts::ARCH));
}

/// Linux only: elsewhere the id takes another program to find.
///
/// Source: semantic conventions, resource/host.md, "Collecting `host.id` from non-containerized
/// systems".
fn machine_id() -> Option<String> {
    ["/etc/machine-id", "/var/lib/dbus/machine-id"].into_iter().find_map(read_line)
}

/// The spelling of the semantic conventions for Rust's.
///
/// Source: semantic conventions, resource/host.md, `host.arch`.
fn architecture(rust_name: &'static str) -> Option<&'static str> {
    Some(match rust_name {
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        "x86_64" => "amd64",
        "" => return None,
        // `x86` and `s390x` are spelled alike; the list is open for the rest.
        other => other,
    })
}

fn operating_system(found: &mut Vec<(&'static str, Value)>) {
    push(found, "os.type", operating_system_type(consts::OS));
    push(found, "os.name", System::name().ok());
    push(found, "os.version", System::os_version().ok());
    push(found, "os.description", System::long_os_version().ok());
}

/// Source: semantic conventions, resource/os.md, `os.type`.
fn operating_system_type(rust_name: &'static str) -> Option<&'static str> {
    Some(match rust_name {
        "dragonfly" => "dragonflybsd",
        "macos" => "darwin",
        "" => return None,
        // `linux`, `windows`, `freebsd`, `netbsd`, `openbsd`, `solaris` are spelled alike.
        other => other,
    })
}

fn process(found: &mut Vec<(&'static str, Value)>) {
    let pid = std::process::id();
    found.push(("process.pid", Value::I64(i64::from(pid))));
    push(found, "process.creation.time", started_at(pid));
    push(found, "process.executable.name", executable_name());
    let path = executable_path().map(|path| path.to_string_lossy().into_owned());
    push(found, "process.executable.path", path);
    push(found, "process.owner", owner::user_name());
    // The detector also finds the arguments: take what is named here and nothing else.
    let runtime = ProcessResourceDetector.detect();
    for key in ["process.runtime.name", "process.runtime.version"] {
        push(found, key, runtime.get(&key.into()).map(|value| value.as_str().into_owned()));
    }
}

/// When the process began, in UTC.
fn started_at(pid: u32) -> Option<String> {
    let pid = Pid::from_u32(pid);
    let mut system = System::new().ok()?;
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        false,
        ProcessRefreshKind::nothing().without_tasks(),
    );
    let seconds = system.process(pid).map(sysinfo::Process::start_time)?;
    (seconds != 0).then(|| timestamp::iso_8601(seconds))
}

fn container(found: &mut Vec<(&'static str, Value)>) {
    let container = ContainerResourceDetector.detect();
    let id = container.get(&"container.id".into()).map(|value| value.as_str().into_owned());
    push(found, "container.id", id);
    push(found, "k8s.namespace.name", read_line(NAMESPACE_PATH));
}

/// Adds what was found and is not empty.
fn push(
    found: &mut Vec<(&'static str, Value)>,
    key: &'static str,
    value: Option<impl Into<String>>,
) {
    if let Some(value) = value.map(Into::into).filter(|value: &String| !value.is_empty()) {
        found.push((key, value.into()));
    }
}

/// The only line of a small file. A file that is missing or unreadable holds nothing to report.
fn read_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// Source: kubernetes.io, "Accessing the Kubernetes API from a Pod".
const NAMESPACE_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

#[cfg(test)]
mod tests {
    use super::{architecture, operating_system_type, uuid_v4};

    #[test]
    fn random_bits_become_a_uuid_of_version_4() {
        assert_eq!(uuid_v4([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid_v4([0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn names_of_machines_follow_the_conventions() {
        for (rust, expected) in
            [("x86_64", "amd64"), ("aarch64", "arm64"), ("arm", "arm32"), ("x86", "x86")]
        {
            assert_eq!(architecture(rust), Some(expected));
        }
        assert_eq!(operating_system_type("macos"), Some("darwin"));
        assert_eq!(operating_system_type("linux"), Some("linux"));
    }
}
