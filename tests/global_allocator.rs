//! The allocator as that of a program.

use std::alloc::System;

use beacon::memory::{HeapSampling, TrackingAllocator, configure_heap_sampling};

#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);

/// One test: others of this process would allocate meanwhile.
#[test]
fn a_program_knows_who_holds_its_heap() {
    parts::counts_are_exact();
    configure_heap_sampling(HeapSampling::every(64 * 1024));
    parts::samples_name_code_and_span();
    parts::sampling_survives_a_busy_program();
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "sums of a few bytes")]
mod parts {
    use std::collections::HashMap;
    use std::hint::black_box;
    use std::io::Read as _;
    use std::thread;

    use beacon::memory::{
        AllocatorName, HeapSampling, HeapSite, allocator_stats, configure_heap_sampling,
        heap_counters, heap_profile, heap_sites,
    };
    use beacon::testing::TestTelemetry;

    pub(super) fn counts_are_exact() {
        let live = || {
            let counters = heap_counters().unwrap();
            (counters.live_bytes, counters.live_blocks)
        };
        let before = live();
        let held = black_box(vec![1_u8; 10_000]);
        assert_eq!(live(), (before.0 + 10_000, before.1 + 1));
        let mut grown = held;
        grown.reserve_exact(20_000);
        assert_eq!(live(), (before.0 + 30_000, before.1 + 1));
        drop(black_box(grown));
        assert_eq!(live(), before);

        // Started, ended, and freed elsewhere; what a thread needs for itself goes with it.
        let work =
            || thread::scope(|scope| scope.spawn(|| black_box(vec![1_u8; 5_000])).join().unwrap());
        drop(work());
        let before = live();
        for _ in 0..600 {
            drop(work());
        }
        assert_eq!(live(), before);
        assert_eq!(allocator_stats().map(|stats| stats.name), Some(AllocatorName::Glibc));
    }

    #[inline(never)]
    fn import_rows(count: usize) -> Vec<Box<[u8; 4_096]>> {
        (0..count).map(|_| black_box(Box::new([1; 4_096]))).collect()
    }

    pub(super) fn samples_name_code_and_span() {
        let telemetry = TestTelemetry::start().unwrap();
        let held =
            telemetry.with(|| tracing::info_span!("import").in_scope(|| import_rows(10_000)));
        let held_bytes = 10_000.0 * 4_096.0;

        let is_import = |site: &&HeapSite| site.span.is_some_and(|span| span.name() == "import");
        let sites = heap_sites(usize::MAX);
        let import: Vec<_> = sites.iter().filter(is_import).collect();
        let bytes: f64 = import.iter().map(|site| site.live_bytes).sum();
        // 625 samples on average, so this is six standard deviations.
        assert!((bytes / held_bytes - 1.0).abs() < 0.25, "{bytes}");
        let most = import.iter().max_by(|a, b| a.live_bytes.total_cmp(&b.live_bytes)).unwrap();
        // What is inlined has a short name only, as little debug information as tests are built with.
        assert!(most.name().contains(" (tests/global_allocator.rs:"), "{}", most.name());
        let link = most.link.unwrap();
        let span = telemetry.span("import").unwrap();
        assert_eq!(format!("{:032x}", link.trace_id), span.span().trace_id);
        assert_eq!(format!("{:016x}", link.span_id), span.span().span_id);

        let mut profile = Vec::new();
        let packed = heap_profile().unwrap();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut profile).unwrap();
        for text in ["inuse_space", "import_rows", "span", "import"] {
            assert!(profile.windows(text.len()).any(|part| part == text.as_bytes()), "{text}");
        }
        drop(held);
        let sites = heap_sites(usize::MAX);
        let left: f64 = sites.iter().filter(is_import).map(|site| site.live_bytes).sum();
        assert!(left < held_bytes / 20.0, "{left}");
    }

    /// Profiles are made while threads come, go and allocate.
    pub(super) fn sampling_survives_a_busy_program() {
        configure_heap_sampling(HeapSampling::every(1_024));
        thread::scope(|scope| {
            let work = || {
                let mut map = HashMap::new();
                for round in 0..20_000_u32 {
                    map.insert(round % 777, vec![round; usize::try_from(round % 97).unwrap()]);
                }
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
            let mut profiles = 0;
            while profiles < 3 || !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
                let packed = heap_profile().unwrap();
                let mut profile = Vec::new();
                flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut profile).unwrap();
                assert!(!profile.is_empty());
                profiles += 1;
            }
        });
        configure_heap_sampling(HeapSampling::disabled());
    }
}
