//! Trace context and baggage in and out of HTTP headers: beacon's propagator beside the stock ones,
//! in time and allocations for one call.
//!
//! `cargo bench --bench propagation`; `-- --quick` is a smoke test. The two alternate, and the best
//! of many rounds counts, since all that disturbs a round makes it longer.

#![expect(clippy::disallowed_methods, reason = "it measures real time")]
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::arithmetic_side_effects, reason = "no input of others reaches these sums")]

#[path = "../pipeline/alloc.rs"]
mod alloc;
mod headers;

use std::convert::Infallible;
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use beacon::Telemetry;
use beacon::opentelemetry::Context;
use beacon::opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use beacon::propagation::{CarrierExtractor, CarrierInjector};
use http::HeaderMap;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::headers::{StockExtractor, StockInjector};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, calls) = if is_quick { (1, 10) } else { (200, 5_000) };
    let telemetry = Telemetry::builder().disabled(true).build()?;
    let beacon = telemetry.propagator();
    let stock = TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]);

    println!("{:<46} {:>17} {:>17}   beacon / stock", "", "stock", "beacon");
    for (name, pairs) in CASES {
        let headers = headers_of(pairs)?;
        let found = compare(
            rounds,
            calls,
            || drop(black_box(stock.extract(&StockExtractor(&headers)))),
            || drop(black_box(beacon.extract(&CarrierExtractor::new(&headers)))),
        );
        print(&format!("extract {name}"), &found);

        // Each sends what it has read itself.
        let (of_stock, of_beacon) = (
            stock.extract_with_context(&Context::new(), &StockExtractor(&headers)),
            beacon.extract_with_context(&Context::new(), &CarrierExtractor::new(&headers)),
        );
        let (mut to_stock, mut to_beacon) = (HeaderMap::new(), HeaderMap::new());
        let found = compare(
            rounds,
            calls,
            || stock.inject_context(&of_stock, &mut StockInjector(black_box(&mut to_stock))),
            || {
                let mut injector = CarrierInjector::new(black_box(&mut to_beacon));
                beacon.inject_context(&of_beacon, &mut injector);
            },
        );
        print(&format!("inject {name}"), &found);
    }
    Ok(())
}

/// What one call costs.
#[derive(Debug)]
struct Cost {
    time: Duration,
    allocations: u64,
}

fn compare(
    rounds: u32,
    calls: u32,
    mut stock: impl FnMut(),
    mut beacon: impl FnMut(),
) -> [Cost; 2] {
    let mut best = [Duration::MAX; 2];
    for _ in 0..rounds {
        let [of_stock, of_beacon] = &mut best;
        *of_stock = time(calls, &mut stock).min(*of_stock);
        *of_beacon = time(calls, &mut beacon).min(*of_beacon);
    }
    let [of_stock, of_beacon] = best;
    [
        Cost { time: of_stock / calls, allocations: allocations(&mut stock) },
        Cost { time: of_beacon / calls, allocations: allocations(&mut beacon) },
    ]
}

fn time(calls: u32, work: &mut impl FnMut()) -> Duration {
    let began = Instant::now();
    for _ in 0..calls {
        work();
    }
    began.elapsed()
}

fn allocations(work: &mut impl FnMut()) -> u64 {
    let Ok(counted) = alloc::count(work, || Ok::<(), Infallible>(()));
    assert_eq!(counted.own_thread, counted.all_threads, "nothing of it runs elsewhere");
    counted.own_thread
}

fn print(name: &str, [stock, beacon]: &[Cost; 2]) {
    let text = |cost: &Cost| format!("{} ns, {} alloc", cost.time.as_nanos(), cost.allocations);
    let ratio = beacon.time.as_secs_f64() / stock.time.as_secs_f64();
    println!("{name:<46} {:>17} {:>17}   {ratio:.2}", text(stock), text(beacon));
}

fn headers_of(pairs: &[(&'static str, &str)]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    // What every request has as well.
    for name in ["host", "accept", "user-agent", "content-type"] {
        headers.insert(name, "something".parse()?);
    }
    for (name, value) in pairs {
        headers.insert(*name, value.parse()?);
    }
    Ok(headers)
}

type Case = (&'static str, &'static [(&'static str, &'static str)]);

const PARENT: (&str, &str) =
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
const RANDOM: (&str, &str) =
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
const STATE: (&str, &str) = ("tracestate", "ot=th:8;rv:0a1b2c3d4e5f60,vendor=00f067aa0ba902b7");
const BAGGAGE: (&str, &str) =
    ("baggage", "tenant=blue,user.id=3f9a%20b,session=b7ad6b7169203331;ttl=60");

const CASES: [Case; 5] = [
    ("nothing", &[]),
    ("traceparent", &[PARENT]),
    ("traceparent of a random trace", &[RANDOM]),
    ("traceparent, tracestate", &[PARENT, STATE]),
    ("traceparent, tracestate, baggage", &[PARENT, STATE, BAGGAGE]),
];
