//! What is measured, once per stack.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use beacon::task::{self, CarriesContext as _, ContextExt as _, channel};
use tokio::runtime::Runtime;
use tokio::task::{JoinHandle, yield_now};
use tracing::{Instrument as _, info_span};

use crate::carried::Carried;
use crate::stack::Stack;

/// Nanoseconds of one operation, the mean of `count` of them.
pub(crate) type Operation = fn(&Runtime, Stack, u32) -> f64;

pub(crate) const OPERATIONS: &[(&str, Operation)] = &[
    ("spawn and join, no span", |runtime, stack, count| joined(runtime, stack, count, false, 0)),
    ("spawn and join, in a span", |runtime, stack, count| joined(runtime, stack, count, true, 0)),
    ("the same, 10 yields", |runtime, stack, count| joined(runtime, stack, count / 10, true, 10)),
    ("poll, in a span", polls),
    ("set of 1000, in a span", sets),
    ("channel, send and receive", messages),
];

/// The smallest of some runs.
pub(crate) fn least(runtime: &Runtime, stack: Stack, operation: Operation, is_quick: bool) -> f64 {
    let (runs, count) = if is_quick { (1, 1_000) } else { (20, 10_000) };
    (0..runs).map(|_| operation(runtime, stack, count)).fold(f64::INFINITY, f64::min)
}

fn mean(count: u32, work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

fn joined(runtime: &Runtime, stack: Stack, count: u32, has_span: bool, yields: u32) -> f64 {
    let span = if has_span { info_span!("request") } else { tracing::Span::none() };
    runtime.block_on(
        async {
            let begun = Instant::now();
            for _ in 0..count {
                let work = async move {
                    for _ in 0..yields {
                        yield_now().await;
                    }
                };
                black_box(spawned(stack, work).await.is_ok());
            }
            begun.elapsed().as_secs_f64() * 1e9 / f64::from(count)
        }
        .instrument(span),
    )
}

fn spawned<F: Future<Output = ()> + Send + 'static>(stack: Stack, work: F) -> JoinHandle<()> {
    match stack {
        Stack::Bare => tokio::spawn(work),
        Stack::Absent | Stack::Beacon | Stack::Unwatched => task::spawn(work),
        Stack::OfficialSpan => tokio::spawn(work.in_current_span()),
        Stack::Official | Stack::OnBeacon => tokio::spawn(Carried::new(work).in_current_span()),
    }
}

/// One future that is polled again and again.
fn polls(_: &Runtime, stack: Stack, count: u32) -> f64 {
    let work = || poll_fn(|_| Poll::<()>::Pending);
    info_span!("request").in_scope(|| match stack {
        Stack::Bare => polled(work(), count),
        Stack::Absent | Stack::Beacon | Stack::Unwatched => {
            polled(work().with_current_context(), count)
        }
        Stack::OfficialSpan => polled(work().in_current_span(), count),
        Stack::Official | Stack::OnBeacon => polled(Carried::new(work()).in_current_span(), count),
    })
}

fn polled(future: impl Future<Output = ()>, count: u32) -> f64 {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    mean(count, || {
        for _ in 0..count {
            black_box(future.as_mut().poll(&mut context).is_pending());
        }
    })
}

fn sets(runtime: &Runtime, stack: Stack, count: u32) -> f64 {
    const TASKS: u32 = 1_000;
    let rounds = (count / TASKS).max(1);
    runtime.block_on(
        async {
            let begun = Instant::now();
            for _ in 0..rounds {
                set(stack, TASKS).await;
            }
            begun.elapsed().as_secs_f64() * 1e9 / f64::from(rounds)
        }
        .instrument(info_span!("request")),
    )
}

async fn set(stack: Stack, tasks: u32) {
    if matches!(stack, Stack::Absent | Stack::Beacon | Stack::Unwatched) {
        let mut set: task::JoinSet<()> = (0..tasks).map(|_| async {}).collect();
        while set.join_next().await.is_some() {}
        return;
    }
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        match stack {
            Stack::OfficialSpan => set.spawn(async {}.in_current_span()),
            Stack::Official | Stack::OnBeacon => {
                set.spawn(Carried::new(async {}).in_current_span())
            }
            _ => set.spawn(async {}),
        };
    }
    while set.join_next().await.is_some() {}
}

/// A message is sent in a span and received; with beacon it knows where it came from.
fn messages(_: &Runtime, stack: Stack, count: u32) -> f64 {
    info_span!("request").in_scope(|| {
        if matches!(stack, Stack::Absent | Stack::Beacon | Stack::Unwatched) {
            let (sender, mut receiver) = channel::mpsc(1);
            return mean(count, || {
                for number in 0..count {
                    black_box(sender.try_send(number).is_ok());
                    let message = receiver.try_recv();
                    black_box(message.map(|message| message.message_context().clone()).is_ok());
                }
            });
        }
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        mean(count, || {
            for number in 0..count {
                black_box(sender.try_send(number).is_ok());
                black_box(receiver.try_recv().is_ok());
            }
        })
    })
}
