//! The table of live samples.

use crate::memory::allocator::live_table::{Inserted, LiveTable, Sample};

const HOUR: u32 = 3_600;

fn sample(born_seconds: u32, weight_bytes: f64) -> Sample {
    Sample { size_bytes: 10, weight_bytes, born_seconds, site: 1 }
}

fn seen<const BUCKETS: usize>(table: &LiveTable<BUCKETS>) -> usize {
    let mut seen = Vec::new();
    table.for_each(|sample| seen.push(sample));
    seen.len()
}

#[test]
fn what_is_put_in_comes_out_once() {
    static TABLE: LiveTable<64> = LiveTable::new(64);
    for pointer in (0..40).map(|block| 0x1000 + block * 16) {
        assert_eq!(TABLE.insert(pointer, sample(7, 1.0), 7), Inserted::Free);
    }
    assert_eq!((TABLE.len(), seen(&TABLE)), (40, 40));
    assert_eq!(TABLE.remove(0x1010), Some(sample(7, 1.0)));
    assert_eq!(TABLE.remove(0x1010), None);
    assert_eq!(TABLE.remove(0x9000), None);
    assert_eq!((TABLE.len(), seen(&TABLE)), (39, 39));
}

#[test]
fn at_the_cap_the_youngest_goes_and_of_equals_the_lightest() {
    static TABLE: LiveTable<1> = LiveTable::new(4);
    let now = 2 * HOUR;
    let samples = [(now - 30, 5.0), (now - 10, 9.0), (now - 10, 2.0), (now - HOUR, 1.0)];
    for (pointer, (born, weight)) in (1_usize..).zip(samples) {
        assert_eq!(TABLE.insert(pointer * 16, sample(born, weight), now), Inserted::Free);
    }
    let check = |pointer: usize, gone: usize| {
        let (born, weight) = samples[gone - 1];
        let expected = Inserted::Instead { pointer: gone * 16, sample: sample(born, weight) };
        assert_eq!(TABLE.insert(pointer * 16, sample(0, 1.0), now), expected);
        assert_eq!((TABLE.len(), seen(&TABLE)), (4, 4));
    };
    check(5, 3);
    check(6, 2);
    check(7, 1);
    // All are an hour old, or older.
    assert_eq!(TABLE.insert(8 * 16, sample(now, 1e9), now), Inserted::Not);
    assert_eq!((TABLE.len(), seen(&TABLE)), (4, 4));
    assert_eq!(TABLE.remove(4 * 16), Some(sample(now - HOUR, 1.0)));
}

#[test]
fn a_full_bucket_below_the_cap_evicts_within_itself() {
    static TABLE: LiveTable<1> = LiveTable::new(100);
    for block in 1..=8 {
        assert_eq!(TABLE.insert(block * 16, sample(10, 1.0), 20), Inserted::Free);
    }
    assert!(matches!(TABLE.insert(9 * 16, sample(20, 1.0), 20), Inserted::Instead { .. }));
    assert_eq!((TABLE.len(), seen(&TABLE)), (8, 8));
    assert_eq!(TABLE.insert(10 * 16, sample(9_000, 1.0), 9_000), Inserted::Not);
    assert_eq!((TABLE.len(), seen(&TABLE)), (8, 8));
}

#[test]
#[cfg(not(miri))]
fn buckets_hardly_overflow_at_the_cap() {
    static TABLE: LiveTable<8_192> = LiveTable::new(16_384);
    // As an allocator lays them: in rows, with gaps.
    let pointers =
        (0..16_384_usize).map(|block| 0x7f12_3400_0000 + block * 528 + (block % 7) * 4096);
    let full =
        pointers.filter(|pointer| TABLE.insert(*pointer, sample(0, 1.0), 0) != Inserted::Free);
    assert!(full.count() < 40);
}
