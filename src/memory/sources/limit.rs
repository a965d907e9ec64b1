//! Whether a limit of memory is known, and why not.

use crate::memory::counts::FailureReason;

/// What is known of the limit of the cgroup.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LimitState {
    /// There is one, and it is known.
    Limited,
    /// Nobody has set one.
    Unlimited,
    /// The process's cgroup cannot be seen from here.
    Hidden,
    /// A file of it holds no number.
    Garbage,
    /// The source did not answer.
    NoAnswer,
    /// The process is in no cgroup that counts memory.
    NoController,
    /// There are no cgroups.
    NoCgroup,
    /// The hierarchy that counts memory is not mounted.
    NotMounted,
    /// A file of it cannot be read.
    Unreadable,
}

impl LimitState {
    const ALL: [Self; 9] = [
        Self::Limited,
        Self::Unlimited,
        Self::Hidden,
        Self::Garbage,
        Self::NoAnswer,
        Self::NoController,
        Self::NoCgroup,
        Self::NotMounted,
        Self::Unreadable,
    ];

    pub(crate) fn from_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    pub(crate) const fn number(self) -> u64 {
        self as u64
    }

    /// Whether there is a limit, and which, or none.
    pub(crate) const fn is_known(self) -> bool {
        matches!(self, Self::Limited | Self::Unlimited)
    }

    /// What is counted when a file came to this.
    pub(crate) const fn failure(self) -> FailureReason {
        match self {
            Self::Garbage => FailureReason::Garbage,
            _ => FailureReason::Unreadable,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Limited => "the limit is known",
            Self::Unlimited => "there is no limit",
            Self::Hidden => "the process's cgroup cannot be seen from here",
            Self::Garbage => "a file of the cgroup holds no number",
            Self::NoAnswer => "the cgroup was not read",
            Self::NoController => "no cgroup of the process counts memory",
            Self::NoCgroup => "there are no cgroups",
            Self::NotMounted => "the hierarchy that counts memory is not mounted",
            Self::Unreadable => "a file of the cgroup cannot be read",
        }
    }
}
