//! Call-sites, as whoever samples the heap knows them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::memory::alert::{CulpritSite, LeakCulprit};
use crate::memory::allocator::interval_bytes;
use crate::memory::leak::{LeakingSites, SiteBytes};
use crate::memory::watch::board::OldSite;
use crate::memory::watch::load::to_f64;
use crate::memory::{HeapSite, heap_sites};

/// One call-site now.
#[derive(Clone, Debug)]
pub(crate) struct SiteNow {
    /// The same for the same code within one process.
    pub(crate) id: u64,
    pub(crate) old_bytes: f64,
    /// The span in which it allocates; empty outside of any.
    pub(crate) span: &'static str,
    /// What the sampler knows of it, its name included.
    pub(crate) heap: Option<HeapSite>,
}

/// How to ask for them.
#[derive(Clone)]
pub(crate) struct SiteReader {
    /// Empty while nothing is sampled.
    pub(crate) read: Arc<dyn Fn() -> Vec<SiteNow> + Send + Sync>,
    /// The function that allocates there.
    pub(crate) name: Arc<dyn Fn(&SiteNow) -> String + Send + Sync>,
    /// Mean distance between two samples.
    pub(crate) interval_bytes: Arc<dyn Fn() -> f64 + Send + Sync>,
}

/// What is known of call-sites.
#[derive(Debug)]
pub(crate) struct HeapSites {
    reader: SiteReader,
    next_minute: f64,
    now: Vec<SiteNow>,
    /// Names are looked up once: that walks through debug information.
    names: HashMap<u64, String>,
}

impl HeapSites {
    pub(crate) fn new(reader: SiteReader) -> Self {
        Self { reader, next_minute: 0.0, now: Vec::new(), names: HashMap::new() }
    }

    /// Reads the call-sites, when it is time for it and heap is sampled.
    pub(crate) fn read(&mut self, minute: f64) -> Option<Vec<SiteBytes>> {
        if minute < self.next_minute {
            return None;
        }
        self.next_minute = minute + INTERVAL_MINUTES;
        self.now = (self.reader.read)();
        let bytes = |site: &SiteNow| SiteBytes { site: site.id, old_bytes: site.old_bytes };
        (!self.now.is_empty()).then(|| self.now.iter().map(bytes).collect())
    }

    pub(crate) fn interval_bytes(&self) -> f64 {
        (self.reader.interval_bytes)()
    }

    /// Names those that hold most old bytes.
    pub(crate) fn oldest(&mut self) -> Vec<OldSite> {
        let mut oldest = self.now.clone();
        oldest.retain(|site| site.old_bytes > 0.0);
        oldest.sort_unstable_by(|a, b| b.old_bytes.total_cmp(&a.old_bytes));
        oldest.truncate(SHOWN_MAX);
        let shown = oldest.iter().map(|site| OldSite {
            site: self.name(site),
            span: site.span.to_owned(),
            bytes: site.old_bytes,
        });
        shown.collect()
    }

    /// Names those that leak, or may; `None`: there are none.
    pub(crate) fn culprit(&mut self, leaking: &LeakingSites) -> Option<LeakCulprit> {
        let mut sites = Vec::with_capacity(leaking.sites.len());
        for site in &leaking.sites {
            let now = self.now.iter().find(|now| now.id == site.site).cloned();
            let name = now.as_ref().map_or_else(|| unnamed(site.site), |now| self.name(now));
            sites.push(CulpritSite {
                site: name,
                span: now.map_or("", |now| now.span).to_owned(),
                bytes: site.old_bytes,
                bytes_per_hour: site.growth_bytes_per_hour,
            });
        }
        (!sites.is_empty()).then_some(LeakCulprit { status: leaking.status, sites })
    }

    fn name(&mut self, site: &SiteNow) -> String {
        if let Some(name) = self.names.get(&site.id) {
            return name.clone();
        }
        let name = (self.reader.name)(site);
        if self.names.len() >= NAMES_MAX {
            self.names.clear();
        }
        self.names.insert(site.id, name.clone());
        name
    }
}

/// A site that is not sampled any more.
fn unnamed(site: u64) -> String {
    format!("site {site:x}")
}

impl SiteReader {
    /// What the tracking allocator samples.
    pub(crate) fn of_process() -> Self {
        Self {
            read: Arc::new(|| heap_sites(SITES_MAX).into_iter().map(SiteNow::from).collect()),
            name: Arc::new(|site| {
                site.heap.as_ref().map_or_else(|| unnamed(site.id), HeapSite::name)
            }),
            interval_bytes: Arc::new(|| to_f64(interval_bytes())),
        }
    }
}

impl From<HeapSite> for SiteNow {
    fn from(site: HeapSite) -> Self {
        let span = site.span.map_or("", |span| span.name());
        Self { id: site.id, old_bytes: site.old_bytes, span, heap: Some(site) }
    }
}

impl fmt::Debug for SiteReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteReader").finish_non_exhaustive()
    }
}

/// Old bytes change slowly, and reading them looks at every sample.
const INTERVAL_MINUTES: f64 = 5.0;

/// Call-sites that the gauge shows.
const SHOWN_MAX: usize = 5;

/// As many as are tracked.
const SITES_MAX: usize = 128;

/// More than ever leak at once.
const NAMES_MAX: usize = 256;
