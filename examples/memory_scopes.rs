//! What a piece of work does with memory, and the two calls around it.
//!
//! Run it with `cargo run --release --example memory_scopes`.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::alloc::System;
use std::error::Error;

use beacon::memory::{self, TrackingAllocator};
use tracing::info_span;

// Without it, scopes know only what the resident memory of the whole process did.
#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = beacon::init_telemetry()?;

    memory::log_memory_usage("Before processing");
    let index = info_span!("import").in_scope(|| {
        let scope = memory::scope("import");
        let index = import();
        println!("{}", scope.end());
        index
    });
    // A future may change its thread between two polls, so it is wrapped.
    let sum = memory::scope("sum").run_async(sum(&index)).await;
    println!("{sum} bytes in {} rows", index.len());
    drop(index);
    println!("{}", memory::log_memory_cleanup("After processing"));

    telemetry.shutdown().await?;
    Ok(())
}

/// Reads everything at once, and keeps a quarter of it.
fn import() -> Vec<Vec<u8>> {
    let mut rows: Vec<_> = (0..40_000).map(|_| vec![1; 1_000]).collect();
    rows.truncate(10_000);
    rows
}

async fn sum(rows: &[Vec<u8>]) -> u64 {
    let mut lengths = Vec::new();
    for row in rows {
        lengths.push(u64::try_from(row.len()).unwrap_or(u64::MAX));
        tokio::task::yield_now().await;
    }
    lengths.iter().sum()
}
