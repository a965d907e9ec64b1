//! Lines in a file that is closed when it is full, compressed, and removed in the end.
#![expect(clippy::print_stdout, reason = "the example shows what happens")]

use std::error::Error;
use std::fs;

use beacon::logging::{LogFormat, Rotation};
use beacon::tracing::level_filters::LevelFilter;
use beacon::{Signal, Telemetry};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::temp_dir().join(format!("beacon-rolling-{}", std::process::id()));
    let mut builder = Telemetry::builder()
        .log_format(LogFormat::Compact)
        .log_file(directory.join("app.log").to_string_lossy())
        .log_file_format(LogFormat::Json)
        .log_file_max_bytes(64 << 10)
        .log_file_rotation(Rotation::Daily)
        .log_file_keep(3)
        .log_file_compress(cfg!(feature = "gzip"))
        // No line may be lost: whoever logs waits for the disk.
        .log_lossy(false);
    // This example needs no collector.
    for signal in Signal::ALL {
        builder = builder.signal_exporters(signal, &[]);
    }
    let telemetry = builder.log_console_level(LevelFilter::WARN).install()?;

    let span = tracing::info_span!("import", source = "orders.csv");
    span.in_scope(|| {
        for row in 0..5000 {
            tracing::info!(row, "imported");
        }
        tracing::warn!(rows = 5000, "done; this line is on the console as well");
    });
    telemetry.shutdown_blocking()?;

    let mut files: Vec<_> = fs::read_dir(&directory)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        println!("{:>8} bytes  {}", file.metadata()?.len(), file.path().display());
    }
    fs::remove_dir_all(directory)?;
    Ok(())
}
