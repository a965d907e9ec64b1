//! The same rules once more, on whole arrays and without any cleverness.

use super::*;
use crate::memory::leak::models::bic_margin;

/// One sample.
#[derive(Clone, Copy)]
struct Sample {
    minute: f64,
    bytes: f64,
    load: f64,
}

/// What a check says: level, window, g, r.
#[derive(Debug, PartialEq)]
struct Told {
    level: LeakLevel,
    scale_hours: u32,
}

/// Smallest size and mean load of each bucket; `None` for empty ones.
fn buckets(samples: &[Sample], width: u32) -> Vec<Option<(f64, f64)>> {
    let index = |sample: &Sample| (sample.minute / f64::from(width)).floor() as usize;
    let mut buckets = Vec::new();
    for within in samples.chunk_by(|a, b| index(a) == index(b)) {
        buckets.resize(index(&within[0]), None);
        let low = within.iter().map(|sample| sample.bytes as f32).reduce(f32::min).unwrap();
        let sum: f64 = within.iter().map(|sample| sample.load).sum();
        buckets.push(Some((f64::from(low), f64::from((sum / within.len() as f64) as f32))));
    }
    buckets
}

/// The statistics (S, g, D, λ) of the last 24 buckets, when they can be judged.
fn statistics(buckets: &[Option<(f64, f64)>], base: f64) -> Option<(i32, f64, f64, f64)> {
    let begin = buckets.iter().position(Option::is_some)?;
    let mut filled = Vec::new();
    let mut last = None;
    for bucket in &buckets[begin..] {
        last = bucket.or(last);
        filled.push((last?, bucket.is_none()));
    }
    let window = filled.len().checked_sub(24).map(|from| &filled[from..])?;
    if window.iter().filter(|(_, empty)| *empty).count() > 6 || window[23].1 {
        return None;
    }
    let mut values = [0.0; 24];
    let mut slopes = Vec::new();
    let mut trend = 0;
    for i in 0..24 {
        values[i] = window[i].0.0 / base;
        for j in 0..i {
            slopes.push((values[i] - values[j]) / (i - j) as f64);
            trend += i32::from(values[i] > values[j]) - i32::from(values[i] < values[j]);
        }
    }
    slopes.sort_by(f64::total_cmp);
    let mean = window.iter().map(|(bucket, _)| bucket.1).sum::<f64>() / 24.0;
    let along: f64 = (0..24).map(|i| (i as f64 - 11.5) * (window[i].0.1 - mean)).sum();
    let lambda = (23.0 * along / 1150.0 / mean.max(1e-9)).max(0.0);
    Some((trend, 23.0 * (slopes[137] + slopes[138]) / 2.0, bic_margin(&values), lambda))
}

/// The record margin behind all half hours, as a share of the base.
fn record(halves: &[Option<(f64, f64)>], base: f64) -> Option<f64> {
    let low = |lags: std::ops::Range<usize>, pick: fn(f64, f64) -> f64| {
        let lags = lags.filter_map(|lag| halves.len().checked_sub(lag + 1));
        lags.filter_map(|at| halves[at].map(|bucket| bucket.0)).reduce(pick)
    };
    Some((low(0..3, f64::min)? - low(13..193, f64::max)?) / base)
}

/// Whether (confirmed, suspected) pass at `end`, for the window of buckets of `width` minutes.
fn passes(closed: &[Option<(f64, f64)>], width: u32, end: u32, base: f64, r: f64) -> (bool, bool) {
    let Some((trend, g, d, lambda)) = statistics(closed, base) else {
        return (false, false);
    };
    let (age, window) = (f64::from(end) / 60.0, f64::from(width) * 0.4);
    if width <= 30 {
        let floor = 0.3 * (window / 24.0).powf(0.6) + 0.3 * (age / (age - window)).ln() + lambda;
        return (g > floor && d > 3.0 && r > 0.05 && trend >= 203 && age > 2.0 * window, false);
    }
    let floor = 0.04 * (window / 24.0).powf(0.3) + 0.9 * lambda;
    let common = g > floor && d > 2.0 && trend >= 112 && age > 1.05 * window;
    (common && (r > 0.09 || width == 240), common && (r > 0.03 || width == 240))
}

/// What each check from minute 90 on says.
fn told(samples: &[Sample], end: u32, base: f64) -> Vec<Told> {
    const WINDOWS: [(u32, usize, usize); 6] =
        [(5, 1, 0), (15, 2, 0), (30, 4, 0), (60, 2, 1), (120, 4, 2), (240, 9, 5)];
    let of = |width| {
        let mut all = buckets(samples, width);
        all.resize((end / width) as usize + 1, None);
        all
    };
    let halves = of(30);
    let windows = WINDOWS.map(|window| (window, of(window.0)));
    let mut passed = vec![Vec::new(); 6];
    let mut all = Vec::new();
    for end in (90..=end).step_by(30) {
        let r = record(&halves[..end as usize / 30], base).unwrap_or(f64::NEG_INFINITY);
        let mut told = Told { level: LeakLevel::None, scale_hours: 0 };
        for (((width, confirmed, suspected), buckets), passed) in windows.iter().zip(&mut passed) {
            let closed = &buckets[..(end / width) as usize];
            passed.push(passes(closed, *width, end, base, r));
            let held = |hold: usize, of: fn(&(bool, bool)) -> bool| {
                hold > 0 && passed.iter().rev().take_while(|it| of(it)).count() >= hold
            };
            let level = match () {
                () if held(*confirmed, |it| it.0) => LeakLevel::Confirmed,
                () if held(*suspected, |it| it.1) => LeakLevel::Suspected,
                () => continue,
            };
            if level >= told.level {
                told = Told { level, scale_hours: width * 24 / 60 };
            }
        }
        all.push(told);
    }
    all
}

/// A small generator of numbers in [0, 1).
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 40) as f64 / f64::from(1 << 24)
}

/// A process that leaks or not, with noise, load and lost samples.
fn samples(seed: u64, days: u32) -> Vec<Sample> {
    let mut state = seed;
    let mut draw = || random(&mut state);
    let (rate, onset) = (2.0 * draw() * draw(), 1440.0 * draw());
    let (noise, lost, load_growth) = (0.02 * draw(), 0.6 * draw() * draw(), 0.3 * draw() * draw());
    let outage = 300.0 + 5000.0 * draw();
    let mut samples = Vec::new();
    for minute in (0..days * 1440).step_by(5).map(f64::from) {
        if draw() < lost || (outage..outage + 400.0).contains(&minute) {
            continue;
        }
        let leaked = rate * (minute - onset).max(0.0) / 1440.0;
        let load = 1.0 + load_growth * minute / 1440.0 + 0.1 * draw();
        let bytes = BASE * (1.0 + leaked + noise * draw() + 0.1 * load);
        samples.push(Sample { minute, bytes, load });
    }
    samples
}

#[test]
fn streaming_agrees_with_whole_arrays_at_every_check() {
    let mut counts = [0; 3];
    for seed in 0..12 {
        let samples = samples(seed, 5);
        let at = |minute: f64| {
            let found = samples.binary_search_by(|sample| sample.minute.total_cmp(&minute));
            &samples[found.unwrap()]
        };
        let streamed = verdicts(
            samples.iter().map(|sample| sample.minute),
            |minute| at(minute).bytes,
            |minute| Some(at(minute).load),
        );
        let Some(base) = streamed.iter().find_map(|verdict| verdict.base_bytes) else { continue };
        let settled: Vec<_> =
            streamed.iter().filter(|verdict| verdict.base_bytes.is_some()).collect();
        let end = streamed.last().map_or(0.0, |verdict| verdict.minute) as u32;
        let expected = told(&samples, end, base);
        let expected = &expected[expected.len() - settled.len()..];
        for (verdict, told) in settled.iter().zip(expected) {
            let scale_hours = verdict.evidence.map_or(0, |evidence| evidence.scale_hours);
            let streamed = Told { level: verdict.level, scale_hours };
            assert_eq!(&streamed, told, "seed {seed}, minute {}", verdict.minute);
            counts[told.level as usize] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 20), "each level is among them: {counts:?}");
}
