//! Faults beside requests.

use std::time::Duration;

use beacon::memory;
use beacon::tracing::info;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::demo::fault::fragment::Fragments;
use crate::demo::fault::handlers::give_up;
use crate::demo::fault::leak::Leak;
use crate::demo::fault::retain::Retained;
use crate::demo::fault::stall::stall;
use crate::demo::fault::{Fault, Faults};
use crate::demo::task;

/// Does what the faults ask for. Never ends.
pub(in crate::demo) async fn work(faults: Faults) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut leak = Leak::default();
    let mut fragments = Fragments::default();
    let mut retained = None;
    let on_request = faults.clone();
    let _hook = memory::on_pressure("demo", move |_| {
        if on_request.is_on(Fault::Panics) {
            give_up();
        }
    });
    loop {
        ticks.tick().await;
        if faults.is_on(Fault::Leak) {
            leak.grow();
        } else {
            leak.end();
        }
        if faults.is_on(Fault::Fragment) {
            fragments.grow();
        } else if !fragments.is_empty() {
            reclaim(fragments.thin()).await;
            fragments.end();
        }
        if faults.is_on(Fault::Flood) {
            flood();
        }
        if faults.is_on(Fault::Stall) {
            let faults = faults.clone();
            // The caller goes on meanwhile, on another worker.
            task::spawn(async move { stall(|| faults.is_on(Fault::Stall)) });
        }
        match (faults.is_on(Fault::Retain), retained.is_some()) {
            (true, false) => retained = Some(Retained::new()),
            (false, true) => {
                retained = None;
                // Blocks.
                task::spawn_blocking(memory::reclaim);
            }
            _ => {}
        }
    }
}

/// Asks for memory back until most of what is free has been given back: a run that was under way
/// may have been too early for it.
async fn reclaim(free_bytes: u64) {
    for _ in 0..RECLAIMS_MAX {
        let report = task::spawn_blocking(memory::reclaim).await;
        if report.is_ok_and(|report| report.returned_bytes > free_bytes / 2) {
            return;
        }
        sleep(RECLAIM_PAUSE).await;
    }
}

fn flood() {
    for number in 0..FLOOD {
        info!(demo.in_span = false, demo.number = number, "the flood rises");
    }
}

const TICK: Duration = Duration::from_millis(100);
const RECLAIMS_MAX: u32 = 20;
const RECLAIM_PAUSE: Duration = Duration::from_millis(250);
const FLOOD: u32 = 2000;
