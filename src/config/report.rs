//! What was decided, from where, and what was wrong with it.

use std::fmt;

use serde::Serialize;

/// Lists every setting with its value, its origin and what was wrong, without secrets.
///
/// Values of headers, user information and queries of endpoints are hidden. `Display` is a table
/// for people; `Serialize` is for everyone else.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EffectiveConfig {
    /// One entry for each setting, in a fixed order.
    pub settings: Vec<SettingReport>,
    /// What was ignored or is odd, one entry for each variable.
    pub warnings: Vec<SettingWarning>,
}

/// One setting.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SettingReport {
    /// The name of the setting, such as `traces.endpoint`.
    pub key: &'static str,
    /// What the setting decides.
    pub description: &'static str,
    /// The variable that the value came from, or the first one that could have set it.
    pub variable: &'static str,
    /// Where the value came from.
    pub origin: Origin,
    /// What the user wrote, without secrets. `None` for a default.
    pub given: Option<String>,
    /// The value in force. Empty: nothing is set.
    pub value: String,
    /// Why a value that was given is not the one in force.
    pub warning: Option<String>,
}

/// Where the value of a setting came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A setter of the builder.
    Code,
    /// Nobody set it.
    Default,
    /// The variable of this name.
    Variable(&'static str),
}

/// Something about the settings that a user should know: a value that was ignored, a variable
/// without effect, a hint.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SettingWarning {
    /// The variable, or the setter of the builder.
    pub setting: String,
    /// The whole sentence, without secrets.
    pub message: String,
}

impl EffectiveConfig {
    /// Returns what is not a default, by origin, in one line. A variable that decides several
    /// settings is named once.
    pub(crate) fn choices(&self) -> String {
        let mut by_code = Vec::new();
        let mut by_variables = Vec::new();
        for SettingReport { key, origin, given, value, .. } in &self.settings {
            match origin {
                // The start line has named the places themselves.
                Origin::Code if key.ends_with(".endpoint") => by_code.push((*key).to_owned()),
                Origin::Code => by_code.push(format!("{key}={value}")),
                Origin::Default => {}
                Origin::Variable(name) => {
                    let choice = format!("{name}={}", given.as_ref().unwrap_or(value));
                    if !by_variables.contains(&choice) {
                        by_variables.push(choice);
                    }
                }
            }
        }
        let mut choices = Vec::new();
        for (origin, of_origin) in [("by code", by_code), ("by the environment", by_variables)] {
            if !of_origin.is_empty() {
                choices.push(format!("{origin}: {}", of_origin.join(", ")));
            }
        }
        if choices.is_empty() { "all settings are defaults".to_owned() } else { choices.join("; ") }
    }
}

impl SettingWarning {
    pub(super) fn new(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self { setting: setting.into(), message: message.into() }
    }
}

impl fmt::Display for SettingWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Code => "code",
            Self::Default => "default",
            Self::Variable(name) => name,
        })
    }
}

impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key_chars = self.settings.iter().map(|row| row.key.len()).max().unwrap_or_default();
        let value_chars = self.settings.iter().map(|row| row.value.chars().count()).max();
        let value_chars = value_chars.unwrap_or_default().min(VALUE_CHARS_MAX);
        for row in &self.settings {
            let SettingReport { key, value, origin, .. } = row;
            writeln!(f, "{key:key_chars$}  {value:value_chars$}  {origin}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}

/// Says the same thing once, however many signals a variable speaks for.
pub(super) fn push(warnings: &mut Vec<SettingWarning>, warning: SettingWarning) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// A longer value pushes its own origin to the right and no other.
const VALUE_CHARS_MAX: usize = 48;
