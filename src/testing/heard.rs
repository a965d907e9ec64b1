//! What beacon said about itself during a test.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostics::{Diagnostic, DiagnosticLevel};

/// Clones share what was heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    diagnostics: Arc<Mutex<Vec<Diagnostic>>>,
}

impl Heard {
    /// Keeps it. Beacon repeats itself rarely, so only a bug reaches the bound.
    pub(super) fn push(&self, diagnostic: &Diagnostic) {
        let mut diagnostics = self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner);
        if diagnostics.len() < DIAGNOSTICS_MAX {
            diagnostics.push(diagnostic.clone());
        }
    }

    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.diagnostics.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A line for each warning and error, to be put behind a message.
    pub(super) fn problems(&self) -> String {
        let mut text = String::new();
        for diagnostic in self.diagnostics() {
            if diagnostic.level != DiagnosticLevel::Info {
                // Writing to a string cannot fail.
                let _ = write!(text, "\n  {diagnostic}");
            }
        }
        text
    }
}

const DIAGNOSTICS_MAX: usize = 1_000;
