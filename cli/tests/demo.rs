//! `beacon demo` as programs see it: the JSON, the exit code, standard error.

use std::error::Error;
use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::Command;
use tokio::time::timeout;

/// How one run ended.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    fn of(output: Output) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }

    /// The last line of standard output.
    fn json(&self) -> serde_json::Result<Value> {
        serde_json::from_str(self.stdout.lines().last().unwrap_or_default())
    }
}

type TestResult = Result<(), Box<dyn Error>>;

/// Runs `beacon demo` in an environment of its own.
async fn demo(args: &[&str], variables: &[(&str, &str)]) -> Result<Run, Box<dyn Error>> {
    Run::of(timeout(RUN_MAX, command(args, variables).output()).await??)
}

fn command(args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_beacon"));
    command.arg("demo").args(args).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

fn check_everything_arrived(run: &Run) -> TestResult {
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(run.stdout.lines().count(), 1, "{run:#?}");
    let json = run.json()?;
    let at = |path: &str| json.pointer(path).cloned().unwrap_or_default();
    let signals = ["traces", "logs", "metrics"].into_iter();
    for (signal, received) in signals.zip(["spans", "log_records", "data_points"]) {
        let emitted = at(&format!("/signals/{signal}/emitted"));
        assert!(emitted.as_u64() > Some(0), "{json}");
        let all_delivered = json!({
            "emitted": emitted, "delivered": emitted, "rejected": 0, "dropped": {}, "held": 0,
        });
        assert_eq!(at(&format!("/signals/{signal}")), all_delivered, "{json}");
        assert_eq!(at(&format!("/received/{received}")), emitted, "{json}");
    }
    assert!(at("/shutdown_ms").is_u64(), "{json}");
    Ok(())
}

async fn check_protocol(protocol: &str) -> TestResult {
    let run = demo(&["--seconds", "1", "--json", "--protocol", protocol], &[]).await?;
    assert!(run.stderr.contains(&format!("({protocol}, ")), "{run:#?}");
    check_everything_arrived(&run)
}

#[tokio::test]
async fn everything_arrives_over_grpc() -> TestResult {
    check_protocol("grpc").await
}

#[tokio::test]
async fn everything_arrives_over_http_with_protobuf() -> TestResult {
    check_protocol("http/protobuf").await
}

#[tokio::test]
async fn everything_arrives_over_http_with_json() -> TestResult {
    check_protocol("http/json").await
}

#[tokio::test]
async fn variables_of_other_exporters_do_not_empty_the_collector_inside() -> TestResult {
    let variables = [("OTEL_TRACES_EXPORTER", "console"), ("OTEL_METRICS_EXPORTER", "none")];
    check_everything_arrived(&demo(&["--seconds", "1", "--json"], &variables).await?)
}

#[tokio::test]
async fn the_summary_shows_a_failed_trace_and_the_accounts() -> TestResult {
    let run = demo(&["--seconds", "1"], &[]).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let texts = [
        "PUT (client, ",
        "└─ PUT /orders/{id} (server, ",
        "│  └─ ERROR cannot charge the card",
        "http.server.request.duration",
        "demo.orders.in_flight",
        "emitted = delivered + rejected + dropped + held",
    ];
    for text in texts {
        assert!(run.stdout.contains(text), "no `{text}` in {run:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_connection_is_a_loss_with_a_reason() -> TestResult {
    // Bound and not listening: nobody else gets the port, and connections are refused.
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let endpoint = format!("http://{}", socket.local_addr()?);
    for (args, variables) in [
        (vec!["--endpoint", endpoint.as_str()], vec![]),
        (vec![], vec![("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())]),
    ] {
        let run = demo(&[&args[..], &["--seconds", "1", "--json"]].concat(), &variables).await?;
        assert_eq!(run.code, Some(1), "{run:#?}");
        let json = run.json()?;
        let traces = &json["signals"]["traces"];
        assert!(traces["emitted"].as_u64() > Some(0), "{json}");
        assert_eq!(traces["dropped"], json!({ "shutdown": traces["emitted"] }));
        assert_eq!(json["received"], Value::Null);
        let reason = format!("beacon demo: traces: {} dropped (shutdown)", traces["emitted"]);
        assert!(run.stderr.contains(&reason), "{run:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn telemetry_that_is_off_is_no_success() -> TestResult {
    let run = demo(&["--seconds", "1", "--json"], &[("OTEL_SDK_DISABLED", "true")]).await?;
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(run.stderr.contains("nothing was emitted"), "{run:#?}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_argument_is_an_error_of_usage() -> TestResult {
    for (args, text) in [
        (["--seconds", "0"], "--seconds"),
        (["--protocol", "udp"], "http/protobuf"),
        (["--endpoint", "foo://"], "invalid `--endpoint`"),
    ] {
        let run = demo(&args, &[]).await?;
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(text), "{run:#?}");
        assert_eq!(run.stdout, "");
    }
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_ends_the_demo_early_and_in_order() -> TestResult {
    let collector = beacon::collector::Collector::start()?;
    let endpoint = collector.endpoint();
    let args = ["--endpoint", endpoint.as_str(), "--seconds", "3600", "--json"];
    let child = command(&args, &[("OTEL_BSP_SCHEDULE_DELAY", "10")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let id = child.id().ok_or("the demo has ended at once")?;
    // What has arrived was sent while the client was at work.
    collector.wait_for(RUN_MAX, |store| store.totals().spans() > 0)?;
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().await?;
    assert!(kill.success());
    let run = Run::of(timeout(RUN_MAX, child.wait_with_output()).await??)?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let json = run.json()?;
    assert_eq!(json["received"], Value::Null);
    assert_eq!(json["signals"]["traces"]["delivered"], collector.totals().spans(), "{json}");
    assert_eq!(json["signals"]["logs"]["delivered"], collector.totals().log_records(), "{json}");
    Ok(())
}

#[tokio::test]
async fn faults_begin_and_end_on_request() -> TestResult {
    let collector = beacon::collector::Collector::start()?;
    let endpoint = collector.endpoint();
    // Nobody else is given it meanwhile: the system gives others first.
    let port = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port();
    let control = port.to_string();
    let args = ["--healthy", "--control", &control, "--endpoint", &endpoint, "--seconds", "3600"];
    let mut child = command(&args, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    collector.wait_for(RUN_MAX, |store| store.totals().spans() > 0)?;
    assert_eq!(ask(port, "GET", "/faults").await?, (200, String::new()));
    assert_eq!(ask(port, "PUT", "/faults/nothing").await?.0, 404);
    assert_eq!(ask(port, "PUT", "/faults/errors").await?.0, 204);
    assert_eq!(ask(port, "GET", "/faults").await?, (200, "errors\n".to_owned()));
    collector.wait_for(RUN_MAX, |store| store.logs().any(|log| log.severity_text == "ERROR"))?;
    assert_eq!(ask(port, "DELETE", "/faults/errors").await?.0, 204);
    assert_eq!(ask(port, "GET", "/faults").await?, (200, String::new()));
    child.kill().await?;
    Ok(())
}

#[tokio::test]
async fn faults_of_the_command_line_are_on_from_the_beginning() -> TestResult {
    let collector = beacon::collector::Collector::start()?;
    let endpoint = collector.endpoint();
    let args = ["--fault", "panics,rpc", "--fault", "headers", "--endpoint", &endpoint];
    let run = demo(&[&args[..], &["--seconds", "2", "--json"]].concat(), &[]).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let bodies = collector
        .read(|store| store.logs().map(|log| format!("{:?}", log.body)).collect::<Vec<_>>());
    for text in ["the demo panics on request", "cannot charge the card", "no answer"] {
        assert!(bodies.iter().any(|body| body.contains(text)), "no `{text}` in {bodies:?}");
    }
    assert!(!bodies.iter().any(|body| body.contains("the database is away")), "{bodies:?}");
    Ok(())
}

#[tokio::test]
async fn a_leak_is_shown_from_its_first_growth_to_the_span_that_leaks() -> TestResult {
    let run = demo(&["--leak", "--json"], &[]).await?;
    check_everything_arrived(&run)?;
    let json = run.json()?;
    let show = &json["show"];
    let last = show["alerts"].as_array().and_then(|alerts| alerts.last()).ok_or("no alert")?;
    assert_eq!(last["event"], "beacon.memory.leak_confirmed", "{json}");
    assert_eq!(last["span"], "import", "{json}");
    assert!(last["site"].as_str().is_some_and(|site| site.contains("parse_a_row")), "{json}");
    assert!(last["growth_bytes"].as_i64() > Some(0), "{json}");
    let first_growth = show["first_growth"]["seconds"].as_f64();
    assert!(first_growth.is_some() && first_growth <= last["seconds"].as_f64(), "{json}");
    Ok(())
}

#[tokio::test]
async fn a_leak_shows_in_the_callback_where_the_telemetry_goes_elsewhere() -> TestResult {
    let collector = beacon::collector::Collector::start()?;
    let run = demo(&["--leak", "--endpoint", &collector.endpoint()], &[]).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    for text in ["The callback of the service is told", "memory leak confirmed", "in span `import`"]
    {
        assert!(run.stdout.contains(text), "no `{text}` in {run:#?}");
    }
    let is_confirmed = |event: &str| event == "beacon.memory.leak_confirmed";
    assert!(collector.logs().iter().any(|log| is_confirmed(&log.event_name)));
    Ok(())
}

#[tokio::test]
async fn a_show_without_a_verdict_is_no_success() -> TestResult {
    for (switch, text) in [
        ("--leak", "no confirmed alert that names the span `import` came in time; alerts: none"),
        ("--retain", "no verdict of fragmentation came in time; alerts: none"),
    ] {
        let run = demo(&[switch, "--seconds", "1"], &[]).await?;
        assert_eq!(run.code, Some(1), "{run:#?}");
        assert!(run.stderr.contains(text), "{run:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_healthy_service_raises_no_alert_in_fast_time() -> TestResult {
    let collector = beacon::collector::Collector::start()?;
    let endpoint = collector.endpoint();
    // Three times as long as a leak takes to be confirmed.
    let args = ["--healthy", "--fast-detector", "--endpoint", &endpoint, "--seconds", "22"];
    let run = demo(&args, &[]).await?;
    assert_eq!(run.code, Some(0), "{run:#?}");
    let has_checked = |name: &str| name == "beacon.memory.leak.state";
    assert!(collector.metric_names().iter().any(|name| has_checked(name)));
    let logs = collector.logs();
    let alerts: Vec<_> =
        logs.iter().filter(|log| log.event_name.starts_with("beacon.memory.leak_")).collect();
    assert!(alerts.is_empty(), "{alerts:#?}");
    Ok(())
}

/// Only the GNU C library keeps what is between blocks as this fault expects.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[tokio::test]
async fn a_fragmented_heap_is_told_from_a_leak_and_given_back() -> TestResult {
    let run = demo(&["--retain", "--json"], &[]).await?;
    check_everything_arrived(&run)?;
    let json = run.json()?;
    let show = &json["show"];
    let alerts = show["alerts"].as_array().ok_or("no alerts")?;
    assert!(alerts.iter().any(|alert| alert["cause"] == "fragmentation"), "{json}");
    assert!(!alerts.iter().any(|alert| alert["cause"] == "leak"), "{json}");
    let returned = show["returned_bytes"].as_object().ok_or("nothing returned")?;
    assert!(returned.values().filter_map(Value::as_i64).any(|bytes| bytes > 32 << 20), "{json}");
    let resident = |at: &str| show[at]["resident_bytes"].as_i64().unwrap_or_default();
    assert!(resident("before") > resident("last").saturating_mul(2), "{json}");
    Ok(())
}

/// One request to the demo's control. Returns the status and the body.
async fn ask(port: u16, method: &str, path: &str) -> Result<(u16, String), Box<dyn Error>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!("{method} {path} HTTP/1.1\r\nhost: demo\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    timeout(RUN_MAX, stream.read_to_string(&mut answer)).await??;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no head")?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    Ok((status, body.to_owned()))
}

/// Far more than a run takes, even on a busy machine: one with a verdict ends itself after two minutes.
const RUN_MAX: Duration = Duration::from_mins(3);
