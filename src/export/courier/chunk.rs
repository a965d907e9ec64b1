//! Finished items of one signal laid end to end, with the scopes they belong to.

use std::sync::Arc;

use crate::export::courier::Scope;

/// Neighbouring entries of one scope.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) scope: Arc<Scope>,
    pub(crate) bytes_len: usize,
    pub(crate) items: u64,
    /// One entry that counts as several items: a metric with its data points. It cannot be cut.
    is_compound: bool,
}

impl Run {
    /// Bytes charged for a run beside its items, so that a bound in bytes bounds memory as well. The
    /// scope is among them: one that is made for each item is held by its run alone.
    const fn overhead_bytes(scope: &Scope) -> usize {
        size_of::<Self>().saturating_add(scope.fields.len())
    }
}

/// A piece of the queue: entries of field 2 of `ScopeSpans`, `ScopeLogs` or `ScopeMetrics`.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    runs: Vec<Run>,
    items: u64,
    /// Bytes reserved for this chunk. Cutting shares them out; it never makes more or fewer.
    charge: usize,
}

impl Chunk {
    /// Appends one entry and returns the bytes that it adds to [`charge`](Self::charge).
    pub(crate) fn append(&mut self, scope: &Arc<Scope>, entry: &[u8], items: u64) -> usize {
        self.bytes.extend_from_slice(entry);
        self.items = self.items.saturating_add(items);
        let is_compound = items != 1;
        let mut charged = entry.len();
        if let Some(run) = self.runs.last_mut()
            && Arc::ptr_eq(&run.scope, scope)
            && !run.is_compound
            && !is_compound
        {
            run.bytes_len = run.bytes_len.saturating_add(entry.len());
            run.items = run.items.saturating_add(items);
        } else {
            let run_overhead = Run::overhead_bytes(scope);
            let scope = Arc::clone(scope);
            self.runs.push(Run { scope, bytes_len: entry.len(), items, is_compound });
            charged = charged.saturating_add(run_overhead);
        }
        self.charge = self.charge.saturating_add(charged);
        charged
    }

    /// The most that [`append`](Self::append) can charge for an entry of this length.
    pub(crate) fn charge_max(scope: &Scope, entry: &[u8]) -> usize {
        entry.len().saturating_add(Run::overhead_bytes(scope))
    }

    pub(crate) fn items(&self) -> u64 {
        self.items
    }

    pub(crate) fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes that count against the bound of the queue.
    pub(crate) fn charge(&self) -> usize {
        self.charge
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Takes everything out. Little content is copied, so that a nearly empty chunk does not keep
    /// a large buffer alive in the queue; much content takes the buffer with it, and leaves what
    /// `spare` returns.
    pub(crate) fn take(&mut self, spare: impl FnOnce() -> Vec<u8>) -> Self {
        let items = std::mem::take(&mut self.items);
        let charge = std::mem::take(&mut self.charge);
        if self.bytes.len() > self.bytes.capacity() / 2 {
            let bytes = std::mem::replace(&mut self.bytes, spare());
            return Self { bytes, runs: std::mem::take(&mut self.runs), items, charge };
        }
        let bytes = self.bytes.clone();
        self.bytes.clear();
        Self { bytes, runs: self.runs.drain(..).collect(), items, charge }
    }

    /// Gives the buffer up, to be used again.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }

    /// Cuts off at most `items_max` items and `bytes_max` bytes from the front, but at least one
    /// entry. Returns `None` when nothing is left over.
    pub(crate) fn split_off_rest(&mut self, items_max: u64, bytes_max: usize) -> Option<Self> {
        if self.items <= items_max && self.bytes.len() <= bytes_max {
            return None;
        }
        let mut kept = Cut::default();
        for (index, run) in self.runs.iter().enumerate() {
            let fits = kept.items.saturating_add(run.items) <= items_max
                && kept.bytes_len.saturating_add(run.bytes_len) <= bytes_max;
            if fits || (index == 0 && run.is_compound) {
                kept.add(run.items, run.bytes_len);
                kept.runs = index.saturating_add(1);
                continue;
            }
            if !run.is_compound {
                self.cut_run(&mut kept, run.bytes_len, items_max, bytes_max);
            }
            break;
        }
        self.split_at(&kept)
    }

    /// Tells whether the first entry fits these bounds.
    pub(crate) fn can_split(&self, items_max: u64, bytes_max: usize) -> bool {
        let Some(run) = self.runs.first() else { return false };
        let (items, bytes_len) = if run.is_compound {
            (run.items, run.bytes_len)
        } else {
            (1, entry_len(&self.bytes).unwrap_or(run.bytes_len))
        };
        items <= items_max && bytes_len <= bytes_max
    }

    /// Walks the entries of the run that starts at `kept.bytes_len` while they fit.
    fn cut_run(&self, kept: &mut Cut, run_len: usize, items_max: u64, bytes_max: usize) {
        let end = kept.bytes_len.saturating_add(run_len);
        let mut rest = self.bytes.get(kept.bytes_len..end).unwrap_or_default();
        while let Some(entry_len) = entry_len(rest) {
            let is_first = kept.items == 0;
            let fits =
                kept.items < items_max && kept.bytes_len.saturating_add(entry_len) <= bytes_max;
            if !fits && !is_first {
                break;
            }
            kept.add(1, entry_len);
            kept.partial_items = kept.partial_items.saturating_add(1);
            kept.partial_len = kept.partial_len.saturating_add(entry_len);
            rest = rest.get(entry_len..).unwrap_or_default();
            if !fits {
                break;
            }
        }
    }

    fn split_at(&mut self, kept: &Cut) -> Option<Self> {
        let mut rest_runs = self.runs.split_off(kept.runs.min(self.runs.len()));
        if kept.partial_items > 0
            && let Some(run) = rest_runs.first_mut()
        {
            let scope = Arc::clone(&run.scope);
            run.items = run.items.saturating_sub(kept.partial_items);
            run.bytes_len = run.bytes_len.saturating_sub(kept.partial_len);
            let is_used_up = run.bytes_len == 0;
            let (items, bytes_len) = (kept.partial_items, kept.partial_len);
            self.runs.push(Run { scope, bytes_len, items, is_compound: false });
            if is_used_up {
                rest_runs.remove(0);
            }
        }
        if rest_runs.is_empty() {
            return None;
        }
        let bytes = self.bytes.split_off(kept.bytes_len.min(self.bytes.len()));
        let items = self.items.saturating_sub(kept.items);
        self.items = kept.items;
        let overheads = self.runs.iter().map(|run| Run::overhead_bytes(&run.scope));
        let runs_charge = overheads.fold(0, usize::saturating_add);
        let kept_charge = kept.bytes_len.saturating_add(runs_charge).min(self.charge);
        let charge = self.charge.saturating_sub(kept_charge);
        self.charge = kept_charge;
        Some(Self { bytes, runs: rest_runs, items, charge })
    }

    /// The runs with their bytes, in order.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (&Run, &[u8])> {
        let mut rest = self.bytes.as_slice();
        self.runs.iter().map(move |run| {
            let (bytes, tail) = rest.split_at_checked(run.bytes_len).unwrap_or((rest, &[]));
            rest = tail;
            (run, bytes)
        })
    }
}

/// What stays in front of a cut.
#[derive(Debug, Default)]
struct Cut {
    /// Whole runs.
    runs: usize,
    items: u64,
    bytes_len: usize,
    /// Of the run behind the whole ones.
    partial_items: u64,
    partial_len: usize,
}

impl Cut {
    fn add(&mut self, items: u64, bytes_len: usize) {
        self.items = self.items.saturating_add(items);
        self.bytes_len = self.bytes_len.saturating_add(bytes_len);
    }
}

/// The length of the first entry of `bytes`: a tag of one byte, a varint length, that many bytes.
fn entry_len(bytes: &[u8]) -> Option<usize> {
    let mut len: usize = 0;
    for (index, byte) in bytes.iter().skip(1).take(5).enumerate() {
        let shift = u32::try_from(index).ok()?.saturating_mul(7);
        len |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            let entry_len = index.saturating_add(2).saturating_add(len);
            return (entry_len <= bytes.len()).then_some(entry_len);
        }
    }
    None
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers of the tests' own")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(len: usize) -> Vec<u8> {
        let mut bytes = vec![0x12];
        prost::encoding::encode_varint(len as u64, &mut bytes);
        bytes.resize(bytes.len() + len, 0xab);
        bytes
    }

    fn scope(name: u8) -> Arc<Scope> {
        Arc::new(Scope { fields: Box::new([name]) })
    }

    #[test]
    fn neighbours_of_one_scope_share_a_run() {
        let (a, b) = (scope(1), scope(2));
        let mut chunk = Chunk::default();
        for scope in [&a, &a, &b, &a] {
            chunk.append(scope, &entry(3), 1);
        }
        assert_eq!(chunk.runs().map(|(run, _)| run.items).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn a_compound_entry_is_never_cut() {
        let scope = scope(1);
        let mut chunk = Chunk::default();
        chunk.append(&scope, &entry(10), 700);
        chunk.append(&scope, &entry(10), 700);
        let rest = chunk.split_off_rest(512, 1 << 20).expect("the second entry is left");
        assert_eq!((chunk.items(), rest.items()), (700, 700));
    }

    #[test]
    fn a_single_entry_over_the_limit_goes_alone() {
        let scope = scope(1);
        let mut chunk = Chunk::default();
        chunk.append(&scope, &entry(100), 1);
        chunk.append(&scope, &entry(1), 1);
        let rest = chunk.split_off_rest(512, 50).expect("the small entry is left");
        assert_eq!((chunk.items(), rest.items()), (1, 1));
        assert!(chunk.split_off_rest(512, 50).is_none());
    }

    proptest! {
        #[test]
        fn cutting_loses_nothing_and_keeps_the_bounds(
            lens in prop::collection::vec((0_usize..400, 0_u8..3), 1..60),
            items_max in 1_u64..20,
            bytes_max in 1_usize..2_000,
        ) {
            let scopes = [scope(0), scope(1), scope(2)];
            let mut chunk = Chunk::default();
            let mut all = Vec::new();
            for (len, which) in &lens {
                let entry = entry(*len);
                all.extend_from_slice(&entry);
                chunk.append(&scopes[usize::from(*which)], &entry, 1);
            }
            let charge = chunk.charge();
            let (mut seen, mut items, mut charged) = (Vec::new(), 0, 0);
            let mut next = Some(chunk);
            while let Some(mut chunk) = next {
                next = chunk.split_off_rest(items_max, bytes_max);
                prop_assert!(chunk.items() <= items_max);
                prop_assert!(chunk.bytes_len() <= bytes_max || chunk.items() == 1);
                let by_runs: u64 = chunk.runs().map(|(run, _)| run.items).sum();
                prop_assert_eq!(by_runs, chunk.items());
                items += chunk.items();
                charged += chunk.charge();
                for (_, bytes) in chunk.runs() {
                    seen.extend_from_slice(bytes);
                }
            }
            prop_assert_eq!(items, lens.len() as u64);
            prop_assert_eq!(charged, charge);
            prop_assert_eq!(seen, all);
        }
    }
}
