//! Messages: the receiver decides where its work belongs.

use beacon::opentelemetry::trace::TraceContextExt as _;
use beacon::task::channel::{self, Envelope};
use beacon::task::{CarriesContext as _, ContextExt as _, batch_span};
use beacon::testing::TestTelemetry;
use beacon::tracing::info_span;

use crate::support::{check, in_request, one_thread, work, workers};

/// What is received where the receiver is a part of the sender's trace.
const CHILD: &str = "
    trace-1
      request
        receive
          work {tenant=acme}
            - INFO done
    ";

/// Sends in a request and receives outside of it, once as a part of its trace and once linked.
#[track_caller]
fn check_channel(exchange: impl AsyncFn(Sending) -> Envelope<u8>) {
    for runtime in [one_thread(), workers(2)] {
        let test = TestTelemetry::start().unwrap();
        runtime.block_on(test.capture(async {
            let message = exchange(Sending).await;
            assert_eq!(*message, 7);
            let span = message.child_span(|| info_span!("receive"));
            async { work() }.in_span(span).await;
        }));
        check(&test, CHILD);
    }
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(async {
        let message = exchange(Sending).await;
        let span = message.linked_span(|| info_span!("receive"));
        async { work() }.in_span(span).await;
    }));
    let (request, receive) = (test.span("request").unwrap(), test.span("receive").unwrap());
    assert_ne!(request.span().trace_id, receive.span().trace_id);
    assert_eq!(receive.span().links.len(), 1);
    assert_eq!(receive.span().links[0].span_id, request.span().span_id);
    assert_eq!(receive.child("work").unwrap().attribute("tenant").unwrap(), "acme");
}

/// Sends from the request.
#[derive(Clone, Copy)]
struct Sending;

impl Sending {
    async fn send<T>(self, send: impl AsyncFnOnce() -> T) -> T {
        in_request(send()).await
    }
}

#[test]
fn a_bounded_channel() {
    check_channel(async |sending| {
        let (sender, mut receiver) = channel::mpsc(1);
        sending.send(async || sender.send(7).await.unwrap()).await;
        receiver.recv().await.unwrap()
    });
    check_channel(async |sending| {
        let (sender, mut receiver) = channel::mpsc(1);
        sending.send(async || sender.try_send(7).unwrap()).await;
        assert_eq!(sender.try_send(8).unwrap_err().into_inner(), 8);
        receiver.try_recv().unwrap()
    });
    check_channel(async |sending| {
        let (sender, mut receiver) = channel::mpsc(1);
        let send = async || beacon::task::spawn_blocking(move || sender.blocking_send(7)).await;
        sending.send(send).await.unwrap().unwrap();
        tokio::task::spawn_blocking(move || receiver.blocking_recv()).await.unwrap().unwrap()
    });
}

#[test]
fn an_unbounded_channel() {
    check_channel(async |sending| {
        let (sender, mut receiver) = channel::unbounded();
        sending.send(async || sender.send(7).unwrap()).await;
        receiver.recv().await.unwrap()
    });
}

#[test]
fn a_channel_for_one_message() {
    check_channel(async |sending| {
        let (sender, receiver) = channel::oneshot();
        sending.send(async || sender.send(7).unwrap()).await;
        receiver.await.unwrap()
    });
}

#[test]
fn a_channel_that_reaches_all() {
    check_channel(async |sending| {
        let (sender, _other) = channel::broadcast(2);
        let mut receiver = sender.subscribe();
        sending.send(async || sender.send(7).unwrap()).await;
        receiver.recv().await.unwrap()
    });
}

#[test]
fn a_channel_of_the_latest_value() {
    check_channel(async |sending| {
        let (sender, mut receiver) = channel::watch(1);
        sending.send(async || sender.send(7).unwrap()).await;
        receiver.changed().await.unwrap();
        receiver.borrow_and_update().clone()
    });
    check_channel(async |sending| {
        let (_sender, receiver) = sending.send(async || channel::watch(7)).await;
        receiver.borrow().clone()
    });
    check_channel(async |sending| {
        let (sender, receiver) = channel::watch(1);
        sending.send(async || sender.send_modify(|value| *value = 7)).await;
        receiver.borrow().clone()
    });
    check_channel(async |sending| {
        let (sender, mut receiver) = channel::watch(1);
        sending.send(async || drop(sender.send_replace(7))).await;
        receiver.wait_for(|value| *value == 7).await.unwrap().clone()
    });
}

#[test]
fn a_message_comes_back_from_a_closed_channel() {
    let (sender, receiver) = channel::mpsc(1);
    drop(receiver);
    assert_eq!(one_thread().block_on(sender.send(7)).unwrap_err().0, 7);
    assert!(sender.is_closed());
    let (sender, receiver) = channel::unbounded();
    drop(receiver);
    assert_eq!(sender.send(7).unwrap_err().0, 7);
    let (sender, receiver) = channel::oneshot();
    drop(receiver);
    assert_eq!(sender.send(7).unwrap_err(), 7);
    let (sender, receiver) = channel::broadcast(1);
    drop(receiver);
    assert_eq!(sender.send(7).unwrap_err().0, 7);
    let (sender, receiver) = channel::watch(1);
    drop(receiver);
    assert_eq!(sender.send(7).unwrap_err().0, 7);
}

#[test]
fn a_batch_is_linked_with_all_its_messages() {
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(async {
        let (sender, mut receiver) = channel::mpsc(8);
        for _ in 0..3 {
            in_request(async {
                // Two of one sender are one link.
                sender.send(1).await.unwrap();
                sender.send(2).await.unwrap();
            })
            .await;
        }
        let mut batch = Vec::new();
        assert_eq!(receiver.recv_many(&mut batch, 8).await, 6);
        let span = batch_span(&batch, || info_span!("store"));
        async { work() }.in_span(span).await;
    }));
    let store = test.span("store").unwrap();
    let requests = test.roots().unwrap().into_iter().filter(|root| root.name() == "request");
    let mut sent: Vec<_> = requests.map(|request| request.span().span_id.clone()).collect();
    let mut links: Vec<_> = store.span().links.iter().map(|link| link.span_id.clone()).collect();
    sent.sort();
    links.sort();
    assert_eq!(links, sent);
    assert_eq!(links.len(), 3);
    assert_eq!(store.child("work").unwrap().attribute("tenant").unwrap(), "nobody");
}

#[test]
fn the_loop_of_an_actor_is_not_one_endless_trace() {
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(async {
        let (sender, mut receiver) = channel::mpsc::<u8>(1);
        // It is started in a request, and lives longer.
        let span = info_span!(parent: None, "actor");
        let actor = in_request(async {
            beacon::task::spawn_linked(span, async move {
                while let Some(message) = receiver.recv().await {
                    let span = message.child_span(|| info_span!("receive"));
                    async { work() }.in_span(span).await;
                }
            })
        })
        .await;
        for _ in 0..2 {
            in_request(sender.send(7)).await.unwrap();
        }
        drop(sender);
        actor.await.unwrap();
    }));
    let actor = test.span("actor").unwrap();
    assert!(actor.children().is_empty(), "{actor}");
    let roots = test.roots().unwrap();
    let requests: Vec<_> = roots.iter().filter(|root| root.name() == "request").collect();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests.iter().filter(|request| request.child("receive").is_ok()).count(), 2);
}

#[test]
fn a_message_that_waits_does_not_keep_its_sender_open() {
    let test = TestTelemetry::start().unwrap();
    let _entered = test.enter();
    let message = info_span!("request").in_scope(|| Envelope::seal(7));
    check(&test, "trace-1\n  request");
    assert!(message.message_context().otel().has_active_span());
}
