//! Names of scopes, bounded in number.

use std::sync::OnceLock;

/// The names that scopes have had.
#[derive(Debug)]
pub(super) struct Names([OnceLock<&'static str>; NAMES_MAX]);

impl Names {
    pub(super) const fn new() -> Self {
        Self([const { OnceLock::new() }; NAMES_MAX])
    }

    /// Returns the name, unless too many others came before. Takes no lock once it is known.
    pub(super) fn admit(&self, name: &'static str) -> Option<&'static str> {
        let is_same = |slot: &OnceLock<&'static str>| *slot.get_or_init(|| name) == name;
        self.0.iter().any(is_same).then_some(name)
    }
}

/// What the name of all others is in metrics.
pub(super) const OTHER: &str = "other";

/// How many names have series of their own. Each costs four histograms.
pub(super) const NAMES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_names_keep_theirs() {
        let names = Names::new();
        assert_eq!(names.admit("import"), Some("import"));
        for number in 1..NAMES_MAX {
            let name: &'static str = format!("name {number}").leak();
            assert_eq!(names.admit(name), Some(name));
        }
        assert_eq!(names.admit("one more"), None);
        assert_eq!(names.admit("import"), Some("import"));
        assert_eq!(names.admit("name 1"), Some("name 1"));
    }
}
