//! What one check found.

/// How sure one check is that memory leaks.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum LeakLevel {
    /// No sign of a leak, or not enough data yet.
    #[default]
    None,
    /// Growth that looks like a leak. Earlier, with about four times as many false alarms.
    Suspected,
    /// A leak, as sure as the detector gets.
    Confirmed,
}

impl LeakLevel {
    /// Caps the level at suspected when growth could not be held against load.
    ///
    /// False alarms are about ten times as many without a load. `is_trusted` is whether the load is
    /// known, or the user wants alerts without it.
    #[must_use]
    pub fn capped(self, is_trusted: bool) -> Self {
        if is_trusted { self } else { self.min(Self::Suspected) }
    }
}

/// The raw result of one check, before any hysteresis.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeakVerdict {
    /// When the check was due, in minutes since age zero; a multiple of 30.
    pub minute: f64,
    /// How sure it is.
    pub level: LeakLevel,
    /// The normal size, in bytes: `None` until 10 samples from minute 30 on are known.
    pub base_bytes: Option<f64>,
    /// Low water of the last 1.5 h above every one from 6.5 h to 96.5 h ago, as a share of the base:
    /// `None` before age 7 h and in gaps.
    pub record_margin_ratio: Option<f64>,
    /// The smallest sample of the last half hour that has any, in bytes.
    pub current_bytes: Option<f64>,
    /// Whether load was known over the window that decided, or now, when none did.
    pub load_known: bool,
    /// What speaks for a leak, of the longest window that holds: present when the level is not
    /// [`LeakLevel::None`].
    pub evidence: Option<LeakEvidence>,
}

/// The numbers of the longest window whose conditions hold.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeakEvidence {
    /// Length of the window: 2, 6, 12, 24, 48 or 96 hours.
    pub scale_hours: u32,
    /// Growth in bytes per hour: the median slope of the low water.
    pub growth_bytes_per_hour: f64,
    /// Growth over the window, in bytes.
    pub growth_bytes: f64,
    /// Growth over the window as a share of the base (g).
    pub growth_ratio: f64,
    /// By how much a straight line explains the window better than a bounded model does: the
    /// difference of the Bayesian information criteria (D). Positive evidence from 2 on.
    /// Source: Kass and Raftery, "Bayes Factors", 1995, <https://doi.org/10.1080/01621459.1995.10476572>.
    pub bic_margin: f64,
    /// Growth of the load over the window, as a share of its mean (λ): 0 when it is unknown.
    pub load_growth_ratio: f64,
    /// Pairs of buckets that grew, less those that shrank, of 276 (the S of Mann and Kendall).
    pub trend_score: i32,
}

impl LeakEvidence {
    /// Returns the hours until `limit_bytes` is reached at this growth: 0 when it already is, `None`
    /// without growth.
    pub fn time_to_limit_hours(&self, current_bytes: f64, limit_bytes: f64) -> Option<f64> {
        let is_growing = self.growth_bytes_per_hour > 0.0;
        let left_bytes = (limit_bytes - current_bytes).max(0.0);
        is_growing.then(|| left_bytes / self.growth_bytes_per_hour)
    }
}
