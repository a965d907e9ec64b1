//! The value of one row: code, then its variables in order, then the default.

use crate::config::env::{Environment, Variable};
use crate::config::found::Found;
use crate::config::kind::{Flaw, Kind, Parsed};
use crate::config::report::{Origin, SettingWarning};
use crate::config::table::Row;
use crate::config::{Overrides, SettingValue, headers, key, report};
use crate::error::InitError;

/// Finds the value of a row.
///
/// # Errors
///
/// A bad value in code or in a variable of ours.
pub(super) fn find(
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
            return Ok(Found {
                value: Some(value),
                origin,
                is_general,
                given,
                ..Found::unset(row)
            });
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
            // Without this endpoint the data would go elsewhere.
            Err(flaw) if is_ours(name) || row.kind == Kind::Endpoint => {
                return Err(refused((*name).to_owned(), flaw));
            }
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
            ..Found::unset(row)
        };
        break;
    }
    for (name, flaws) in ignored {
        report::push(warnings, ignored_warning(name, &flaws, &found));
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
    let used = match value {
        Some(value) => format!("using {source}`{value}`"),
        None => "it counts as unset".to_owned(),
    };
    let problems = problems.join("; ");
    SettingWarning::new(name, format!("ignored {part}`{name}`: {problems}; {used}"))
}

/// The value when nobody sets the row.
pub(super) fn default(row: &'static Row) -> Found {
    let parsed = row.default.and_then(|text| row.kind.parse(text).ok());
    Found { value: parsed.map(|parsed| parsed.value), ..Found::unset(row) }
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
