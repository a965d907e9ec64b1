//! Values of settings as plain data, and the ones that code gives.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use tracing::level_filters::LevelFilter;

use crate::config::log_settings::{LogColor, LogConsole, LogFormat, LogTimeZone, Rotation};
use crate::config::{
    Compression, Exporter, LogSampling, Propagator, Protocol, Sampler, Temporality,
};
use crate::config::{endpoint, key};

/// The value of one setting.
///
/// `Debug` hides what may be secret: values of pairs, and user information in a URL.
#[derive(Clone, PartialEq)]
pub(crate) enum SettingValue {
    Bool(bool),
    Duration(Duration),
    Integer(u64),
    List(Vec<String>),
    Pairs(Vec<(String, String)>),
    Ratio(f64),
    Text(String),
}

impl fmt::Debug for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Duration(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::List(members) => members.fmt(f),
            Self::Pairs(pairs) => f.debug_set().entries(pairs.iter().map(|(key, _)| key)).finish(),
            Self::Ratio(value) => value.fmt(f),
            Self::Text(text) => endpoint::redact(text).fmt(f),
        }
    }
}

macro_rules! from_plain {
    ($($type:ty => $variant:ident),*) => {
        $(impl From<$type> for SettingValue {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        })*
    };
}

from_plain! {
    bool => Bool, Duration => Duration, String => Text, Vec<String> => List, u64 => Integer
}

macro_rules! from_named {
    ($($type:ty),*) => {
        $(impl From<$type> for SettingValue {
            fn from(value: $type) -> Self {
                Self::Text(value.name().to_owned())
            }
        })*
    };
}

from_named! { LogColor, LogConsole, LogFormat, LogTimeZone, Rotation }

impl From<LevelFilter> for SettingValue {
    fn from(value: LevelFilter) -> Self {
        Self::Text(value.to_string())
    }
}

impl From<Compression> for SettingValue {
    fn from(value: Compression) -> Self {
        Self::Text(value.name().to_owned())
    }
}

impl From<LogSampling> for SettingValue {
    fn from(value: LogSampling) -> Self {
        Self::Text(value.name().to_owned())
    }
}

impl From<Protocol> for SettingValue {
    fn from(value: Protocol) -> Self {
        Self::Text(value.name().to_owned())
    }
}

impl From<Temporality> for SettingValue {
    fn from(value: Temporality) -> Self {
        Self::Text(value.name().to_owned())
    }
}

impl From<&[Exporter]> for SettingValue {
    fn from(values: &[Exporter]) -> Self {
        Self::List(values.iter().map(|value| value.name().to_owned()).collect())
    }
}

impl From<&[Propagator]> for SettingValue {
    fn from(values: &[Propagator]) -> Self {
        Self::List(values.iter().map(|value| value.name().to_owned()).collect())
    }
}

/// The settings that code gives, by key. They beat every variable.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Overrides {
    values: BTreeMap<&'static str, SettingValue>,
}

impl Overrides {
    /// Sets one of the keys in [`key`]; a second value replaces the first.
    pub(crate) fn set(&mut self, key: &'static str, value: impl Into<SettingValue>) {
        self.values.insert(key, value.into());
    }

    /// Adds one pair to a setting that is a list of pairs; the last value of a name wins.
    pub(crate) fn add_pair(&mut self, key: &'static str, name: String, value: String) {
        let pairs = self.values.entry(key).or_insert_with(|| SettingValue::Pairs(Vec::new()));
        if let SettingValue::Pairs(pairs) = pairs {
            pairs.push((name, value));
        } else {
            *pairs = SettingValue::Pairs(vec![(name, value)]);
        }
    }

    /// Sets the sampler together with its argument, so that the argument of a variable never
    /// reaches a sampler chosen in code.
    pub(crate) fn set_sampler(&mut self, sampler: Sampler) {
        self.set(key::SAMPLER, SettingValue::Text(sampler.name().to_owned()));
        match sampler {
            Sampler::ParentBasedTraceIdRatio(ratio) | Sampler::TraceIdRatio(ratio) => {
                self.set(key::SAMPLER_ARGUMENT, SettingValue::Ratio(ratio));
            }
            _ => {
                self.values.remove(key::SAMPLER_ARGUMENT);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &SettingValue)> {
        self.values.iter().map(|(key, value)| (*key, value))
    }

    pub(super) fn get(&self, key: &str) -> Option<&SettingValue> {
        self.values.get(key)
    }
}
