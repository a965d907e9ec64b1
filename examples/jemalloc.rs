//! A service on jemalloc: what it keeps after a burst of work, and what it gives back.
//!
//! Run it with `cargo run --release --features jemalloc --example jemalloc`.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout};
use std::error::Error;
use std::thread;

use beacon::memory::{self, AllocatorName, TrackingAllocator, allocator_stats};
use beacon::task;
use tikv_jemalloc_sys::{MALLOCX_ALIGN, mallocx, sdallocx};

// The counting goes around jemalloc. In a service of yours write `tikv_jemallocator::Jemalloc` for
// what is spelled out below.
#[global_allocator]
static ALLOCATOR: TrackingAllocator<Jemalloc> = TrackingAllocator::new(Jemalloc);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = beacon::init_telemetry()?;

    // Eight threads take 32 MiB each in small blocks, and give all of it back.
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| drop(burst()));
        }
    });
    show("after the burst")?;
    // What nobody uses any more goes back to the system now, and not some time later.
    let report = task::spawn_blocking(|| memory::log_memory_cleanup("After the burst"));
    println!("{}", report.await?);
    show("after the cleanup")?;

    telemetry.shutdown().await?;
    Ok(())
}

#[inline(never)]
fn burst() -> Vec<Vec<u8>> {
    (0..32 * 1024).map(|_| vec![1; 1024]).collect()
}

fn show(when: &str) -> Result<(), Box<dyn Error>> {
    let stats = allocator_stats().ok_or("the allocator is not known")?;
    if stats.name != AllocatorName::Jemalloc {
        return Err("this program is not on jemalloc".into());
    }
    let show = |bytes: Option<u64>| bytes.map_or(0, |bytes| bytes >> 20);
    let [used, resident] = [stats.allocated_bytes, stats.resident_bytes].map(show);
    println!("{when}: {used} MiB in use, {resident} MiB resident");
    Ok(())
}

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
