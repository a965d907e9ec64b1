//! What `beacon demo` is asked to do.

use std::time::Duration;

use beacon::config::Protocol;
use clap::{Args, ValueEnum, value_parser};

use crate::demo::fault::Fault;
use crate::demo::show::ShowKind;

/// Runs a small HTTP service and a client, and shows what becomes of their telemetry
///
/// Everything goes over OTLP to a collector inside this command, and then each item is shown to have
/// arrived. With `--endpoint`, or with `OTEL_EXPORTER_OTLP_ENDPOINT` or its like for one signal, it
/// goes there instead. All other `OTEL_*` and `BEACON_*` variables count as in any service, except
/// that metrics are sent each second, and that the collector inside takes all signals whatever
/// `OTEL_TRACES_EXPORTER` and its like say.
///
/// Exit code: 0 if every item has arrived, and with `--leak` or `--retain` the verdict, too; 1
/// otherwise, with the reason on standard error; 2 for a wrong argument or setting.
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct DemoArgs {
    /// How long the client drives the service; Ctrl-C ends it earlier [default: 15; at most 120 with
    /// `--leak` and `--retain`, which end by themselves]
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=86_400))]
    seconds: Option<u64>,

    /// Requests per second
    #[arg(long, value_name = "R", default_value_t = 50, value_parser = value_parser!(u32).range(1..=10_000))]
    rate: u32,

    /// Where to send to, such as `http://localhost:4318`
    #[arg(long, value_name = "URL")]
    pub(super) endpoint: Option<String>,

    /// What carries OTLP [default: as `OTEL_EXPORTER_OTLP_PROTOCOL` says, else http/protobuf]
    #[arg(long)]
    protocol: Option<ProtocolArg>,

    /// Shows one leak from its first growth to the alert that names who leaks, then ends
    #[arg(long, conflicts_with_all = ["fault", "healthy", "retain"])]
    leak: bool,

    /// Shows memory that the allocator keeps: the verdict, and what is given back, then ends
    #[arg(long, conflicts_with_all = ["fault", "healthy"])]
    retain: bool,

    /// What goes wrong, of these; separated by commas, or given again and again
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "payments",
        conflicts_with = "healthy"
    )]
    fault: Vec<Fault>,

    /// Nothing goes wrong, not even what does by default
    #[arg(long)]
    healthy: bool,

    /// The port of 127.0.0.1 at which faults are switched: `GET /faults`, `PUT /faults/NAME`,
    /// `DELETE /faults/NAME`
    #[arg(long, value_name = "PORT")]
    pub(super) control: Option<u16>,

    /// The leak detector lives an hour in each second, so that it can tell something of a demo
    #[arg(long)]
    fast_detector: bool,

    /// Prints one JSON object and nothing else
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtocolArg {
    #[value(name = "grpc")]
    Grpc,
    #[value(name = "http/json")]
    HttpJson,
    #[value(name = "http/protobuf")]
    HttpProtobuf,
}

impl DemoArgs {
    pub(super) fn duration(&self) -> Duration {
        let default = if self.show().is_some() { SHOW_SECONDS_MAX } else { SECONDS };
        Duration::from_secs(self.seconds.unwrap_or(default))
    }

    pub(super) const fn show(&self) -> Option<ShowKind> {
        match (self.leak, self.retain) {
            (true, _) => Some(ShowKind::Leak),
            (_, true) => Some(ShowKind::Retain),
            _ => None,
        }
    }

    pub(super) const fn is_detector_fast(&self) -> bool {
        self.fast_detector || self.show().is_some()
    }

    /// The time from one request to the next.
    pub(super) fn request_interval(&self) -> Duration {
        Duration::from_secs(1).checked_div(self.rate).unwrap_or(Duration::from_secs(1))
    }

    /// What goes wrong from the beginning.
    pub(super) fn faults(&self) -> Vec<Fault> {
        match self.show() {
            Some(show) => vec![show.fault()],
            None if self.healthy => Vec::new(),
            None => self.fault.clone(),
        }
    }

    pub(super) fn protocol(&self) -> Option<Protocol> {
        self.protocol.map(|protocol| match protocol {
            ProtocolArg::Grpc => Protocol::Grpc,
            ProtocolArg::HttpJson => Protocol::HttpJson,
            ProtocolArg::HttpProtobuf => Protocol::HttpProtobuf,
        })
    }
}

const SECONDS: u64 = 15;
/// A verdict takes about ten.
const SHOW_SECONDS_MAX: u64 = 120;
