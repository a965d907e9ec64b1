//! Values of fields that are known at run time only.

use std::error::Error;
use std::fmt;

use crate::logging::errors;

/// The value of a field of a [`Logger`](crate::logging::Logger)'s record. It keeps its type up to the
/// backend.
#[derive(Clone, Debug, PartialEq)]
pub struct LogValue(pub(crate) LogValueKind);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LogValueKind {
    Bool(bool),
    Error(ErrorText),
    Float(f64),
    Int(i64),
    Text(Box<str>),
}

/// What is kept of an error.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ErrorText {
    /// The messages of the error and of all its sources.
    pub(crate) chain: Box<str>,
    pub(crate) type_name: Option<&'static str>,
}

impl LogValue {
    pub(crate) fn error(error: &(dyn Error + 'static)) -> Self {
        let mut chain = String::new();
        // An error whose `Display` fails half-way is kept as far as it came.
        errors::write_chain(&mut chain, error).unwrap_or_default();
        let type_name = errors::type_name(error);
        Self(LogValueKind::Error(ErrorText { chain: chain.into_boxed_str(), type_name }))
    }
}

impl fmt::Display for LogValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            LogValueKind::Bool(value) => value.fmt(f),
            LogValueKind::Error(error) => error.chain.fmt(f),
            LogValueKind::Float(value) => value.fmt(f),
            LogValueKind::Int(value) => value.fmt(f),
            LogValueKind::Text(value) => value.fmt(f),
        }
    }
}

impl From<bool> for LogValue {
    fn from(value: bool) -> Self {
        Self(LogValueKind::Bool(value))
    }
}

impl From<f64> for LogValue {
    fn from(value: f64) -> Self {
        Self(LogValueKind::Float(value))
    }
}

impl From<i32> for LogValue {
    fn from(value: i32) -> Self {
        Self::from(i64::from(value))
    }
}

impl From<i64> for LogValue {
    fn from(value: i64) -> Self {
        Self(LogValueKind::Int(value))
    }
}

impl From<u32> for LogValue {
    fn from(value: u32) -> Self {
        Self::from(i64::from(value))
    }
}

/// Above `i64::MAX` it becomes text: OTLP has no such integers.
impl From<u64> for LogValue {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or_else(|_| Self::from(value.to_string()), Self::from)
    }
}

/// As for `u64`.
impl From<usize> for LogValue {
    fn from(value: usize) -> Self {
        i64::try_from(value).map_or_else(|_| Self::from(value.to_string()), Self::from)
    }
}

impl From<&str> for LogValue {
    fn from(value: &str) -> Self {
        Self(LogValueKind::Text(value.into()))
    }
}

impl From<String> for LogValue {
    fn from(value: String) -> Self {
        Self(LogValueKind::Text(value.into_boxed_str()))
    }
}
