//! The stacks that are compared, behind one face.

use std::fmt;
use std::str::FromStr;

use crate::{Failure, beacon, official};

/// What records and exports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stack {
    /// Beacon with its defaults, over gRPC.
    Beacon,
    /// The official layers, processors and exporter, with their defaults.
    Official,
    /// The official stack without the attributes of spans that beacon leaves out by default too.
    OfficialLean,
}

impl Stack {
    pub(crate) const ALL: [Self; 3] = [Self::Official, Self::OfficialLean, Self::Beacon];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Beacon => "beacon",
            Self::Official => "official",
            Self::OfficialLean => "lean",
        }
    }

    /// Becomes the subscriber of this process and sends to `endpoint`.
    pub(crate) fn start(self, endpoint: &str) -> Result<Box<dyn Running>, Failure> {
        match self {
            Self::Beacon => beacon::start(endpoint),
            Self::Official => official::start(endpoint, official::Attributes::All),
            Self::OfficialLean => official::start(endpoint, official::Attributes::Lean),
        }
    }
}

impl FromStr for Stack {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|stack| stack.name() == text);
        found.ok_or_else(|| format!("there is no stack `{text}`"))
    }
}

/// A stack that was started.
pub(crate) trait Running: fmt::Debug {
    /// Sends all that is held, and waits for it.
    fn flush(&self) -> Result<(), Failure>;
}
