#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

use std::time::Duration;

use proptest::prelude::*;
use tracing::callsite::{Callsite, Identifier};
use tracing::field::FieldSet;
use tracing::metadata::Kind;
use tracing::subscriber::Interest;

use super::table::{PLACES, RateTable};
use super::*;
use crate::testing::ManualClock;

struct Site;

impl Callsite for Site {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        unreachable!("nobody asks")
    }
}

fn callsite(level: Level) -> &'static Metadata<'static> {
    let fields = FieldSet::new(&[], Identifier(&Site));
    let metadata = Metadata::new("event", "target", level, None, None, None, fields, Kind::EVENT);
    Box::leak(Box::new(metadata))
}

struct Case {
    restraint: Restraint,
    counters: Arc<RecordingCounters>,
    clock: ManualClock,
    said: Vec<Notice>,
}

impl Case {
    fn new(settings: RestraintSettings) -> Self {
        let (counters, clock) = (Arc::default(), ManualClock::new());
        let shared: SharedClock = Arc::new(clock.clone());
        let restraint = Restraint::new(settings, vec![LogSink::File], &counters, &shared);
        Self { restraint, counters, clock, said: Vec::new() }
    }

    fn limited(records_max: u32) -> Self {
        let limit = LogRateLimit { records_max, period: Duration::from_secs(1) };
        Self::new(RestraintSettings { rate_limit: Some(limit), ..Default::default() })
    }

    fn admits(&mut self, metadata: &'static Metadata<'static>) -> bool {
        self.restraint.admits(metadata, None, |_, notice| self.said.push(notice))
    }

    fn admitted(&mut self, metadata: &'static Metadata<'static>, records: usize) -> usize {
        (0..records).filter(|_| self.admits(metadata)).count()
    }

    fn dropped(&self, reason: LogDropReason) -> u64 {
        self.counters.logs.dropped(LogSink::File, reason)
    }
}

#[test]
fn without_settings_everything_passes() {
    let mut case = Case::new(RestraintSettings::default());
    assert_eq!(case.admitted(callsite(Level::TRACE), 1000), 1000);
    assert!(case.restraint.admits(callsite(Level::TRACE), Some(false), |_, _| {}));
    assert!(case.said.is_empty());
}

#[test]
fn the_first_ones_pass_then_one_notice_then_one_summary() {
    let mut case = Case::limited(3);
    let (site, limit) = (callsite(Level::INFO), case.restraint.rate.as_ref().unwrap().limit);
    assert_eq!(case.admitted(site, 3), 3);
    assert!(case.said.is_empty());
    assert_eq!(case.admitted(site, 7), 0);
    assert_eq!(case.said, [Notice::Began(limit)]);
    assert_eq!(case.dropped(LogDropReason::RateLimit), 7);

    case.clock.advance(Duration::from_secs(1));
    assert_eq!(case.admitted(site, 4), 3);
    assert_eq!(
        case.said,
        [Notice::Began(limit), Notice::Ended { suppressed: 7 }, Notice::Began(limit)]
    );
}

#[test]
fn another_call_site_brings_the_summary_and_has_a_rate_of_its_own() {
    let mut case = Case::limited(1);
    let (loud, quiet) = (callsite(Level::INFO), callsite(Level::INFO));
    assert_eq!(case.admitted(loud, 5), 1);
    assert!(case.admits(quiet));
    case.said.clear();
    case.clock.advance(Duration::from_secs(1));
    assert!(case.admits(quiet));
    assert_eq!(case.said, [Notice::Ended { suppressed: 4 }]);
    case.clock.advance(Duration::from_secs(5));
    assert!(case.admits(loud));
    assert_eq!(case.said.len(), 1, "a summary came twice");
}

#[test]
fn call_sites_beyond_the_table_are_not_limited() {
    let mut case = Case::limited(1);
    let sites: Vec<_> = (0..PLACES * 2).map(|_| callsite(Level::INFO)).collect();
    assert!(sites.iter().all(|site| case.admits(site)));
    let second = sites.iter().filter(|site| case.admits(site)).count();
    assert!((PLACES..PLACES + PLACES / 2).contains(&second), "{second}");
}

#[test]
fn what_is_below_warn_goes_with_its_trace() {
    let case = Case::new(RestraintSettings { follows_trace: true, ..Default::default() });
    let table = [
        (Level::INFO, Some(false), false),
        (Level::TRACE, Some(false), false),
        (Level::WARN, Some(false), true),
        (Level::ERROR, Some(false), true),
        (Level::INFO, Some(true), true),
        (Level::INFO, None, true),
    ];
    for (level, is_sampled, expected) in table {
        let is_admitted = case.restraint.admits(callsite(level), is_sampled, |_, _| {});
        assert_eq!(is_admitted, expected, "{level} {is_sampled:?}");
    }
    assert_eq!(case.dropped(LogDropReason::Sampled), 2);
}

#[test]
fn notices_say_what_they_mean() {
    let limit = LogRateLimit { records_max: 100, period: Duration::from_mins(1) };
    let table = [
        (Notice::Began(limit), "over 100 records in 60 s: the rest is suppressed"),
        (Notice::Ended { suppressed: 1 }, "1 record was suppressed"),
        (Notice::Ended { suppressed: 2 }, "2 records were suppressed"),
    ];
    for (notice, text) in table {
        assert_eq!(notice.to_string(), text);
    }
}

#[test]
fn no_record_is_lost_between_threads() {
    let case = Case::limited(10);
    let site = callsite(Level::INFO);
    let (threads, records) = (4, 1000_u64);
    let admitted: u64 = std::thread::scope(|scope| {
        let run = || (0..records).filter(|_| case.restraint.admits(site, None, |_, _| {})).count();
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap() as u64).sum()
    });
    assert_eq!(admitted, 10);
    assert_eq!(case.dropped(LogDropReason::RateLimit), threads * records - 10);
}

proptest! {
    #[test]
    fn every_record_passes_or_is_in_a_summary(
        bursts in prop::collection::vec((1_usize..20, 1_u64..3), 1..20),
    ) {
        let mut case = Case::limited(5);
        let site = callsite(Level::INFO);
        let mut admitted = 0;
        for (records, seconds) in &bursts {
            admitted += case.admitted(site, *records);
            case.clock.advance(Duration::from_secs(*seconds));
        }
        admitted += case.admitted(site, 1);
        let suppressed: usize = case.said.iter().map(|notice| match notice {
            Notice::Began(_) => 0,
            Notice::Ended { suppressed } => *suppressed as usize,
        }).sum();
        let records: usize = bursts.iter().map(|(records, _)| records).sum();
        prop_assert_eq!(admitted + suppressed, records + 1);
    }

    #[test]
    fn a_clock_that_differs_between_threads_does_no_harm(periods in prop::collection::vec(1_u32..4, 1..40)) {
        let (table, site) = (RateTable::default(), callsite(Level::INFO));
        let mut taken = 0;
        let mut within = 0;
        for period in &periods {
            table.take_ended(*period, 2, |_, suppressed| taken += suppressed as usize);
            let (count, left) = table.count(site, *period, 2);
            taken += left as usize;
            within += usize::from(count == Count::Within);
        }
        table.take_ended(9, 2, |_, suppressed| taken += suppressed as usize);
        prop_assert_eq!(within + taken, periods.len());
    }
}
