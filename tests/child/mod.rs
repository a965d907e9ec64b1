//! A test that runs once more in a process of its own, because it touches globals of the process.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Tells the second run of a test that it is the one. The test harness takes it for the name of
/// another test, of which there is none.
const MARK: &str = "in-a-child-process";

/// The case `name` in a process of its own.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("the test runs from a file"));
    command.args([name, MARK, "--exact", "--nocapture", "--test-threads=1"]);
    // What this process was given must not decide.
    command.env_clear();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs `case` in a process of its own with these variables, and returns what it wrote to standard error.
///
/// `None` in that process, after the case.
#[track_caller]
pub(crate) fn run(name: &str, variables: &[(&str, &str)], case: impl FnOnce()) -> Option<String> {
    if is_child() {
        case();
        return None;
    }
    let mut command = command(name);
    command.envs(variables.iter().copied());
    Some(finish(command.spawn().expect("the test starts once more")))
}

pub(crate) fn is_child() -> bool {
    env::args().any(|argument| argument == MARK)
}

/// Waits for a run to succeed, and returns what it wrote to standard error.
#[track_caller]
pub(crate) fn finish(child: Child) -> String {
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
    assert!(stdout.contains("1 passed"), "the case did not run:\n{stdout}");
    stderr.into_owned()
}

/// Waits until something holds.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a limit for a wait, on the machine's clock")]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: not within 20 s");
        thread::yield_now();
    }
}

/// The names of beacon's threads in this process, without the collector of the tests.
pub(crate) fn beacon_threads() -> Vec<String> {
    let tasks = fs::read_dir(Path::new("/proc/self/task")).expect("this system lists threads");
    let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let names = names.map(|name| name.trim().to_owned());
    names.filter(|name| name.starts_with("beacon-") && name != "beacon-collecto").collect()
}
