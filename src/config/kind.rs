//! The kinds of values: how text is read, which values are in range, how they are shown.

use std::time::Duration;

use crate::config::SettingValue;
use crate::config::parse;
use crate::config::{attributes, choice, endpoint, filter, headers, names, rate};
use crate::logging::are_secret_keys;

/// What a setting may be. Text and code pass the same check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Percent-encoded `key=value` pairs; one error discards them all.
    Attributes,
    /// `true` or `false` in any letter case.
    Boolean,
    /// A size such as `64KiB`.
    Bytes { min: u64, max: u64 },
    /// One of the names, in any letter case.
    Choice(&'static Choices),
    /// Several of the names, or `none`.
    ChoiceList(&'static Choices),
    /// A duration such as `250ms`.
    Duration { min: Duration },
    /// A URL; the parts that depend on other settings are read when those are known.
    Endpoint,
    /// Permissions of a file, as octal digits.
    FileMode,
    /// Filter directives.
    Filter,
    /// Percent-encoded `name=value` pairs; an error discards its member. The values are secret.
    Headers,
    /// Digits.
    Integer { min: u64, max: u64 },
    /// A duration in whole milliseconds, as the specification writes them.
    Milliseconds { min: u64 },
    /// Names with commas between.
    Names,
    /// A number in a time, such as `100/s`.
    Rate,
    /// A number from 0 to 1.
    Ratio,
    /// Keys whose values are hidden, with commas between; signs in front change the default list.
    SecretKeys,
    /// Any text.
    Text,
    /// Whole milliseconds, where 0 is no limit.
    Timeout,
}

/// The names that a choice knows.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Choices {
    pub(crate) accepted: &'static [&'static str],
    /// Names that the specification knows and beacon does not honor.
    pub(crate) later: &'static [&'static str],
}

/// A value that was read, and what was wrong with parts of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parsed {
    pub(super) value: SettingValue,
    pub(super) flaws: Vec<Flaw>,
}

impl From<SettingValue> for Parsed {
    fn from(value: SettingValue) -> Self {
        Self { value, flaws: Vec::new() }
    }
}

/// Why a value, or a part of it, is refused. Holds nothing secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Flaw {
    pub(super) expected: String,
    pub(super) given: String,
}

impl Kind {
    /// Reads the text of a variable.
    pub(super) fn parse(self, text: &str) -> Result<Parsed, Flaw> {
        let value = match self {
            Self::Attributes => attributes::parse(text).map(SettingValue::Pairs),
            Self::Boolean => return Ok(self.parse_boolean(text)),
            Self::Bytes { .. } => parse::bytes(text).map(SettingValue::Integer),
            Self::Choice(_) | Self::Endpoint | Self::Filter | Self::Rate | Self::Text => {
                Some(SettingValue::Text(text.to_owned()))
            }
            Self::ChoiceList(choices) => return choice::parse_list(choices, text),
            Self::Duration { .. } => parse::duration(text).map(SettingValue::Duration),
            Self::FileMode => parse::file_mode(text).map(SettingValue::Integer),
            Self::Headers => return Ok(headers::parse(text)),
            Self::Integer { .. } => parse::digits(text).map(SettingValue::Integer),
            Self::Milliseconds { .. } | Self::Timeout => {
                parse::digits(text).map(Duration::from_millis).map(SettingValue::Duration)
            }
            Self::Names | Self::SecretKeys => Some(SettingValue::List(names::split(text))),
            Self::Ratio => text.parse().ok().map(SettingValue::Ratio),
        };
        // What does not parse is shown as it was given.
        let flaw = || Flaw { expected: self.expected(), given: self.redact(text) };
        let value = value.ok_or_else(flaw)?;
        match self.check(value) {
            Ok(value) => Ok(value.into()),
            // A filter names its one bad directive; the rest shows what the user wrote.
            Err(flaw) if self == Self::Filter => Err(flaw),
            Err(Flaw { expected, .. }) => Err(Flaw { expected, given: self.redact(text) }),
        }
    }

    /// Checks a value against the range; returns it in its canonical form.
    pub(super) fn check(self, value: SettingValue) -> Result<SettingValue, Flaw> {
        match (self, value) {
            (Self::Attributes, SettingValue::Pairs(pairs))
                if pairs.iter().all(|(key, _)| !key.is_empty()) =>
            {
                Ok(SettingValue::Pairs(pairs))
            }
            (Self::Boolean, value @ SettingValue::Bool(_)) => Ok(value),
            (Self::Endpoint | Self::Text, SettingValue::Text(text)) if !text.is_empty() => {
                Ok(SettingValue::Text(text))
            }
            (
                Self::Bytes { min, max } | Self::Integer { min, max },
                value @ SettingValue::Integer(number),
            ) if (min..=max).contains(&number) => Ok(value),
            (Self::Choice(choices), SettingValue::Text(text)) => choice::check(choices, &text),
            (Self::ChoiceList(choices), SettingValue::List(members)) => {
                choice::check_list(choices, &members)
            }
            (Self::Duration { min }, value @ SettingValue::Duration(duration))
                if (min..=parse::DURATION_MAX).contains(&duration) =>
            {
                Ok(value)
            }
            (Self::FileMode, value @ SettingValue::Integer(mode))
                if mode <= parse::FILE_MODE_MAX =>
            {
                Ok(value)
            }
            (Self::Filter, SettingValue::Text(text)) => filter::check(&text),
            (Self::Headers, SettingValue::Pairs(pairs)) => headers::check(pairs),
            (Self::Milliseconds { min }, value @ SettingValue::Duration(duration))
                if (Duration::from_millis(min)..=parse::DURATION_MAX).contains(&duration) =>
            {
                Ok(value)
            }
            (Self::Names, SettingValue::List(members)) if names::are_few(&members) => {
                Ok(SettingValue::List(members))
            }
            (Self::Rate, SettingValue::Text(text)) if rate::parse(&text).is_some() => {
                Ok(SettingValue::Text(text))
            }
            (Self::SecretKeys, SettingValue::List(keys)) if are_secret_keys(&keys) => {
                Ok(SettingValue::List(keys))
            }
            (Self::Ratio, SettingValue::Ratio(ratio)) if (0.0..=1.0).contains(&ratio) => {
                // Minus zero is zero.
                Ok(SettingValue::Ratio(ratio.abs()))
            }
            (Self::Timeout, value @ SettingValue::Duration(duration))
                if duration <= parse::DURATION_MAX =>
            {
                Ok(value)
            }
            (_, value) => Err(Flaw { expected: self.expected(), given: self.show(&value) }),
        }
    }

    /// Says what is accepted, to stand behind "expected".
    pub(super) fn expected(self) -> String {
        match self {
            Self::Attributes => "percent-encoded `key=value` pairs with commas between".to_owned(),
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Bytes { min, max } if max == INTEGER_MAX => {
                format!("a size of at least `{}`", parse::show_bytes(min))
            }
            Self::Bytes { min, max } => {
                let (min, max) = (parse::show_bytes(min), parse::show_bytes(max));
                format!("a size from `{min}` to `{max}`")
            }
            Self::Choice(choices) => choice::one_of(choices),
            Self::ChoiceList(choices) => format!("a list of {}", choice::one_of(choices)),
            Self::Duration { min } => {
                format!("a duration of at least `{}`", parse::show_duration(min))
            }
            Self::Endpoint => endpoint::EXPECTED.to_owned(),
            Self::FileMode => "permissions such as `0600`".to_owned(),
            Self::Filter => filter::EXPECTED.to_owned(),
            Self::Headers => headers::EXPECTED.to_owned(),
            Self::Integer { min, max } if max == INTEGER_MAX => {
                format!("an integer of at least `{min}`")
            }
            Self::Integer { min, max } => format!("an integer from `{min}` to `{max}`"),
            Self::Milliseconds { min } => format!("whole milliseconds of at least `{min}`"),
            Self::Names => format!("from `1` to `{}` names with commas between", names::NAMES_MAX),
            Self::Rate => rate::EXPECTED.to_owned(),
            Self::Ratio => "a number from `0` to `1`".to_owned(),
            Self::SecretKeys => {
                "keys with commas between, and `-` only before keys of the default list".to_owned()
            }
            Self::Text => "text in UTF-8 that is not empty".to_owned(),
            Self::Timeout => "whole milliseconds, where `0` is no limit".to_owned(),
        }
    }

    /// Shows a value without its secrets.
    pub(super) fn show(self, value: &SettingValue) -> String {
        match value {
            SettingValue::Bool(value) => value.to_string(),
            SettingValue::Duration(Duration::ZERO) if self == Self::Timeout => {
                "no limit".to_owned()
            }
            SettingValue::Duration(value) => parse::show_duration(*value),
            SettingValue::Integer(value) if matches!(self, Self::Bytes { .. }) => {
                parse::show_bytes(*value)
            }
            SettingValue::Integer(value) if self == Self::FileMode => format!("{value:04o}"),
            SettingValue::Integer(value) => value.to_string(),
            SettingValue::List(members) => members.join(","),
            SettingValue::Pairs(pairs) if self == Self::Headers => headers::show(pairs),
            SettingValue::Pairs(pairs) => {
                let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
                pairs.join(",")
            }
            SettingValue::Ratio(value) => value.to_string(),
            SettingValue::Text(text) => self.redact(text),
        }
    }

    /// Takes the secrets out of what the user wrote.
    pub(super) fn redact(self, text: &str) -> String {
        match self {
            Self::Endpoint => endpoint::redact(text),
            Self::Headers => headers::show(&headers::parse_pairs(text)),
            _ => text.to_owned(),
        }
    }

    /// Whether one bad member leaves the others standing.
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::ChoiceList(_) | Self::Headers)
    }

    /// Whether values from code join those of variables, name by name.
    pub(super) const fn is_merged(self) -> bool {
        matches!(self, Self::Attributes | Self::Headers)
    }

    fn parse_boolean(self, text: &str) -> Parsed {
        if text.eq_ignore_ascii_case("true") {
            return SettingValue::Bool(true).into();
        }
        let value = SettingValue::Bool(false);
        if text.eq_ignore_ascii_case("false") {
            return value.into();
        }
        // Anything that is not `true` is false, and never the next source.
        // Source: specification, configuration/sdk-environment-variables.md, "Boolean value".
        let flaw = Flaw { expected: self.expected(), given: text.to_owned() };
        Parsed { value, flaws: vec![flaw] }
    }
}

/// The largest integer: far above what the specification asks for (2³¹−1), and an `usize` and an
/// `i64` everywhere that matters.
pub(crate) const INTEGER_MAX: u64 = i64::MAX.unsigned_abs();
