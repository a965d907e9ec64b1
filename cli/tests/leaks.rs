//! `beacon leaks` as programs see it: the JSON lines, the exit code, standard error.
#![expect(clippy::arithmetic_side_effects, reason = "the sizes of these samples are small")]
#![expect(clippy::expect_used, reason = "a text in memory can be written")]
#![expect(clippy::indexing_slicing, reason = "what JSON does not have is null")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

type TestResult = Result<(), Box<dyn Error>>;

/// A folder of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self, Box<dyn Error>> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("leaks-{name}"));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> Result<String, Box<dyn Error>> {
        let path = self.0.join(name);
        fs::write(&path, text)?;
        Ok(path.to_str().ok_or("a path of text")?.to_owned())
    }
}

/// How one run ended.
struct Run {
    code: Option<i32>,
    lines: Vec<Value>,
    stderr: String,
}

async fn leaks(args: &[&str]) -> Result<Run, Box<dyn Error>> {
    let mut command = command(args);
    let output = timeout(RUN_MAX, command.output()).await??;
    let stdout = String::from_utf8(output.stdout)?;
    let lines = stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok(Run { code: output.status.code(), lines, stderr: String::from_utf8(output.stderr)? })
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_beacon"));
    command.arg("leaks").args(args).env_clear().stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// A process that has grown by half of its size each day until `end`, with a load.
fn leaking(days: u32, end: u32) -> String {
    let mut text = "minute,rss_bytes,live_bytes,load\n".to_owned();
    for minute in 0..days * 1440 {
        let bytes = 100_000_000 + u64::from(minute.min(end)) * 50_000_000 / 1440;
        writeln!(text, "{minute},{},{bytes},1", bytes + 20_000_000).expect("memory");
    }
    text
}

fn states(run: &Run) -> Vec<(&str, f64)> {
    let of = |line: &'_ Value| line["minute"].as_f64().unwrap_or_default();
    let lines = run.lines.iter().filter_map(|line| Some((line["state"].as_str()?, of(line))));
    lines.collect()
}

#[tokio::test]
async fn a_leak_is_told_from_its_first_suspicion_to_its_end() -> TestResult {
    let folder = Folder::new("whole")?;
    let file = folder.write("a.csv", leaking(7, 4000))?;
    let run = leaks(&["--csv", &file, "--limit", "1000000000"]).await?;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let expected =
        [("suspected", 1530.0), ("confirmed", 1560.0), ("suspected", 5580.0), ("cleared", 5760.0)];
    assert_eq!(states(&run), expected, "{:#?}", run.lines);

    let confirmed = &run.lines[1];
    let number =
        |name: &str| confirmed[name].as_f64().ok_or_else(|| format!("{name}: {confirmed}"));
    assert_eq!(confirmed["file"], json!(file));
    assert_eq!(confirmed["signal"], "live");
    assert_eq!(confirmed["scale_hours"], 24);
    assert_eq!(confirmed["load_known"], true);
    assert!((number("growth_bytes_per_hour")? / (50e6 / 24.0) - 1.0).abs() < 0.01);
    assert!((number("base_bytes")? / 102e6 - 1.0).abs() < 0.01);
    assert!((number("growth_ratio")? - 0.47).abs() < 0.01);
    assert!(number("record_margin_ratio")? > 0.09);
    assert!(number("bic_margin")? > 2.0);
    assert!(number("load_growth_ratio")?.abs() < 1e-6);
    // 846 MB are left.
    assert!((number("time_to_limit_hours")? / (846.0 / 50.0 * 24.0) - 1.0).abs() < 0.01);

    let summary = run.lines.last().ok_or("a summary")?;
    assert_eq!(summary["final_state"], "healthy");
    assert_eq!(summary["first_suspected_minute"], 1530.0);
    assert_eq!(summary["first_confirmed_minute"], 1560.0);
    assert_eq!(summary["transitions"], 4);
    assert_eq!(summary["suspected_runs"], json!([[1530.0, 4320.0]]));
    assert_eq!(summary["confirmed_runs"], json!([[1560.0, 4140.0]]));
    assert!(summary.get("minute").is_none() && summary.get("state").is_none());
    Ok(())
}

#[tokio::test]
async fn without_a_load_a_leak_is_suspected_at_most() -> TestResult {
    let folder = Folder::new("load")?;
    let text = leaking(3, u32::MAX).replace(",load\n", ",other\n");
    let file = folder.write("a.csv", text)?;
    let run = leaks(&["--csv", &file]).await?;
    assert_eq!(states(&run), [("suspected", 1530.0)]);
    assert_eq!(run.lines[0]["time_to_limit_hours"], Value::Null);
    let summary = run.lines.last().ok_or("a summary")?;
    assert_eq!(summary["first_confirmed_minute"], Value::Null);
    assert_eq!(summary["confirmed_runs"], json!([[1560.0, 4320.0]]), "raw verdicts are not capped");
    let run = leaks(&["--csv", &file, "--confirm-without-load"]).await?;
    assert_eq!(states(&run), [("suspected", 1530.0), ("confirmed", 1560.0)]);
    Ok(())
}

#[tokio::test]
async fn the_signal_is_the_live_heap_if_there_is_one() -> TestResult {
    let folder = Folder::new("signal")?;
    let live = folder.write("live.csv", leaking(2, u32::MAX))?;
    let empty = "minute,live_bytes,rss_bytes,load\n".to_owned();
    let rss = leaking(2, u32::MAX).lines().skip(1).fold(empty, |mut text, line| {
        let cells: Vec<_> = line.split(',').collect();
        writeln!(text, "{},,{},1", cells[0], cells[1]).expect("memory");
        text
    });
    let rss = folder.write("rss.csv", rss)?;
    let run = leaks(&["--csv", &live, &rss]).await?;
    let signals: Vec<_> = run.lines.iter().filter_map(|line| line["signal"].as_str()).collect();
    assert_eq!(signals, ["live", "live", "rss", "rss"]);
    let run = leaks(&["--csv", &live, "--signal", "rss"]).await?;
    assert_eq!(run.lines[0]["signal"], "rss");
    let run = leaks(&["--csv", &rss, "--signal", "live"]).await?;
    assert_eq!(states(&run), []);
    Ok(())
}

#[tokio::test]
async fn a_limit_that_comes_near_is_an_event_of_its_own() -> TestResult {
    let folder = Folder::new("limit")?;
    let file = folder.write("a.csv", leaking(5, u32::MAX))?;
    let run = leaks(&["--csv", &file, "--limit", "300000000"]).await?;
    let events: Vec<_> = run.lines.iter().filter(|line| line.get("event").is_some()).collect();
    let [event] = events[..] else { return Err(format!("{:#?}", run.lines).into()) };
    // 300 MB are there after 86.4 h.
    let minute = event["minute"].as_f64().ok_or("a minute")?;
    assert!((5040.0..5184.0).contains(&minute), "{event}");
    assert!(event["time_to_limit_hours"].as_f64().is_some_and(|hours| hours < 2.0), "{event}");
    assert!(event.get("state").is_none());
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_wrong_does_not_stop_the_others() -> TestResult {
    let folder = Folder::new("wrong")?;
    let good = folder.write("good.csv", "minute,rss_bytes\r\n0,1\r\n1,2\r\n")?;
    let bad = folder.write("bad.csv", "minute,rss_bytes\n0,1\n\n1,two\n")?;
    let empty = folder.write("empty.csv", "")?;
    let run = leaks(&["--csv", &bad, "/nowhere", &empty, &good]).await?;
    assert_eq!(run.code, Some(1));
    assert_eq!(run.lines.len(), 1, "{:?}", run.lines);
    assert_eq!(run.lines[0]["file"], json!(good));
    let errors: Vec<_> = run.stderr.lines().collect();
    let [first, second, third] = errors[..] else { return Err(run.stderr.into()) };
    let expected = format!("beacon leaks: {bad}:4: `rss_bytes`: expected a number, got `two`");
    assert_eq!(first, expected);
    assert!(second.starts_with("beacon leaks: /nowhere: "), "{second}");
    assert_eq!(third, format!("beacon leaks: {empty}:1: the header has no column `minute`"));
    let run = leaks(&["--csv", &good]).await?;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    Ok(())
}

#[tokio::test]
async fn a_file_without_a_sample_is_not_told_to_be_healthy_in_silence() -> TestResult {
    let folder = Folder::new("silent")?;
    let said = |file: &str, column: &str| {
        let what = format!("there is no sample of `{column}`, so nothing was judged\n");
        format!("beacon leaks: {file}: {what}")
    };
    let any = "rss_bytes` or `live_bytes";
    // A header alone; sizes that are none; the line ends of another century, all one header.
    for (name, text) in [
        ("header.csv", "minute,rss_bytes\n"),
        ("none.csv", "minute,rss_bytes,load\n0,NaN,1\n1,0,1\n2,-5,1\n"),
        ("ends.csv", "minute,rss_bytes\r0,1\r1,2\r"),
    ] {
        let file = folder.write(name, text)?;
        let run = leaks(&["--csv", &file]).await?;
        assert_eq!((run.code, run.lines.len()), (Some(0), 1));
        assert_eq!(run.stderr, said(&file, any));
    }
    let file = folder.write("rss.csv", "minute,rss_bytes\n0,1\n")?;
    let run = leaks(&["--csv", &file, "--signal", "live"]).await?;
    assert_eq!((run.code, run.stderr), (Some(0), said(&file, "live_bytes")));
    Ok(())
}

#[tokio::test]
async fn a_compressed_file_says_the_same() -> TestResult {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    let folder = Folder::new("gzip")?;
    let text = leaking(2, u32::MAX);
    let plain = folder.write("a.csv", &text)?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    let bytes = encoder.finish()?;
    let gzip = folder.write("a.csv.gz", &bytes)?;
    let torn = folder.write("torn.csv.gz", bytes.get(..bytes.len() / 2).ok_or("bytes")?)?;
    let mut run = leaks(&["--csv", &plain, &gzip]).await?;
    assert_eq!(run.lines.len(), 6);
    for line in &mut run.lines {
        line["file"] = Value::Null;
    }
    assert_eq!(run.lines[..3], run.lines[3..]);
    let run = leaks(&["--csv", &torn]).await?;
    assert_eq!((run.code, run.lines.len()), (Some(1), 0));
    Ok(())
}

#[tokio::test]
async fn wrong_arguments_are_told() -> TestResult {
    for args in [
        &[][..],
        &["--csv"],
        &["--csv", "a", "--pid", "1"],
        &["--pid", "0"],
        &["--csv", "a", "--signal", "swap"],
        &["--csv", "a", "--limit", "-1"],
        &["--csv", "a", "--limit", "0"],
        &["--csv", "a", "--interval", "5"],
        &["--pid", "1", "--signal", "live"],
        &["--corpus", "--limit", "5"],
        &["--csv", "a", "--seed", "5"],
        &["--pid", "1", "--set", "hard"],
    ] {
        let run = leaks(args).await?;
        assert_eq!((run.code, run.lines.len()), (Some(2), 0), "{args:?}");
    }
    Ok(())
}

/// Starts watching, and waits until it has begun.
async fn begin(command: &mut Command) -> Result<Child, Box<dyn Error>> {
    let mut watcher = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stderr = BufReader::new(watcher.stderr.take().ok_or("a pipe")?).lines();
    let line = timeout(RUN_MAX, stderr.next_line()).await??.ok_or("a line")?;
    assert!(line.contains("a look every"), "{line}");
    Ok(watcher)
}

/// Waits for the summary of a process and the end.
async fn check_end(watcher: Child, pid: u32) -> TestResult {
    let output = timeout(RUN_MAX, watcher.wait_with_output()).await??;
    let summary: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&summary["pid"], &summary["final_state"]), (&json!(pid), &json!("healthy")));
    assert_eq!(output.status.code(), Some(0));
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ctrl_c_ends_the_watch_with_a_summary() -> TestResult {
    let pid = std::process::id();
    let watcher = begin(&mut command(&["--pid", &pid.to_string()])).await?;
    let number = watcher.id().ok_or("it runs")?.to_string();
    let status = Command::new("kill").args(["-INT", &number]).status().await?;
    assert!(status.success());
    check_end(watcher, pid).await
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_is_watched_until_it_ends() -> TestResult {
    let mut child = Command::new("sleep").arg("600").kill_on_drop(true).spawn()?;
    let pid = child.id().ok_or("it runs")?;
    let mut watcher = command(&["--pid", &pid.to_string(), "--interval", "1"]);
    let watcher = begin(&mut watcher).await?;
    child.kill().await?;
    check_end(watcher, pid).await?;
    // It is gone now.
    let run = leaks(&["--pid", &pid.to_string()]).await?;
    assert_eq!((run.code, run.lines.len()), (Some(1), 0));
    assert!(run.stderr.contains(&pid.to_string()), "{}", run.stderr);
    Ok(())
}

/// Long beyond any run; only a hang takes longer.
const RUN_MAX: Duration = Duration::from_mins(1);
