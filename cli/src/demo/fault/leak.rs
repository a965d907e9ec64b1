//! A leak.

use beacon::tracing::info_span;

/// Rows that nobody asks for again.
#[derive(Debug, Default)]
pub(super) struct Leak(Vec<Vec<u8>>);

impl Leak {
    /// Forgets some more rows.
    pub(super) fn grow(&mut self) {
        let _import = info_span!(LEAK_SPAN).entered();
        for _ in 0..ROWS {
            self.0.push(parse_a_row());
        }
    }

    /// Gives everything back.
    pub(super) fn end(&mut self) {
        self.0 = Vec::new();
    }
}

/// The call-site that holds it all.
#[inline(never)]
fn parse_a_row() -> Vec<u8> {
    vec![1; ROW_BYTES]
}

/// The span that an alert about it names.
pub(in crate::demo) const LEAK_SPAN: &str = "import";
const ROW_BYTES: usize = 8 * 1024;
/// Ten times a second: 2 MiB a second.
const ROWS: usize = 26;
