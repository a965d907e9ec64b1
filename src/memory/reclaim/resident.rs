//! Resident memory, read at the moment.

use std::fs;

/// Returns the resident memory that belongs to no file; `None` where there is no `/proc`.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    anonymous_bytes(&status)
}

fn anonymous_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anonymous_part_is_found() {
        let status = "Name:\tbeacon\nVmRSS:\t    9000 kB\nRssAnon:\t    1234 kB\nRssFile:\t 1 kB\n";
        assert_eq!(anonymous_bytes(status), Some(1234 * 1024));
        for garbage in ["", "RssAnon: 12", "RssAnon: x kB", "RssAnon: 99999999999999999999 kB"] {
            assert_eq!(anonymous_bytes(garbage), None);
        }
    }
}
