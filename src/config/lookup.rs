//! The values of all rows, and the questions that the rest of the resolver asks about them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::env::{Environment, Variable};
use crate::config::found::Found;
use crate::config::report::{Origin, SettingReport, SettingWarning};
use crate::config::table::{self, Row};
use crate::config::{Overrides, SettingValue, key, report, source};
use crate::error::InitError;

/// The values of all rows.
#[derive(Debug)]
pub(super) struct Values {
    found: BTreeMap<&'static str, Found>,
    warnings: Vec<SettingWarning>,
}

impl Values {
    /// Looks every row up. A value that may not be ignored is an error.
    pub(super) fn look_up(
        environment: &Environment,
        overrides: &Overrides,
    ) -> Result<Self, InitError> {
        let mut values = Self { found: BTreeMap::new(), warnings: Vec::new() };
        refuse_unknown(overrides)?;
        for row in table::rows() {
            if !is_read(row, &values, overrides) {
                values.warn_of_unread(row, environment);
                values.found.insert(row.key, source::default(row));
                continue;
            }
            let found = source::find(row, environment, overrides, &mut values.warnings)?;
            values.found.insert(row.key, found);
        }
        Ok(values)
    }

    /// Adds a warning, unless the same was said before.
    pub(super) fn warn(&mut self, warning: SettingWarning) {
        report::push(&mut self.warnings, warning);
    }

    /// Replaces the value that was found by the one in force.
    pub(super) fn replace(&mut self, key: &str, value: SettingValue) {
        if let Some(found) = self.found.get_mut(key) {
            found.value = Some(value);
        }
    }

    /// Shows this text as the value in force.
    pub(super) fn show(&mut self, key: &str, shown: String) {
        if let Some(found) = self.found.get_mut(key) {
            found.shown = Some(shown);
        }
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        matches!(self.value(key), Some(SettingValue::Bool(true)))
    }

    pub(super) fn duration(&self, key: &str) -> Duration {
        match self.value(key) {
            Some(SettingValue::Duration(duration)) => *duration,
            _ => Duration::ZERO,
        }
    }

    /// `None`: no limit.
    pub(super) fn timeout(&self, key: &str) -> Option<Duration> {
        Some(self.duration(key)).filter(|duration| !duration.is_zero())
    }

    pub(super) fn count(&self, key: &str) -> Option<usize> {
        match self.value(key) {
            // A bound beyond the address space is as good as the largest one.
            Some(SettingValue::Integer(count)) => {
                Some(usize::try_from(*count).unwrap_or(usize::MAX))
            }
            _ => None,
        }
    }

    pub(super) fn integer(&self, key: &str) -> Option<u64> {
        match self.value(key) {
            Some(SettingValue::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn ratio(&self, key: &str) -> f64 {
        match self.value(key) {
            Some(SettingValue::Ratio(ratio)) => *ratio,
            _ => 1.0,
        }
    }

    /// Empty: nothing is set.
    pub(super) fn text(&self, key: &str) -> &str {
        match self.value(key) {
            Some(SettingValue::Text(text)) => text,
            _ => "",
        }
    }

    pub(super) fn list(&self, key: &str) -> &[String] {
        match self.value(key) {
            Some(SettingValue::List(members)) => members,
            _ => &[],
        }
    }

    /// The pairs of a variable.
    pub(super) fn pairs(&self, key: &str) -> Vec<(String, String)> {
        match self.value(key) {
            Some(SettingValue::Pairs(pairs)) => pairs.clone(),
            _ => Vec::new(),
        }
    }

    /// The pairs that code gave.
    pub(super) fn code_pairs(&self, key: &str) -> Vec<(String, String)> {
        self.found.get(key).map(|found| found.code.clone()).unwrap_or_default()
    }

    pub(super) fn origin(&self, key: &str) -> Origin {
        self.found.get(key).map_or(Origin::Default, |found| found.origin)
    }

    /// Whether a setting for all signals gave the value.
    pub(super) fn is_general(&self, key: &str) -> bool {
        self.found.get(key).is_some_and(|found| found.is_general)
    }

    /// The variable or setter that a message about this value names.
    pub(super) fn setting_name(&self, key: &str) -> String {
        let Some(found) = self.found.get(key) else { return key.to_owned() };
        match found.origin {
            Origin::Variable(name) => name.to_owned(),
            Origin::Code => match found.row.general_key {
                Some(general) if found.is_general => key::setter(general),
                _ => key::setter(key),
            },
            Origin::Default => found.row.variables.first().copied().unwrap_or(key).to_owned(),
        }
    }

    /// One report for each row, in the table's order, and the warnings.
    pub(super) fn into_reports(self) -> (Vec<SettingReport>, Vec<SettingWarning>) {
        let Self { mut found, warnings } = self;
        let rows = table::rows().filter_map(|row| found.remove(row.key));
        let reports = rows.map(|found| found.into_report(&warnings)).collect();
        (reports, warnings)
    }

    fn warn_of_unread(&mut self, row: &Row, environment: &Environment) {
        for name in row.variables {
            if environment.read(name) != Variable::Unset {
                let message =
                    format!("`{name}` is set, but the sampler in force takes no argument from it");
                self.warn(SettingWarning::new(*name, message));
            }
        }
    }

    fn value(&self, key: &str) -> Option<&SettingValue> {
        self.found.get(key)?.value.as_ref()
    }
}

/// A setter that takes a signal can be given one that does not have the setting.
fn refuse_unknown(overrides: &Overrides) -> Result<(), InitError> {
    for (key, value) in overrides.iter() {
        let is_known = |row: &Row| row.key == key || row.general_key == Some(key);
        if !table::rows().any(is_known) {
            let signal = key.split_once('.').map_or(key, |(signal, _)| signal);
            return Err(InitError::InvalidSetting {
                setting: key::setter(key),
                value: format!("{value:?} for {signal}"),
                expected: "a signal that has this setting".to_owned(),
            });
        }
    }
    Ok(())
}

/// The argument of a sampler counts only beside a sampler that takes one, from the same source.
fn is_read(row: &Row, values: &Values, overrides: &Overrides) -> bool {
    if row.key != key::SAMPLER_ARGUMENT {
        return true;
    }
    let takes_ratio = values.text(key::SAMPLER).ends_with("traceidratio");
    match values.origin(key::SAMPLER) {
        Origin::Code => takes_ratio && overrides.get(row.key).is_some(),
        Origin::Default => false,
        Origin::Variable(_) => takes_ratio,
    }
}
