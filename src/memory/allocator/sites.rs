//! Who holds the heap, from the samples that are alive.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use tracing::Metadata;

use crate::memory::allocator::live_table::{LiveTable, OLD_SECONDS, Sample};
use crate::memory::allocator::sample::{SITES, TABLE};
use crate::memory::allocator::sampling;
use crate::memory::allocator::site_table::{SiteRecord, SiteSlot, SiteTable};

/// A place in the code that allocates, and what is estimated to come from there.
///
/// The estimates are unbiased; one that rests on *n* samples has a relative error of about 1/√n.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HeapSite {
    /// The same for the same stack and span, within one process.
    pub id: u64,
    /// Return addresses, the innermost first, at most 32. Empty where the platform has no unwinder,
    /// and for what has no place of its own.
    pub frames: Vec<usize>,
    /// The call-site of the `tracing` span that was current.
    pub span: Option<&'static Metadata<'static>>,
    /// Bytes that are alive.
    pub live_bytes: f64,
    /// Blocks that are alive.
    pub live_blocks: f64,
    /// Samples that the two rest on.
    pub live_samples: u64,
    /// Bytes that are alive, by age: under 1 min, 10 min, 1 h, 6 h, 24 h, and older.
    pub live_bytes_by_age: [f64; 6],
    /// Bytes that are alive and older than an hour.
    pub old_bytes: f64,
    /// Bytes allocated since the site is known.
    pub allocated_bytes: u64,
    /// Blocks allocated since the site is known.
    pub allocated_blocks: u64,
    /// Bytes freed since the site is known.
    pub freed_bytes: u64,
    /// Sampled blocks freed since the site is known.
    pub freed_samples: u64,
    /// Trace and span in which the site was sampled last.
    pub link: Option<HeapLink>,
}

/// The trace in which a site was sampled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeapLink {
    /// The trace id, as its hexadecimal digits say.
    pub trace_id: u128,
    /// The span id.
    pub span_id: u64,
}

/// Returns the sites that hold most bytes older than an hour, then most bytes, at most `limit`.
/// Empty while nothing is sampled.
///
/// Looks at 32,768 places, so call it every few minutes and on a thread of your own; it blocks
/// nobody. Ages are as of the last look of beacon's memory sampler, and 0 without it.
pub fn heap_sites(limit: usize) -> Vec<HeapSite> {
    sites_of(&TABLE, &SITES, sampling::now_seconds(), limit)
}

fn sites_of<const BUCKETS: usize, const COUNT: usize>(
    table: &LiveTable<BUCKETS>,
    sites: &SiteTable<COUNT>,
    now_seconds: u32,
    limit: usize,
) -> Vec<HeapSite> {
    let mut live: HashMap<u32, Live> = HashMap::new();
    table.for_each(|sample| live.entry(sample.site).or_default().add(sample, now_seconds));

    // Two threads that meet a new stack at once may store it twice.
    let mut by_key: HashMap<u64, HeapSite> = HashMap::new();
    for (number, slot) in sites.iter() {
        let record = if number == 0 { Some(OTHER) } else { slot.read() };
        let Some(record) = record else { continue };
        let site = by_key.entry(record.key).or_insert_with(|| HeapSite::new(record));
        site.add_sums(slot);
        if let Some(live) = live.get(&number) {
            site.add_live(live);
        }
    }
    let is_seen = |site: &HeapSite| site.allocated_bytes > 0 || site.live_samples > 0;
    let mut found: Vec<_> = by_key.into_values().filter(is_seen).collect();
    found.sort_unstable_by(|a, b| {
        let by_old = b.old_bytes.total_cmp(&a.old_bytes);
        by_old.then(b.live_bytes.total_cmp(&a.live_bytes)).then(a.id.cmp(&b.id))
    });
    found.truncate(limit);
    found
}

/// What has no place of its own.
const OTHER: SiteRecord = SiteRecord { key: 0, frames: Vec::new(), call_site: None, link: None };

/// What is alive of one site.
#[derive(Clone, Copy, Debug, Default)]
struct Live {
    bytes_by_age: [f64; 6],
    old_bytes: f64,
    blocks: f64,
    samples: u64,
}

impl Live {
    fn add(&mut self, sample: Sample, now_seconds: u32) {
        let age_seconds = now_seconds.saturating_sub(sample.born_seconds);
        let class = AGE_SECONDS.iter().position(|end| age_seconds < *end);
        let class = class.unwrap_or(AGE_SECONDS.len());
        if let Some(bytes) = self.bytes_by_age.get_mut(class) {
            *bytes += sample.weight_bytes;
        }
        if age_seconds > OLD_SECONDS {
            self.old_bytes += sample.weight_bytes;
        }
        #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
        let size = sample.size_bytes.max(1) as f64;
        self.blocks += sample.weight_bytes / size;
        self.samples = self.samples.saturating_add(1);
    }
}

impl HeapSite {
    /// Without anything.
    pub(crate) const fn empty() -> Self {
        Self {
            id: 0,
            frames: Vec::new(),
            span: None,
            live_bytes: 0.0,
            live_blocks: 0.0,
            live_samples: 0,
            live_bytes_by_age: [0.0; 6],
            old_bytes: 0.0,
            allocated_bytes: 0,
            allocated_blocks: 0,
            freed_bytes: 0,
            freed_samples: 0,
            link: None,
        }
    }

    fn new(record: SiteRecord) -> Self {
        let link = record.link.map(|(trace_id, span_id)| HeapLink { trace_id, span_id });
        let SiteRecord { key: id, frames, call_site: span, .. } = record;
        Self { id, frames, span, link, ..Self::empty() }
    }

    fn add_sums(&mut self, slot: &SiteSlot) {
        let sums = &slot.sums;
        let add = |sum: &mut u64, number: u64| *sum = sum.saturating_add(number);
        add(&mut self.allocated_bytes, sums.taken_bytes.load(Ordering::Relaxed));
        add(&mut self.allocated_blocks, sums.taken_objects_1024.load(Ordering::Relaxed) / 1024);
        add(&mut self.freed_bytes, sums.ended_bytes.load(Ordering::Relaxed));
        add(&mut self.freed_samples, sums.ended_samples.load(Ordering::Relaxed));
    }

    fn add_live(&mut self, live: &Live) {
        for (sum, bytes) in self.live_bytes_by_age.iter_mut().zip(live.bytes_by_age) {
            *sum += bytes;
            self.live_bytes += bytes;
        }
        self.old_bytes += live.old_bytes;
        self.live_blocks += live.blocks;
        self.live_samples = self.live_samples.saturating_add(live.samples);
    }
}

/// Where the classes of age end.
const AGE_SECONDS: [u32; 5] = [60, 600, 3_600, 6 * 3_600, 24 * 3_600];
