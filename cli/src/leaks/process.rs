//! A running process, watched from outside.

use std::fs;
use std::future::poll_fn;
use std::io::{self, Write};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::leaks::lines::Subject;
use crate::leaks::say;
use crate::leaks::watch::{Options, Watcher};

/// Writes the lines of a process until it ends or ctrl-c; returns whether there was one.
///
/// # Errors
///
/// When standard output cannot be written.
pub(super) async fn watch(pid: u32, every: Duration, options: Options) -> io::Result<bool> {
    let mut started = match start_time(pid) {
        Ok(started) => started,
        Err(error) => {
            say(&format!("process {pid}: {error}"));
            return Ok(false);
        }
    };
    // One listener, from before anybody is told about it: a signal that comes between two looks counts.
    let mut interrupt = pin!(tokio::signal::ctrl_c());
    poll_fn(|cx| Poll::Ready(interrupt.as_mut().poll(cx).is_ready())).await;
    let seconds = every.as_secs();
    say(&format!("process {pid}: a look every {seconds} s until it ends, or ctrl-c"));
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut began = Instant::now();
    let new = || Watcher::new(Subject::Pid(pid), "rss", options);
    let mut watcher = new();
    let mut out = io::stdout();
    loop {
        tokio::select! {
            biased;
            _ = &mut interrupt => break,
            _ = ticks.tick() => {}
        }
        // A process that has ended leaves no files, or those of a zombie.
        let (Ok(now_started), Ok(bytes)) = (start_time(pid), anonymous_bytes(pid)) else { break };
        if now_started != started {
            // Another process with the same number.
            watcher.finish(&mut out)?;
            (started, began, watcher) = (now_started, Instant::now(), new());
        }
        let minute = began.elapsed().as_secs_f64() / 60.0;
        watcher.observe(minute, Some(bytes), Some(bytes), None, &mut out)?;
        out.flush()?;
    }
    watcher.finish(&mut out)?;
    out.flush()?;
    Ok(true)
}

/// The anonymous resident set.
fn anonymous_bytes(pid: u32) -> io::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    parse_anonymous_bytes(&status).ok_or_else(|| io::Error::other("no `RssAnon`"))
}

fn parse_anonymous_bytes(status: &str) -> Option<f64> {
    let value = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kibibytes: f64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

/// Clock ticks from boot to the start of the process: another value is another process.
fn start_time(pid: u32) -> io::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse_start_time(&stat).ok_or_else(|| io::Error::other("no start time"))
}

/// Field 22. The name in field 2 may hold blanks and parentheses, so it counts from its end.
///
/// Source: `proc_pid_stat(5)`, <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>.
fn parse_start_time(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(") ")?;
    behind_name.split(' ').nth(22 - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_process_are_read() {
        let status = "Name:\tx\nRssAnon:\t    1024 kB\nRssFile:\t 1 kB\n";
        assert_eq!(parse_anonymous_bytes(status), Some(1_048_576.0));
        assert_eq!(parse_anonymous_bytes("RssAnon:\t many kB\n"), None);
        assert_eq!(parse_anonymous_bytes(""), None);
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 1 0 98765 1000 10";
        assert_eq!(parse_start_time(stat), Some(98_765));
        assert_eq!(parse_start_time("7 (a) S 1"), None);
        assert_eq!(parse_start_time(""), None);
    }

    #[test]
    fn this_process_is_there() -> io::Result<()> {
        let pid = std::process::id();
        assert!(anonymous_bytes(pid)? > 0.0);
        assert_eq!(start_time(pid)?, start_time(pid)?);
        Ok(())
    }
}
