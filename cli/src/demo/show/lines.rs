//! What happens, in lines for people.

use std::io::{self, Write as _};

use crate::demo::progress::Progress;
use crate::demo::show::ShowKind;
use crate::demo::show::alert::Alert;
use crate::demo::show::source::Sizes;
use crate::demo::show::story::Story;

/// Prints at once; nothing where the result is for programs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    is_silent: bool,
    progress: Progress,
}

impl Lines {
    pub(super) const fn new(is_silent: bool, progress: Progress) -> Self {
        Self { is_silent, progress }
    }

    pub(super) fn begin(self, kind: ShowKind, is_inside: bool) {
        let what = match kind {
            ShowKind::Leak => {
                "Two MiB a second are kept in span `import`, and nobody asks for them again."
            }
            ShowKind::Retain => {
                "Eight MiB a second are freed, but for 8 bytes of each page: the allocator keeps them."
            }
        };
        let whence = if is_inside {
            "The collector received:"
        } else {
            "The metrics are to be seen where they go to. The callback of the service is told:"
        };
        self.print(&format!("{what}\nAn hour of the leak detector is a second.\n\n{whence}\n"));
    }

    pub(super) fn sizes(self, seconds: f64, sizes: Sizes, is_first_growth: bool) {
        let (live, resident) = (show_bytes(sizes.live_bytes), show_bytes(sizes.resident_bytes));
        let growth = if is_first_growth { ": first growth" } else { "" };
        self.at(seconds, &format!("live heap {live}, resident {resident}{growth}"));
    }

    pub(super) fn returned(self, seconds: f64, trigger: &str, bytes: i64) {
        let by = match trigger {
            "retention" => "asked by beacon itself",
            _ => "asked by the service",
        };
        let bytes = show_bytes(bytes);
        self.at(seconds, &format!("reclaim: the allocator, {by}, gave {bytes} back"));
    }

    pub(super) fn alert(self, seconds: f64, alert: &Alert) {
        self.at(seconds, &format!("{}:", alert.event));
        self.under(&alert.message);
        if let (Some(growth), Some(rate)) = (alert.growth_bytes, alert.growth_bytes_per_hour) {
            self.under(&format!(
                "growth:    {}, {} per hour",
                show_bytes(growth),
                show_bytes(rate)
            ));
        }
        if alert.cause == "leak" {
            if let Some(span) = &alert.span {
                self.under(&format!("span:      {span}"));
            }
            if let Some(site) = &alert.site {
                self.under(&format!("call-site: {site}"));
            }
        }
        if let Some(bytes) = alert.returned_bytes {
            self.under(&format!("returned:  {}", show_bytes(bytes)));
        }
    }

    pub(super) fn ease(self, seconds: f64) {
        self.at(
            seconds,
            "(the service frees nearly all of these 8 bytes, and calls `memory::reclaim`)",
        );
    }

    pub(super) fn end(self, story: &Story) {
        if story.problem().is_none() {
            self.print(&format!("\n{}\n", story.conclusion()));
        }
    }

    fn at(self, seconds: f64, text: &str) {
        self.print(&format!("  {seconds:5.1} s  {text}\n"));
    }

    fn under(self, text: &str) {
        self.print(&format!("           {text}\n"));
    }

    fn print(self, text: &str) {
        if self.is_silent {
            return;
        }
        self.progress.clear();
        let mut stdout = io::stdout().lock();
        // The summary says it when standard output cannot be written.
        drop(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
    }
}

/// As alerts show them.
#[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
pub(super) fn show_bytes(bytes: i64) -> String {
    format!("{:.1} MiB", bytes as f64 / MIB)
}

const MIB: f64 = 1_048_576.0;
