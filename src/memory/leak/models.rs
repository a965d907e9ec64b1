//! A straight line against models that stay bounded: which explains a window better.
//!
//! A warm-up, a filled cache, a step and a ramp that has stopped all grow, and all end. Each is fitted
//! with as many free numbers as it needs, and the Bayesian information criterion pays for them.

use std::sync::LazyLock;

use crate::memory::leak::buckets::BUCKET_COUNT;
use crate::memory::leak::statistics::STEPS;

type Shape = [f64; BUCKET_COUNT];

/// Every shape, centered and scaled to length one: 6 KB for all signals together.
#[derive(Debug)]
struct Shapes {
    line: [Shape; 1],
    exponential: [Shape; 4],
    logarithm: [Shape; 2],
    step: [Shape; 21],
    ramp: [Shape; 4],
}

/// Returns by how much the line wins: the smallest BIC of the bounded models less that of the line.
pub(super) fn bic_margin(values: &[f64; BUCKET_COUNT]) -> f64 {
    let shapes = &*SHAPES;
    let mean = values.iter().sum::<f64>() / COUNT;
    let centered = values.map(|value| value - mean);
    let total: f64 = centered.iter().map(|value| value * value).sum();
    let bic = |shapes: &[Shape], parameters| {
        let left = shapes.iter().map(|shape| unexplained(&centered, total, shape));
        COUNT * (left.fold(f64::INFINITY, f64::min) + FLOOR).ln() + parameters * COUNT.ln()
    };
    let bounded = bic(&shapes.exponential, 3.0)
        .min(bic(&shapes.logarithm, 2.5))
        .min(bic(&shapes.step, 3.0))
        .min(bic(&shapes.ramp, 3.0));
    bounded - bic(&shapes.line, 2.0)
}

/// The sum of squares that the best multiple of a shape leaves.
fn unexplained(centered: &Shape, total: f64, shape: &Shape) -> f64 {
    let along: f64 = centered.iter().zip(shape).map(|(value, part)| value * part).sum();
    (total - along * along).max(0.0)
}

/// A shape over u from 0 to 1, centered and scaled.
fn shape(of: impl Fn(f64) -> f64) -> Shape {
    let mut shape = [0.0; BUCKET_COUNT];
    for (value, at) in shape.iter_mut().zip(0_u8..) {
        *value = of(f64::from(at) / STEPS);
    }
    let mean = shape.iter().sum::<f64>() / COUNT;
    let length = shape.iter().map(|value| (value - mean).powi(2)).sum::<f64>().sqrt();
    shape.map(|value| (value - mean) / length)
}

/// Steps up at each of the buckets 2 to 22.
fn steps() -> [Shape; 21] {
    let mut steps = [[0.0; BUCKET_COUNT]; 21];
    for (step, first) in steps.iter_mut().zip(2_u8..) {
        // Between two buckets, so that no rounding of u matters.
        let from = (f64::from(first) - 0.5) / STEPS;
        *step = shape(|u| if u > from { 1.0 } else { 0.0 });
    }
    steps
}

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| Shapes {
    line: [shape(|u| u)],
    exponential: [0.08, 0.15, 0.3, 0.6].map(|tau| shape(|u| (-u / tau).exp())),
    logarithm: [0.01, 0.1].map(|tau| shape(|u| (1.0 + u / tau).ln())),
    step: steps(),
    ramp: [0.3, 0.5, 0.7, 0.85].map(|end| shape(|u| u.min(end))),
});

const COUNT: f64 = 24.0;

/// Keeps a perfect fit finite: 0.08 % of the base for each bucket.
const FLOOR: f64 = COUNT * 0.0008 * 0.0008;

#[cfg(test)]
mod tests {
    use crate::memory::leak::statistics::slope_and_trend;

    use super::*;

    /// Checks S, g and D of y(i, u).
    #[track_caller]
    fn check(of: impl Fn(f64, f64) -> f64, trend_score: i16, growth: f64, margin: f64) {
        let mut values = [0.0; BUCKET_COUNT];
        for (value, at) in values.iter_mut().zip(0_u8..) {
            *value = of(f64::from(at), f64::from(at) / STEPS);
        }
        let (slope, trend) = slope_and_trend(&values);
        assert_eq!(trend, trend_score);
        assert!((STEPS * slope - growth).abs() < 0.6e-5, "g = {}", STEPS * slope);
        assert!((bic_margin(&values) - margin).abs() < 0.6e-3, "D = {}", bic_margin(&values));
    }

    #[test]
    fn a_line_wins_against_every_bounded_model() {
        check(|_, u| 1.0 + 0.1 * u, 276, 0.1, 71.884);
        check(|_, u| 1.0 + 0.1 * u * u, 276, 0.1, 16.266);
        check(|i, u| 1.0 + 0.1 * u + 0.01 * (-1.0_f64).powf(i), 230, 0.1, 4.527);
        check(|i, _| 1.0 + 0.03 * (i / 6.0).floor(), 216, 0.10615, 1.789);
    }

    #[test]
    fn a_bounded_shape_is_no_line() {
        check(|_, u| 1.0 + 0.1 * (1.0 - (-u / 0.3).exp()), 276, 0.07277, -122.195);
        check(|_, u| 1.0 + 0.1 * (1.0 - (-u / 0.2).exp()), 276, 0.05531, -64.120);
        check(|_, u| 1.0 + 0.05 * (1.0 + u / 0.1).ln(), 276, 0.09037, -118.360);
        check(|i, _| 1.0 + if i >= 12.0 { 0.1 } else { 0.0 }, 144, 0.11226, -161.938);
    }

    #[test]
    fn a_flat_window_has_no_margin() {
        check(|_, _| 1.0, 0, 0.0, COUNT.ln() * 0.5);
    }
}
