//! Spans and events are filtered apart.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use tracing::dispatcher::with_default;
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use super::recording::{Pipeline, Signals, recorded, recorded_signals, settings};
use crate::config::RecordingSettings;
use crate::export::processors::decode::drain;
use crate::logging::{LiveFilters, layer};

fn filters(log_filter: &str, trace_filter: &str) -> RecordingSettings {
    let (log_filter, trace_filter) = (log_filter.to_owned(), trace_filter.to_owned());
    RecordingSettings { log_filter, trace_filter, ..settings() }
}

fn span_and_events() {
    let _span = tracing::info_span!("span").entered();
    tracing::info!("info");
    tracing::error!("error");
}

#[test]
fn no_log_level_silences_a_trace() {
    for (log_filter, bodies) in
        [("info", vec!["info", "error"]), ("error", vec!["error"]), ("off", vec![])]
    {
        let decoded = recorded(&filters(log_filter, "info"), span_and_events);
        assert_eq!(decoded.span_names(), ["span"], "{log_filter}");
        assert_eq!(decoded.bodies(), bodies, "{log_filter}");
    }
}

#[test]
fn no_trace_level_silences_a_log() {
    let decoded = recorded(&filters("info", "off"), span_and_events);
    assert!(decoded.spans.is_empty());
    assert_eq!(decoded.bodies(), ["info", "error"]);
}

#[test]
fn targets_are_filtered_apart() {
    let decoded = recorded(&filters("off,a=info", "off,b=info"), || {
        tracing::info_span!(target: "a", "a").in_scope(|| ());
        tracing::info_span!(target: "b", "b").in_scope(|| ());
        tracing::info!(target: "a", "a");
        tracing::info!(target: "b", "b");
    });
    assert_eq!(decoded.span_names(), ["b"]);
    assert_eq!(decoded.bodies(), ["a"]);
}

#[test]
fn directives_for_events_may_name_spans() {
    let decoded = recorded(&filters("off,[inside{id=7}]=info", "info"), || {
        tracing::info_span!("inside", id = 7).in_scope(|| tracing::info!("7"));
        tracing::info_span!("inside", id = 8).in_scope(|| tracing::info!("8"));
        tracing::info!("outside");
    });
    assert_eq!(decoded.span_names(), ["inside", "inside"]);
    assert_eq!(decoded.bodies(), ["7"]);
}

#[test]
fn a_bad_directive_is_an_error() {
    for settings in [filters("shop=loud", "info"), filters("info", "shop=loud")] {
        let error = LiveFilters::new(&settings, None).unwrap_err();
        assert_eq!(error.directive, "shop=loud");
    }
}

#[test]
fn a_signal_without_destination_is_not_recorded() {
    let decoded = recorded_signals(Signals::Logs, &settings(), span_and_events);
    assert_eq!((decoded.spans.len(), decoded.logs.len()), (0, 2));
    let decoded = recorded_signals(Signals::Traces, &settings(), span_and_events);
    assert_eq!((decoded.spans.len(), decoded.logs.len()), (1, 0));
    let decoded = recorded_signals(Signals::Neither, &settings(), span_and_events);
    assert_eq!((decoded.spans.len(), decoded.logs.len()), (0, 0));
}

#[test]
fn events_are_span_events_on_request() {
    let names = |settings: &RecordingSettings, signals| {
        let decoded = recorded_signals(signals, settings, span_and_events);
        let events = &decoded.span("span").events;
        events.iter().map(|event| event.name.clone()).collect::<Vec<_>>()
    };
    let asked = RecordingSettings { span_events: true, ..filters("info", "info") };
    assert_eq!(names(&settings(), Signals::Both), Vec::<String>::new());
    assert_eq!(names(&asked, Signals::Both), ["info", "error"]);
    assert_eq!(names(&asked, Signals::Traces), ["info", "error"]);
    // Only the status of the span lets the error pass the filter; it is no span event for that.
    let off = RecordingSettings { log_filter: "off".to_owned(), ..asked };
    assert_eq!(names(&off, Signals::Both), Vec::<String>::new());
}

/// Notes the spans and events that reach it.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<&'static Metadata<'static>>>>);

impl<S: Subscriber> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, _id: &Id, _ctx: Context<'_, S>) {
        self.0.lock().unwrap().push(attributes.metadata());
    }

    fn on_event(&self, event: &Event<'_>, _ctx: Context<'_, S>) {
        self.0.lock().unwrap().push(event.metadata());
    }
}

#[test]
fn absent_layers_leave_other_layers_alone() {
    let seen = Seen::default();
    let parts = Pipeline::default().parts(Signals::Neither, &settings());
    let ours = layer(parts).unwrap();
    with_default(
        &Dispatch::new(Registry::default().with(ours).with(seen.clone())),
        span_and_events,
    );
    assert_eq!(seen.0.lock().unwrap().len(), 3);

    let seen = Seen::default();
    let parts = Pipeline::default().parts(Signals::Neither, &settings());
    let ours = layer(parts).unwrap();
    with_default(
        &Dispatch::new(Registry::default().with(seen.clone()).with(ours)),
        span_and_events,
    );
    assert_eq!(seen.0.lock().unwrap().len(), 3);
}

#[test]
fn our_filters_are_not_those_of_other_layers() {
    let seen = Seen::default();
    let pipeline = Pipeline::default();
    let ours = layer(pipeline.parts(Signals::Both, &filters("off", "off"))).unwrap();
    with_default(
        &Dispatch::new(Registry::default().with(ours).with(seen.clone())),
        span_and_events,
    );
    assert_eq!(seen.0.lock().unwrap().len(), 3);
    assert!(drain(&pipeline.intake).logs.is_empty());
}

#[test]
fn plain_filters_are_asked_once_for_a_span() {
    let seen = Seen::default();
    with_default(&Dispatch::new(Registry::default().with(seen.clone())), || {
        let _info = tracing::info_span!("info");
        let _debug = tracing::debug_span!("debug");
        let _muted = tracing::error_span!(target: "muted", "error");
        tracing::debug!("debug");
    });
    let seen = seen.0.lock().unwrap();
    let [info, debug, muted, event] = seen[..] else { panic!("{seen:?}") };
    for span_events in [false, true] {
        let settings = RecordingSettings { span_events, ..filters("info", "info,muted=off") };
        let dispatch = Pipeline::default().dispatch(Signals::Both, &settings);
        assert!(dispatch.register_callsite(info).is_always());
        assert!(dispatch.register_callsite(debug).is_never());
        assert!(dispatch.register_callsite(muted).is_never());
        assert!(dispatch.register_callsite(event).is_never());
    }
}

#[test]
fn fifty_subscribers_with_different_levels_do_not_disturb_each_other() {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let barrier = Arc::new(Barrier::new(50));
    let threads: Vec<_> = (0..50)
        .map(|n| {
            let barrier = Arc::clone(&barrier);
            let run = move || {
                let (log_count, span_count) = (n % levels.len(), n / 2 % levels.len());
                barrier.wait();
                let decoded = recorded(&filters(levels[log_count], levels[span_count]), || {
                    for span in [
                        tracing::error_span!("span"),
                        tracing::warn_span!("span"),
                        tracing::info_span!("span"),
                        tracing::debug_span!("span"),
                        tracing::trace_span!("span"),
                    ] {
                        span.in_scope(|| ());
                    }
                    tracing::error!("event");
                    tracing::warn!("event");
                    tracing::info!("event");
                    tracing::debug!("event");
                    tracing::trace!("event");
                });
                assert_eq!((decoded.logs.len(), decoded.spans.len()), (log_count, span_count));
            };
            thread::Builder::new().spawn(run).unwrap()
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn two_pipelines_on_parallel_threads_keep_apart() {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        for name in ["left", "right"] {
            let barrier = &barrier;
            scope.spawn(move || {
                let decoded = recorded(&settings(), || {
                    for _ in 0..100 {
                        barrier.wait();
                        let _span = tracing::info_span!("span", name).entered();
                        tracing::info!("{name}");
                    }
                });
                assert_eq!(decoded.bodies(), vec![name; 100]);
                assert_eq!(decoded.spans.len(), 100);
                for ((_, log), (_, span)) in decoded.logs.iter().zip(&decoded.spans) {
                    assert_eq!(log.span_id, span.span_id);
                }
            });
        }
    });
}
