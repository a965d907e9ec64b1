#![expect(clippy::float_cmp, reason = "whole numbers, which doubles hold exactly")]

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;

use super::points::{points, values_of};
use super::recording;
use crate::catalog::InstrumentKind::{Counter, Gauge, Histogram, UpDownCounter};
use crate::export::metrics::problems::MetricProblem;

#[test]
fn a_callback_that_panics_reports_nothing_and_harms_no_other() {
    let (provider, source, said) = recording();
    let meter = provider.meter("app");
    meter.u64_observable_gauge("before").with_callback(|o| o.observe(1, &[])).build();
    meter
        .u64_observable_gauge("broken")
        .with_callback(|o| {
            o.observe(2, &[]);
            panic!("no source");
        })
        .build();
    meter.u64_observable_gauge("after").with_callback(|o| o.observe(3, &[])).build();
    for _ in 0..2 {
        let metrics = source.collect().unwrap();
        assert_eq!(values_of(&metrics, "before").values().sum::<f64>(), 1.0);
        assert!(values_of(&metrics, "broken").is_empty());
        assert_eq!(values_of(&metrics, "after").values().sum::<f64>(), 3.0);
    }
    let expected = MetricProblem::CallbackPanicked {
        instrument: "broken".to_owned(),
        message: "no source".to_owned(),
    };
    assert_eq!(*said.lock().unwrap(), [expected]);
    assert_eq!(source.problems().callback_panics(), 2);
}

#[test]
fn a_name_that_is_not_legal_is_said_at_the_next_collection() {
    let (provider, source, said) = recording();
    let meter = provider.meter("app");
    meter.u64_counter("a.legal/na-me_1").build().add(1, &[]);
    for name in ["", " ", "2 rooms", "ü", "a b"] {
        meter.u64_counter(name).build().add(1, &[]);
        assert!(said.lock().unwrap().is_empty());
        let metrics = source.collect().unwrap();
        assert_eq!(points(&metrics).len(), 1, "the SDK refuses `{name}`");
        let expected = MetricProblem::NameRefused { instrument: name.to_owned() };
        assert_eq!(said.lock().unwrap().drain(..).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn a_callback_may_make_instruments() {
    let (provider, source, said) = recording();
    let (meter, inner) = (provider.meter("app"), provider.meter("app"));
    meter
        .u64_observable_gauge("outer")
        .with_callback(move |o| {
            inner.u64_counter("inner").build().add(1, &[]);
            o.observe(1, &[]);
        })
        .build();
    let metrics = source.collect().unwrap();
    assert_eq!(values_of(&metrics, "inner").len(), 1);
    assert_eq!(values_of(&metrics, "outer").len(), 1);
    assert!(said.lock().unwrap().is_empty());
}

#[test]
fn an_attribute_set_that_is_no_longer_observed_disappears() {
    let (provider, source, _) = recording();
    let calls = std::sync::atomic::AtomicU64::new(0);
    provider
        .meter("app")
        .u64_observable_gauge("rooms")
        .with_callback(move |o| {
            let call = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            o.observe(call, &[KeyValue::new("call", i64::try_from(call).unwrap())]);
        })
        .build();
    assert!(values_of(&source.collect().unwrap(), "rooms").contains_key("call=0"));
    let second = values_of(&source.collect().unwrap(), "rooms");
    assert_eq!(second.keys().collect::<Vec<_>>(), ["call=1"]);
}

#[test]
fn every_instrument_keeps_its_name_unit_description_and_kind() {
    let (provider, source, _) = recording();
    let meter = provider.meter("app");
    macro_rules! make {
        ($($method:ident.$record:ident;)*) => {
            $(meter.$method(stringify!($method)).with_unit("By").with_description("d").build()
                .$record(Default::default(), &[]);)*
        };
    }
    macro_rules! make_observable {
        ($($method:ident;)*) => {
            $(meter.$method(stringify!($method)).with_unit("By").with_description("d")
                .with_callback(|o| o.observe(Default::default(), &[])).build();)*
        };
    }
    make! {
        u64_counter.add; f64_counter.add; i64_up_down_counter.add; f64_up_down_counter.add;
        u64_gauge.record; i64_gauge.record; f64_gauge.record; u64_histogram.record;
        f64_histogram.record;
    }
    make_observable! {
        u64_observable_counter; f64_observable_counter; i64_observable_up_down_counter;
        f64_observable_up_down_counter; u64_observable_gauge; i64_observable_gauge;
        f64_observable_gauge;
    }
    let points = points(&source.collect().unwrap());
    assert_eq!(points.len(), 16);
    for point in points {
        let kind = match point.metric.as_str() {
            name if name.ends_with("up_down_counter") => UpDownCounter,
            name if name.ends_with("counter") => Counter,
            name if name.ends_with("gauge") => Gauge,
            _ => Histogram,
        };
        assert_eq!(point.instrument, kind, "{}", point.metric);
        assert_eq!((point.unit.as_str(), point.description.as_str()), ("By", "d"));
        assert_eq!(point.scope, "app");
    }
}

#[test]
fn a_histogram_keeps_its_boundaries() {
    let (provider, source, _) = recording();
    let meter = provider.meter("app");
    let histogram = meter.f64_histogram("sizes").with_boundaries(vec![1.0, 2.0]).build();
    histogram.record(1.5, &[]);
    let points = points(&source.collect().unwrap());
    assert_eq!(points[0].buckets, 3);
}

#[test]
fn observations_beyond_the_bound_are_dropped_and_that_is_said_once() {
    let (provider, source, said) = recording();
    provider
        .meter("app")
        .u64_observable_gauge("flood")
        .with_callback(|o| (0..70_000).for_each(|value| o.observe(value, &[])))
        .build();
    for _ in 0..2 {
        let metrics = source.collect().unwrap();
        assert_eq!(values_of(&metrics, "flood")[""], 65_535.0);
    }
    let expected = MetricProblem::TooManyObservations { instrument: "flood".to_owned() };
    assert_eq!(*said.lock().unwrap(), [expected]);
}
