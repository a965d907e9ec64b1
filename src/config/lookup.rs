//! The value of each row: code, then its variables in order, then the default.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::env::{Environment, Variable};
use crate::config::kind::{Flaw, Kind, Parsed};
use crate::config::report::{Origin, SettingReport, SettingWarning};
use crate::config::table::{self, Row};
use crate::config::{Overrides, SettingValue, headers, key};
use crate::error::InitError;

/// The values of all rows.
#[derive(Debug)]
pub(super) struct Values {
    found: BTreeMap<&'static str, Found>,
    warnings: Vec<SettingWarning>,
}

/// The value of one row.
#[derive(Debug)]
struct Found {
    row: &'static Row,
    value: Option<SettingValue>,
    /// Pairs from code, which go on top of those of variables, name by name.
    code: Vec<(String, String)>,
    origin: Origin,
    /// Whether a setting for all signals gave the value.
    is_general: bool,
    given: Option<String>,
    /// What is shown instead of the value.
    shown: Option<String>,
}

impl Values {
    /// Looks every row up. A value that may not be ignored is an error.
    pub(super) fn look_up(
        environment: &Environment,
        overrides: &Overrides,
    ) -> Result<Self, InitError> {
        let mut values = Self { found: BTreeMap::new(), warnings: Vec::new() };
        for row in table::rows() {
            if !is_read(row, &values, overrides) {
                for name in row.variables {
                    if environment.read(name) != Variable::Unset {
                        values.warn(SettingWarning::new(
                            *name,
                            format!("`{name}` is set, but the sampler takes no argument from it"),
                        ));
                    }
                }
                values.found.insert(row.key, default(row));
                continue;
            }
            let found = find(row, environment, overrides, &mut values.warnings)?;
            values.found.insert(row.key, found);
        }
        Ok(values)
    }

    /// Adds a warning, unless the same was said before.
    pub(super) fn warn(&mut self, warning: SettingWarning) {
        push(&mut self.warnings, warning);
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
            // Rows bound what has no room elsewhere; more than an address space is no bound.
            Some(SettingValue::Integer(count)) => {
                Some(usize::try_from(*count).unwrap_or(usize::MAX))
            }
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

    fn value(&self, key: &str) -> Option<&SettingValue> {
        self.found.get(key)?.value.as_ref()
    }
}

impl Found {
    fn into_report(self, warnings: &[SettingWarning]) -> SettingReport {
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

/// Says the same thing once, however many signals a variable speaks for.
fn push(warnings: &mut Vec<SettingWarning>, warning: SettingWarning) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
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

fn find(
    row: &'static Row,
    environment: &Environment,
    overrides: &Overrides,
    warnings: &mut Vec<SettingWarning>,
) -> Result<Found, InitError> {
    if row.kind.is_merged() {
        let mut found = find_in_variables(row, environment, warnings)?;
        for key in row.general_key.into_iter().chain([row.key]) {
            if let Some(SettingValue::Pairs(pairs)) = checked(row.kind, key, overrides)? {
                found.code = headers::merge(found.code, pairs);
                found.origin = Origin::Code;
            }
        }
        return Ok(found);
    }
    let keys = [Some(row.key), row.general_key];
    for key in keys.into_iter().flatten() {
        if let Some(value) = checked(row.kind, key, overrides)? {
            let is_general = row.general_key == Some(key);
            let given = Some(row.kind.show(&value));
            let origin = Origin::Code;
            return Ok(Found { value: Some(value), origin, is_general, given, ..unset(row) });
        }
    }
    find_in_variables(row, environment, warnings)
}

/// The value that code gave under this key.
fn checked(
    kind: Kind,
    key: &str,
    overrides: &Overrides,
) -> Result<Option<SettingValue>, InitError> {
    let Some(value) = overrides.get(key) else { return Ok(None) };
    kind.check(value.clone()).map(Some).map_err(|flaw| refused(key::setter(key), flaw))
}

fn find_in_variables(
    row: &'static Row,
    environment: &Environment,
    warnings: &mut Vec<SettingWarning>,
) -> Result<Found, InitError> {
    let mut ignored: Vec<(&'static str, Vec<Flaw>)> = Vec::new();
    let mut found = default(row);
    for (index, name) in row.variables.iter().enumerate() {
        let (given, parsed) = match environment.read(name) {
            Variable::Unset => continue,
            Variable::Invalid => (NOT_UTF8.to_owned(), Err(not_utf8(row.kind))),
            Variable::Text(text) => (row.kind.redact(text), row.kind.parse(text)),
        };
        let Parsed { value, flaws } = match parsed {
            Ok(parsed) => parsed,
            Err(flaw) if is_ours(name) => return Err(refused((*name).to_owned(), flaw)),
            Err(flaw) => {
                ignored.push((name, vec![flaw]));
                continue;
            }
        };
        if let Some(flaw) = flaws.first().filter(|_| is_ours(name)) {
            return Err(refused((*name).to_owned(), flaw.clone()));
        }
        if !flaws.is_empty() {
            ignored.push((name, flaws));
        }
        found = Found {
            value: Some(value),
            origin: Origin::Variable(name),
            is_general: row.general_key.is_some() && index > 0,
            given: Some(given),
            ..unset(row)
        };
        break;
    }
    for (name, flaws) in ignored {
        push(warnings, ignored_warning(name, &flaws, &found));
    }
    Ok(found)
}

/// ``ignored `NAME`: expected …, got `…`; using the default `…` ``
fn ignored_warning(name: &'static str, flaws: &[Flaw], found: &Found) -> SettingWarning {
    let kind = found.row.kind;
    let problems: Vec<_> = flaws
        .iter()
        .map(|Flaw { expected, given }| format!("expected {expected}, got `{given}`"))
        .collect();
    let value = found.value.as_ref().map(|value| kind.show(value)).filter(|text| !text.is_empty());
    let (part, source) = match found.origin {
        Origin::Variable(origin) if origin == name && kind.is_list() => ("a part of ", ""),
        Origin::Variable(origin) if origin == name => ("", ""),
        Origin::Variable(_) => ("", "the next source, "),
        _ => ("", "the default "),
    };
    let used = value.map_or_else(|| "nothing".to_owned(), |value| format!("{source}`{value}`"));
    let problems = problems.join("; ");
    SettingWarning::new(name, format!("ignored {part}`{name}`: {problems}; using {used}"))
}

fn default(row: &'static Row) -> Found {
    let parsed = row.default.and_then(|text| row.kind.parse(text).ok());
    Found { value: parsed.map(|parsed| parsed.value), ..unset(row) }
}

const fn unset(row: &'static Row) -> Found {
    Found {
        row,
        value: None,
        code: Vec::new(),
        origin: Origin::Default,
        is_general: false,
        given: None,
        shown: None,
    }
}

/// Our own variables are strict: a bad one stops the start.
fn is_ours(name: &str) -> bool {
    name.starts_with("BEACON_")
}

fn not_utf8(kind: Kind) -> Flaw {
    Flaw { expected: kind.expected(), given: NOT_UTF8.to_owned() }
}

fn refused(setting: String, flaw: Flaw) -> InitError {
    InitError::InvalidSetting { setting, value: flaw.given, expected: flaw.expected }
}

const NOT_UTF8: &str = "(not UTF-8)";
