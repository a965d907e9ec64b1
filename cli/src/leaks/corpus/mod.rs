//! The development corpus: simulated processes, some of which leak.

mod background;
mod detect;
mod leak;
mod limit;
mod plan;
mod random;
mod report;
mod run;
mod score;
mod series;
mod site_samples;
mod trace;

pub(super) use crate::leaks::corpus::plan::CorpusSet;
pub(super) use crate::leaks::corpus::report::report;

#[cfg(test)]
mod tests;
