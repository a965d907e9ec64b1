//! Which traces a set consists of.

/// What a healthy process does beside its work, and what lies under most leaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Background {
    ArNoise,
    Bursts,
    Diurnal,
    Exponential,
    Flat,
    Fragmentation,
    LoadRamp,
    Logarithm,
    Lru,
    Mixed,
    PageCache,
    Sawtooth,
    Steps,
}

/// How memory leaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LeakKind {
    Accelerating,
    BeneathDiurnal,
    BeneathSawtooth,
    Constant,
    Delayed,
    LoadProportional,
    Sporadic,
    Step,
}

/// A set of traces.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum CorpusSet {
    /// 374 ordinary traces and 374 hard ones.
    Development,
    /// 516 hard traces.
    Hard,
    /// 516 ordinary ones.
    Ordinary,
    /// 100 hard ones.
    Small,
}

/// What is to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// `None`: any of them.
    pub(super) background: Option<Background>,
    pub(super) leak: Option<LeakKind>,
    pub(super) is_hard: bool,
}

impl CorpusSet {
    /// Returns the plans of all traces: each background and each kind of leak equally often.
    pub(super) fn plans(self) -> Vec<Plan> {
        match self {
            Self::Development => [plans(14, 24, false), plans(14, 24, true)].concat(),
            Self::Hard => plans(20, 32, true),
            Self::Ordinary => plans(20, 32, false),
            Self::Small => plans(4, 6, true),
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Hard => "hard",
            Self::Ordinary => "ordinary",
            Self::Small => "small",
        }
    }
}

/// `healthy` traces of each background and `leaking` ones of each kind of leak.
pub(super) fn plans(healthy: usize, leaking: usize, is_hard: bool) -> Vec<Plan> {
    let mut plans = Vec::new();
    for background in BACKGROUNDS {
        let plan = Plan { background: Some(background), leak: None, is_hard };
        plans.extend(std::iter::repeat_n(plan, healthy));
    }
    for leak in LEAKS {
        let background = match leak {
            LeakKind::BeneathDiurnal => Some(Background::Diurnal),
            LeakKind::BeneathSawtooth => Some(Background::Sawtooth),
            _ => None,
        };
        plans.extend(std::iter::repeat_n(Plan { background, leak: Some(leak), is_hard }, leaking));
    }
    plans
}

pub(super) const BACKGROUNDS: [Background; 13] = [
    Background::Flat,
    Background::Diurnal,
    Background::Sawtooth,
    Background::Exponential,
    Background::Logarithm,
    Background::Steps,
    Background::Fragmentation,
    Background::Lru,
    Background::Bursts,
    Background::PageCache,
    Background::ArNoise,
    Background::LoadRamp,
    Background::Mixed,
];

const LEAKS: [LeakKind; 8] = [
    LeakKind::Constant,
    LeakKind::BeneathSawtooth,
    LeakKind::BeneathDiurnal,
    LeakKind::Delayed,
    LeakKind::LoadProportional,
    LeakKind::Sporadic,
    LeakKind::Step,
    LeakKind::Accelerating,
];
