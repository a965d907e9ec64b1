//! A real process on jemalloc whose arenas retain what many threads have freed.
#![cfg(target_os = "linux")]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "a test may fail; clippy only knows functions marked as tests, and not their helpers"
)]
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

#[path = "child/mod.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod child;
#[path = "verdicts/service.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod service;

use std::alloc::{GlobalAlloc, Layout};

use beacon::memory::{LeakAlert, LeakCause, TrackingAllocator};
use tikv_jemalloc_sys::{MALLOCX_ALIGN, mallocx, sdallocx};

use crate::child::run;
use crate::service::{HOUR, Service, Workers, serve, shown};

struct Jemalloc;

// SAFETY: Both functions are jemalloc's, with the alignment that the layout asks for.
unsafe impl GlobalAlloc for Jemalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: As the caller says.
        unsafe { mallocx(layout.size(), MALLOCX_ALIGN(layout.align())) }.cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: As the caller says.
        unsafe { sdallocx(block.cast(), layout.size(), MALLOCX_ALIGN(layout.align())) }
    }
}

#[global_allocator]
static ALLOCATOR: TrackingAllocator<Jemalloc> = TrackingAllocator::new(Jemalloc);

/// A day takes seconds, and jemalloc gives pages back by the machine's time, after ten of them: so
/// in this process it keeps them.
const KEEPS: (&str, &str) = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:-1,muzzy_decay_ms:-1");

#[test]
fn what_the_arenas_of_many_threads_retain_is_given_back_and_no_leak() {
    run("what_the_arenas_of_many_threads_retain_is_given_back_and_no_leak", &[KEEPS], || {
        let workers = Workers::start(12);
        let is_retained = |alert: &LeakAlert| alert.cause == LeakCause::Retained;
        let alerts = Service::start().run(36 * HOUR, is_retained, |minute| {
            serve(10);
            if minute % 10 == 0 {
                // Each time a little more than ever before: 6 MB more an hour.
                workers.burst(usize::try_from(minute).expect("small") * 8_000);
            }
        });
        assert_eq!(shown(&alerts), ["retained healthy"]);
        assert!(alerts.iter().any(|alert| alert.returned_bytes > Some(4e6)), "{alerts:?}");
    });
}
