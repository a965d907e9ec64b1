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
        let value = match self.value {
            Some(SettingValue::Pairs(pairs)) => {
                Some(SettingValue::Pairs(headers::merge(pairs, self.code)))
            }
            None if !self.code.is_empty() => Some(SettingValue::Pairs(self.code)),
            value => value,
        };
        let value = value.map(|value| row.kind.show(&value));
        let is_about = |warning: &&SettingWarning| {
            row.variables.iter().any(|name| warning.setting == *name)
                || warning.setting == key::setter(row.key)
                || row.general_key.is_some_and(|general| warning.setting == key::setter(general))
        };
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
            warning: warnings.iter().find(is_about).map(|warning| warning.message.clone()),
        }
    }
}
