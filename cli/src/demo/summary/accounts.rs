//! What became of every item, as a table.

use std::io::{self, Write};

use beacon::{Signal, TelemetryReport};

use crate::demo::received::Received;

pub(super) fn write(
    out: &mut impl Write,
    report: &TelemetryReport,
    received: Option<Received>,
) -> io::Result<()> {
    writeln!(
        out,
        "\nWhat became of every item (emitted = delivered + rejected + dropped + held):\n"
    )?;
    write_row(out, "", ["emitted", "delivered", "rejected", "dropped", "held", "received"])?;
    for signal in Signal::ALL {
        let own = report.signal(signal);
        let counts = [own.emitted, own.delivered, own.rejected, own.dropped_total(), own.held];
        let [emitted, delivered, rejected, dropped, held] = counts.map(|count| count.to_string());
        let received =
            received.map_or_else(|| "unknown".to_owned(), |r| r.signal(signal).to_string());
        let cells = [emitted, delivered, rejected, dropped, held, received];
        write_row(out, signal.name(), cells.each_ref().map(String::as_str))?;
    }
    for signal in Signal::ALL {
        for (reason, items) in &report.signal(signal).dropped {
            writeln!(out, "  {items} of {signal} were dropped: {reason}")?;
        }
    }
    Ok(())
}

fn write_row(out: &mut impl Write, name: &str, cells: [&str; 6]) -> io::Result<()> {
    write!(out, "  {name:<8}")?;
    for cell in cells {
        write!(out, "{cell:>11}")?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use beacon::DropReason;

    use super::*;

    #[test]
    fn each_signal_is_a_row_and_each_reason_a_line() {
        let mut report = TelemetryReport::default();
        report.traces.emitted = 5;
        report.traces.delivered = 5;
        report.logs.emitted = 7;
        report.logs.delivered = 4;
        report.logs.rejected = 1;
        report.logs.dropped = [(DropReason::QueueFull, 2)].into();
        let mut out = Vec::new();
        write(&mut out, &report, Some(Received::new(5, 4, 0))).unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows: Vec<Vec<_>> =
            text.lines().skip(3).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1], ["traces", "5", "5", "0", "0", "0", "5"]);
        assert_eq!(rows[2], ["logs", "7", "4", "1", "2", "0", "4"]);
        assert_eq!(rows[4].join(" "), "2 of logs were dropped: queue_full");
    }
}
