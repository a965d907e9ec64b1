//! Where samples come from: a stack and the call-site of a span, stored once.
#![expect(unsafe_code, reason = "a `&'static` is kept as an atomic pointer")]

use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};

use tracing::Metadata;

use crate::memory::allocator::stack::FRAMES_MAX;

/// The call-site of a span, which lives as long as the program.
pub(super) type CallSite = Option<&'static Metadata<'static>>;

/// The sites. Number 0 stands for all that have no place.
#[derive(Debug)]
pub(super) struct SiteTable<const COUNT: usize> {
    other: SiteSlot,
    slots: [SiteSlot; COUNT],
    used: AtomicU32,
}

#[derive(Debug)]
pub(super) struct SiteSlot {
    /// `FREE`, `ENDING`, or one more than the samples that are alive.
    holders: AtomicU32,
    /// The hash of what follows; 0 until it is there.
    key: AtomicU64,
    /// One more than the frames; 0 until they are there.
    frames_len: AtomicUsize,
    frames: [AtomicUsize; FRAMES_MAX],
    call_site: AtomicPtr<Metadata<'static>>,
    used_seconds: AtomicU32,
    pub(super) sums: Sums,
    link: Link,
}

/// What went through a site since it is known.
#[derive(Debug)]
pub(super) struct Sums {
    pub(super) taken_bytes: AtomicU64,
    /// In 1024ths: a large block stands for little more than itself.
    pub(super) taken_objects_1024: AtomicU64,
    pub(super) ended_bytes: AtomicU64,
    pub(super) ended_samples: AtomicU64,
}

/// The latest trace in which the site was sampled.
#[derive(Debug)]
struct Link {
    is_busy: AtomicBool,
    trace_high: AtomicU64,
    trace_low: AtomicU64,
    span: AtomicU64,
}

impl<const COUNT: usize> SiteTable<COUNT> {
    pub(super) const fn new() -> Self {
        Self {
            other: SiteSlot::new(),
            slots: [const { SiteSlot::new() }; COUNT],
            used: AtomicU32::new(0),
        }
    }

    /// Returns the number and the key of a site, which one more sample holds from now on.
    pub(super) fn enter(
        &self,
        frames: &[usize],
        call_site: CallSite,
        now_seconds: u32,
    ) -> (u32, u64) {
        let key = key_of(frames, call_site);
        let known = self
            .window(key)
            .find(|(_, slot)| slot.key.load(Ordering::Acquire) == key && slot.hold_if(key));
        let found = known.or_else(|| {
            let free = self.window(key).find(|(_, slot)| slot.claim())?;
            free.1.write(key, frames, call_site);
            self.used.fetch_add(1, Ordering::Relaxed);
            Some(free)
        });
        match found {
            Some((number, slot)) => {
                slot.used_seconds.store(now_seconds, Ordering::Relaxed);
                (number, key)
            }
            None => (0, 0),
        }
    }

    /// A sample of the site is no longer alive.
    pub(super) fn leave(&self, site: u32) {
        if site > 0
            && let Some(slot) = self.get(site)
        {
            slot.holders.fetch_sub(1, Ordering::Release);
        }
    }

    pub(super) fn count_taken(&self, site: u32, weight_bytes: f64, size_bytes: usize) {
        let Some(SiteSlot { sums, .. }) = self.get(site) else { return };
        sums.taken_bytes.fetch_add(rounded(weight_bytes), Ordering::Relaxed);
        #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
        let objects = if size_bytes > 0 { weight_bytes / size_bytes as f64 } else { 0.0 };
        sums.taken_objects_1024.fetch_add(rounded(objects * 1024.0), Ordering::Relaxed);
    }

    pub(super) fn count_ended(&self, site: u32, weight_bytes: f64) {
        let Some(SiteSlot { sums, .. }) = self.get(site) else { return };
        sums.ended_bytes.fetch_add(rounded(weight_bytes), Ordering::Relaxed);
        sums.ended_samples.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a trace for a site, if the number still means the site with this key.
    pub(super) fn link(&self, site: u32, key: u64, trace_id: u128, span_id: u64) {
        let slot = self.get(site).filter(|slot| slot.key.load(Ordering::Relaxed) == key);
        if let Some(slot) = slot {
            slot.link.set(trace_id, span_id);
        }
    }

    /// Frees sites without live samples that were not seen for a while, once half of the room is
    /// taken. Their sums go to site 0. One caller at a time.
    pub(super) fn sweep(&self, now_seconds: u32) {
        let is_roomy =
            usize::try_from(self.used.load(Ordering::Relaxed)).unwrap_or(COUNT) <= COUNT / 2;
        if is_roomy {
            return;
        }
        for slot in &self.slots {
            let used_seconds = slot.used_seconds.load(Ordering::Relaxed);
            let is_idle = now_seconds.saturating_sub(used_seconds) >= IDLE_SECONDS;
            if is_idle && slot.begin_end() {
                slot.sums.move_to(&self.other.sums);
                slot.end();
                self.used.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn get(&self, site: u32) -> Option<&SiteSlot> {
        let Some(index) = usize::try_from(site).ok()?.checked_sub(1) else {
            return Some(&self.other);
        };
        self.slots.get(index)
    }

    /// Number and slot of all places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &SiteSlot)> {
        (0_u32..).zip([&self.other].into_iter().chain(&self.slots))
    }

    /// The places where a key may be.
    fn window(&self, key: u64) -> impl Iterator<Item = (u32, &SiteSlot)> {
        let start = usize::try_from(key >> 32).unwrap_or(0);
        (0..WINDOW.min(COUNT)).filter_map(move |step| {
            let index = start.wrapping_add(step).checked_rem(COUNT)?;
            let number = u32::try_from(index.wrapping_add(1)).ok()?;
            Some((number, self.slots.get(index)?))
        })
    }
}

/// A site, read while others may write.
#[derive(Clone, Debug)]
pub(super) struct SiteRecord {
    pub(super) key: u64,
    pub(super) frames: Vec<usize>,
    pub(super) call_site: CallSite,
    pub(super) link: Option<(u128, u64)>,
}

impl SiteSlot {
    const fn new() -> Self {
        Self {
            holders: AtomicU32::new(FREE),
            key: AtomicU64::new(0),
            frames_len: AtomicUsize::new(0),
            frames: [const { AtomicUsize::new(0) }; FRAMES_MAX],
            call_site: AtomicPtr::new(ptr::null_mut()),
            used_seconds: AtomicU32::new(0),
            sums: Sums::new(),
            link: Link::new(),
        }
    }

    /// Returns what the slot holds, or `None` when it holds nothing or changes right now.
    pub(super) fn read(&self) -> Option<SiteRecord> {
        let key = self.key.load(Ordering::Acquire);
        let len = self.frames_len.load(Ordering::Acquire).checked_sub(1)?;
        let frames = self.frames.iter().take(len).map(|frame| frame.load(Ordering::Relaxed));
        let frames = frames.collect();
        let call_site = self.call_site.load(Ordering::Relaxed);
        let link = self.link.get();
        fence(Ordering::Acquire);
        let is_same = key != 0 && self.key.load(Ordering::Relaxed) == key;
        // SAFETY: Null, or made of a `&'static` in `write`; nothing else stores here.
        let call_site = unsafe { call_site.as_ref() };
        is_same.then_some(SiteRecord { key, frames, call_site, link })
    }

    #[cfg(test)]
    pub(super) fn is_held(&self) -> bool {
        !matches!(self.holders.load(Ordering::Relaxed), FREE | NO_HOLDER)
    }

    /// Holds the slot, if it is that of `key` once it is held.
    fn hold_if(&self, key: u64) -> bool {
        let one_more = |holders| {
            let is_used = holders != FREE && holders < ENDING.saturating_sub(1);
            is_used.then(|| u32::saturating_add(holders, 1))
        };
        let held = self.holders.fetch_update(Ordering::Acquire, Ordering::Relaxed, one_more);
        if held.is_err() {
            return false;
        }
        // Between the look at the key and the hold another site may have moved in.
        let is_same = self.key.load(Ordering::Acquire) == key;
        if !is_same {
            self.holders.fetch_sub(1, Ordering::Release);
        }
        is_same
    }

    fn claim(&self) -> bool {
        self.holders.load(Ordering::Relaxed) == FREE
            && self
                .holders
                .compare_exchange(FREE, FIRST_HOLDER, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    fn write(&self, key: u64, frames: &[usize], call_site: CallSite) {
        for (slot, frame) in self.frames.iter().zip(frames) {
            slot.store(*frame, Ordering::Relaxed);
        }
        let call_site = call_site.map_or(ptr::null(), ptr::from_ref);
        self.call_site.store(call_site.cast_mut(), Ordering::Relaxed);
        let len = frames.len().min(FRAMES_MAX);
        self.frames_len.store(len.saturating_add(1), Ordering::Release);
        self.key.store(key, Ordering::Release);
    }

    /// Takes the slot from a site that nobody holds.
    fn begin_end(&self) -> bool {
        self.holders
            .compare_exchange(NO_HOLDER, ENDING, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    fn end(&self) {
        self.key.store(0, Ordering::Relaxed);
        // A reader that sees one of the following sees that the key is gone.
        fence(Ordering::Release);
        self.frames_len.store(0, Ordering::Relaxed);
        self.call_site.store(ptr::null_mut(), Ordering::Relaxed);
        self.link.set(0, 0);
        self.holders.store(FREE, Ordering::Release);
    }
}

impl Sums {
    const fn new() -> Self {
        Self {
            taken_bytes: AtomicU64::new(0),
            taken_objects_1024: AtomicU64::new(0),
            ended_bytes: AtomicU64::new(0),
            ended_samples: AtomicU64::new(0),
        }
    }

    fn move_to(&self, other: &Self) {
        let pairs = [
            (&self.taken_bytes, &other.taken_bytes),
            (&self.taken_objects_1024, &other.taken_objects_1024),
            (&self.ended_bytes, &other.ended_bytes),
            (&self.ended_samples, &other.ended_samples),
        ];
        for (from, to) in pairs {
            to.fetch_add(from.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

impl Link {
    const fn new() -> Self {
        Self {
            is_busy: AtomicBool::new(false),
            trace_high: AtomicU64::new(0),
            trace_low: AtomicU64::new(0),
            span: AtomicU64::new(0),
        }
    }

    /// Who finds it busy goes away: one trace is as good as another.
    fn set(&self, trace_id: u128, span_id: u64) {
        self.alone(|| {
            let [low, high] = halves(trace_id);
            self.trace_high.store(high, Ordering::Relaxed);
            self.trace_low.store(low, Ordering::Relaxed);
            self.span.store(span_id, Ordering::Relaxed);
        });
    }

    fn get(&self) -> Option<(u128, u64)> {
        let link = self.alone(|| {
            let high = self.trace_high.load(Ordering::Relaxed);
            let low = self.trace_low.load(Ordering::Relaxed);
            (u128::from(high) << 64 | u128::from(low), self.span.load(Ordering::Relaxed))
        });
        link.filter(|(_, span_id)| *span_id != 0)
    }

    fn alone<T>(&self, action: impl FnOnce() -> T) -> Option<T> {
        if self.is_busy.swap(true, Ordering::Acquire) {
            return None;
        }
        let result = action();
        self.is_busy.store(false, Ordering::Release);
        Some(result)
    }
}

fn halves(number: u128) -> [u64; 2] {
    [number, number >> 64].map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0))
}

/// Never 0.
fn key_of(frames: &[usize], call_site: CallSite) -> u64 {
    let call_site = call_site.map_or(0, |metadata| ptr::from_ref(metadata).addr());
    let mix = |hash: u64, word: &usize| {
        (hash.rotate_left(23) ^ *word as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    };
    let hash = frames.iter().chain([&call_site]).fold(0x517C_C1B7_2722_0A95, mix);
    (hash ^ (hash >> 29)).max(1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "weights are positive, and a cast saturates"
)]
fn rounded(number: f64) -> u64 {
    number.round() as u64
}

const FREE: u32 = 0;
const NO_HOLDER: u32 = 1;
const FIRST_HOLDER: u32 = 2;
const ENDING: u32 = u32::MAX;

/// How many places are looked at for a key.
const WINDOW: usize = 16;

/// How long a site without live samples keeps its place when room is short.
const IDLE_SECONDS: u32 = 600;
