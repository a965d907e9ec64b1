//! The environment of a process: `TRACEPARENT`, `TRACESTATE`, `BAGGAGE`.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/context/env-carriers/>

use std::process::Command;

use crate::config::Environment;
use crate::propagation::carrier::{Carrier, CarrierMut};

/// What the process that started this one has left for it.
///
/// # Examples
///
/// ```
/// use beacon::config::Environment;
/// use beacon::propagation;
///
/// let caller = propagation::extract(&Environment::from_process());
/// let _guard = caller.attach(); // and the first span of `main` continues the caller's trace
/// ```
impl Carrier for Environment {
    fn values_of(&self, name: &str) -> Vec<&str> {
        self.value_of(&variable_name(name)).into_iter().collect()
    }

    fn names(&self) -> Vec<&str> {
        self.names().filter(|name| variable_name(name) == *name).collect()
    }
}

/// Nothing is started here, and the environment of this process stays as it is.
///
/// # Examples
///
/// ```
/// use std::process::Command;
///
/// use beacon::propagation;
///
/// let mut command = Command::new("report");
/// propagation::inject_current(&mut command); // and then `command.spawn()`
/// ```
impl CarrierMut for Command {
    fn set(&mut self, name: &str, value: String) {
        // The system takes no zero byte, and would refuse to start the process.
        if !value.contains('\0') {
            self.env(variable_name(name), value);
        }
    }

    fn remove_all(&mut self, name: &str) {
        self.env_remove(variable_name(name));
    }
}

/// The name of a variable that stands for a name of a header.
fn variable_name(name: &str) -> String {
    let starts_badly = name.chars().next().is_none_or(|first| first.is_ascii_digit());
    let mut variable = String::with_capacity(name.len().saturating_add(1));
    if starts_badly {
        variable.push('_');
    }
    variable.extend(name.chars().map(|character| match character.to_ascii_uppercase() {
        upper @ ('A'..='Z' | '0'..='9' | '_') => upper,
        _ => '_',
    }));
    variable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_names_of_variables() {
        for (name, expected) in [
            ("traceparent", "TRACEPARENT"),
            ("x-b3-traceid", "X_B3_TRACEID"),
            ("UPPER_9", "UPPER_9"),
            ("9lives", "_9LIVES"),
            ("", "_"),
            ("ß.a", "__A"),
        ] {
            assert_eq!(variable_name(name), expected, "{name}");
            assert_eq!(variable_name(expected), expected);
        }
    }
}
