//! Quantities as people read them.

/// Shows a size with three digits or so: `1.20 GiB`.
pub(crate) fn show_bytes(bytes: f64) -> String {
    let mut scaled = bytes;
    let mut units = UNITS.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    while scaled.abs() >= 1024.0
        && let Some(next) = units.next()
    {
        scaled /= 1024.0;
        unit = next;
    }
    let digits = match scaled.abs() {
        _ if unit == "B" => 0,
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{scaled:.digits$} {unit}")
}

/// Shows a span of time in the unit that suits it: `40 min`, `3.2 h`, `4.5 days`.
pub(super) fn show_hours(hours: f64) -> String {
    if hours < 1.0 {
        format!("{:.0} min", hours * 60.0)
    } else if hours < 48.0 {
        format!("{hours:.1} h")
    } else {
        format!("{:.1} days", hours / 24.0)
    }
}

/// Shows a share in percent.
pub(super) fn show_percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    if percent.abs() < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_that_suits_them() {
        let rows = [
            (0.0, "0 B"),
            (1023.0, "1023 B"),
            (1024.0, "1.00 KiB"),
            (1536.0 * 1024.0, "1.50 MiB"),
            (52.5 * 1024.0 * 1024.0, "52.5 MiB"),
            (512.0 * 1024.0 * 1024.0, "512 MiB"),
            (1.2 * 1024_f64.powi(3), "1.20 GiB"),
            (5000.0 * 1024_f64.powi(4), "5000 TiB"),
        ];
        for (bytes, expected) in rows {
            assert_eq!(show_bytes(bytes), expected);
        }
    }

    #[test]
    fn times_and_shares_are_short() {
        assert_eq!(
            [0.5, 3.25, 47.9, 108.0].map(show_hours),
            ["30 min", "3.2 h", "47.9 h", "4.5 days"]
        );
        assert_eq!([0.041, 0.24, 1.5].map(show_percent), ["4.1 %", "24 %", "150 %"]);
    }
}
