//! Settings from end to end: variables and code in, settings, warnings and errors out.

mod bad_values;
mod destinations;
mod endpoint;
mod output;
mod precedence;
mod values;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::Duration;

use crate::config::kind::Kind;
use crate::config::table::{self, Row};
use crate::config::{
    Compression, Environment, Origin, Overrides, Propagator, Protocol, Resolved, Sampler,
    SettingReport, SettingValue, key, kubernetes, parse, resolve, unsupported,
};
use crate::error::InitError;
use crate::signal::Signal;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn from(pairs: Pairs<'_>) -> Environment {
    pairs.iter().copied().collect()
}

fn resolved(pairs: Pairs<'_>) -> Resolved {
    resolve(&from(pairs), &Overrides::default()).expect("nothing here stops the start")
}

fn refused(pairs: Pairs<'_>) -> String {
    resolve(&from(pairs), &Overrides::default()).expect_err("this stops the start").to_string()
}

fn report<'a>(resolved: &'a Resolved, key: &str) -> &'a SettingReport {
    resolved.effective.settings.iter().find(|row| row.key == key).expect("every row is reported")
}

fn messages(resolved: &Resolved) -> Vec<String> {
    resolved.effective.warnings.iter().map(ToString::to_string).collect()
}

fn row_of(variable: &str) -> &'static Row {
    table::rows().find(|row| row.variables.contains(&variable)).expect("the variable is known")
}

fn variables() -> BTreeSet<&'static str> {
    table::rows().flat_map(|row| row.variables).copied().collect()
}

/// Every variable that does anything, also those whose only effect is a warning.
fn all_variables() -> BTreeSet<&'static str> {
    let pod = kubernetes::POD_ROWS.iter().flat_map(|row| row.variables).copied();
    let unsupported = unsupported::UNSUPPORTED.iter().map(|row| row.name);
    variables().into_iter().chain(pod).chain(unsupported).collect()
}
