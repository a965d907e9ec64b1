//! The scores as text.

use std::io::{self, Write};

use crate::leaks::corpus::plan::CorpusSet;
use crate::leaks::corpus::run::{Watch, ablation, detectors, run};
use crate::leaks::corpus::score::Score;

/// Makes the traces for each seed, writes what the detectors make of them, and returns whether the hard
/// set was scored as it must.
///
/// # Errors
///
/// When `out` cannot be written, or the system gives no thread.
pub(crate) fn report(set: CorpusSet, seeds: &[u64], out: &mut impl Write) -> io::Result<bool> {
    let plans = set.plans();
    let mut is_good = true;
    for seed in seeds {
        let mut contenders = detectors();
        let detector_count = contenders.len();
        contenders.extend(ablation());
        let scores = run(&plans, *seed, &contenders)?;
        let limit = scores.limit;
        let (detected, ablated) =
            scores.contenders.split_at_checked(detector_count).unwrap_or_default();
        let months = detected.first().map_or(0.0, Score::healthy_months);
        let name = set.name();
        writeln!(
            out,
            "{name} set, seed {seed}: {} traces, {months:.0} healthy months",
            plans.len()
        )?;
        writeln!(out, "\n{:32}     P     R    F1    FA   TTD  culprit", "detector")?;
        for (contender, score) in contenders.iter().zip(detected) {
            write_score(out, contender.name, score)?;
            match contender.watch {
                Watch::Process(_) => writeln!(out)?,
                Watch::Sites => writeln!(out, "  {:.3}", score.culprit())?,
            }
        }
        write_rates(out, contenders.iter().map(|contender| contender.name).zip(detected))?;
        writeln!(out, "\n{:32}     P     R    F1    FA   TTD", "confirmed, without")?;
        for (contender, score) in contenders.iter().skip(detector_count).zip(ablated) {
            write_score(out, contender.name, score)?;
            writeln!(out)?;
        }
        let [short, median] = limit.lead_hours();
        writeln!(
            out,
            "\nlimit hit by {}, {:.0} % of them warned, {median:.1} h before in the median and one in ten less than {short:.1} h; \
             {:.2} false warnings per process-month\n",
            limit.hits(),
            100.0 * limit.warned(),
            limit.false_warnings_per_month(),
        )?;
        out.flush()?;
        if set == CorpusSet::Hard {
            for miss in misses(detected, ablated) {
                is_good = false;
                writeln!(out, "MISSED: {miss}\n")?;
            }
        }
    }
    writeln!(out, "{LEGEND}")?;
    Ok(is_good)
}

fn write_score(out: &mut impl Write, name: &str, score: &Score) -> io::Result<()> {
    write!(
        out,
        "{name:32}  {:.3} {:.3} {:.3}  {:4.2}  {:3.0}h",
        score.precision(),
        score.recall(),
        score.f1(),
        score.false_alarms_per_month(),
        score.delay_hours(),
    )
}

/// Recall and delay by how fast it leaks, of the first three detectors.
fn write_rates<'a>(
    out: &mut impl Write,
    scores: impl Iterator<Item = (&'a str, &'a Score)>,
) -> io::Result<()> {
    writeln!(out, "\n{:32}  leak per day  recall     TTD  settled", "detector")?;
    for (name, score) in scores.take(3) {
        for (range, low, high) in RATES {
            let rate = score.by_rate(low, high);
            writeln!(
                out,
                "{name:32}  {range:>10} %    {:.2}  {:5.1}h   {:5.1}h",
                rate.recall, rate.delay_hours, rate.settled_delay_hours
            )?;
        }
    }
    Ok(())
}

/// What keeps the rules from being those that were measured: a change of them shows here. The bounds hold for
/// any seed, so they are wider than the figures of most.
fn misses(detected: &[Score], ablated: &[Score]) -> Vec<String> {
    let mut misses = Vec::new();
    let mut check = |is_met: bool, what: &str| {
        if !is_met {
            misses.push(what.to_owned());
        }
    };
    if let [live, _, sites, _, rss, ..] = detected {
        check(live.f1() >= 0.92, "live heap + load: F1 at least 0.92");
        check(live.false_alarms_per_month() <= 0.2, "live heap + load: FA at most 0.20");
        check(rss.f1() >= 0.90, "RSS + load: F1 at least 0.90");
        check(sites.f1() >= 0.94, "call-sites: F1 at least 0.94");
        check(sites.culprit() >= 0.97, "call-sites: culprit in at least 97 %");
    }
    if let [all, record, load, bounded, ..] = ablated {
        let tripled = 3.0 * all.false_alarms_per_month();
        check(record.false_alarms_per_month() >= tripled, "the record gate is worth 3 x FA");
        check(load.false_alarms_per_month() >= tripled, "the load guard is worth 3 x FA");
        check(bounded.false_alarms_per_month() >= tripled, "the bounded models are worth 3 x FA");
    }
    misses
}

const RATES: [(&str, f64, f64); 3] =
    [("2 to 10", 0.02, 0.1), ("10 to 50", 0.1, 0.5), ("50 to 200", 0.5, 2.1)];

const LEGEND: &str = "\
P precision, R recall, F1 their harmonic mean, of traces; one in two leaks.
FA false alarms per process-month of 730 healthy hours. TTD median time from the start of the leak to the alarm;
settled: in a process that is over 12 h old by then. culprit: the first call-site to fire is the one that leaks.";
