//! What was found for one row.

use crate::config::report::{Origin, SettingReport, SettingWarning};
use crate::config::table::Row;
use crate::config::{SettingValue, headers, key};

/// The value of one row.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) row: &'static Row,
    pub(super) value: Option<SettingValue>,
    /// Pairs from code, which go on top of those of variables, name by name.
    pub(super) code: Vec<(String, String)>,
    pub(super) origin: Origin,
    /// Whether a setting for all signals gave the value.
    pub(super) is_general: bool,
    pub(super) given: Option<String>,
    /// What is shown instead of the value.
    pub(super) shown: Option<String>,
}

impl Found {
    pub(super) const fn unset(row: &'static Row) -> Self {
        Self {
            row,
            value: None,
            code: Vec::new(),
            origin: Origin::Default,
            is_general: false,
            given: None,
            shown: None,
        }
    }

    pub(super) fn into_report(self, warnings: &[SettingWarning]) -> SettingReport {
        let row = self.row;
        let is_about = |warning: &&SettingWarning| {
            self.variables_read().any(|name| warning.setting == name)
                || warning.setting == key::setter(row.key)
                || row.general_key.is_some_and(|general| warning.setting == key::setter(general))
        };
        let warning = warnings.iter().find(is_about).map(|warning| warning.message.clone());
        let value = match (self.value, self.code) {
            (Some(SettingValue::Pairs(pairs)), code) => {
                Some(SettingValue::Pairs(headers::merge(pairs, code)))
            }
            (None, code) if !code.is_empty() => Some(SettingValue::Pairs(code)),
            (value, _) => value,
        };
        let value = value.map(|value| row.kind.show(&value));
        SettingReport {
            key: row.key,
            description: row.summary,
            variable: match self.origin {
                Origin::Variable(name) => name,
                _ => row.variables.first().copied().unwrap_or_default(),
            },
            origin: self.origin,
            given: self.given,
            value: self.shown.or(value).unwrap_or_default(),
            warning,
        }
    }

    /// The variables that had a say: none behind the one that won.
    fn variables_read(&self) -> impl Iterator<Item = &'static str> {
        let variables = self.row.variables;
        let read_len = match self.origin {
            Origin::Code if !self.row.kind.is_merged() => 0,
            Origin::Code | Origin::Default => variables.len(),
            Origin::Variable(winner) => variables
                .iter()
                .position(|name| *name == winner)
                .map_or(0, |index| index.saturating_add(1)),
        };
        variables.iter().copied().take(read_len)
    }
}
