//! The table of sites.

use std::thread;

use crate::memory::allocator::site_table::{SiteSlot, SiteTable};

#[test]
fn the_same_stack_is_stored_once_and_read_back() {
    static SITES: SiteTable<64> = SiteTable::new();
    let (first, key) = SITES.enter(&[1, 2, 3], None, 5);
    assert_eq!(SITES.enter(&[1, 2, 3], None, 6), (first, key));
    let (other, other_key) = SITES.enter(&[1, 2], None, 6);
    assert!(first != 0 && other != 0 && first != other && key != other_key);
    let record = SITES.get(first).and_then(SiteSlot::read).unwrap();
    assert_eq!((record.key, record.frames), (key, vec![1, 2, 3]));
    assert!(record.call_site.is_none() && record.link.is_none());
}

#[test]
fn a_link_is_kept_for_its_site_only() {
    static SITES: SiteTable<64> = SiteTable::new();
    let (site, key) = SITES.enter(&[1], None, 0);
    SITES.link(site, key.wrapping_add(1), 9, 9);
    assert_eq!(SITES.get(site).and_then(SiteSlot::read).unwrap().link, None);
    SITES.link(site, key, u128::MAX - 5, 7);
    let link = SITES.get(site).and_then(SiteSlot::read).unwrap().link;
    assert_eq!(link, Some((u128::MAX - 5, 7)));
}

#[test]
fn without_room_a_sample_belongs_to_the_rest() {
    static SITES: SiteTable<16> = SiteTable::new();
    for frame in 1..=16 {
        assert_ne!(SITES.enter(&[frame], None, 0).0, 0);
    }
    assert_eq!(SITES.enter(&[17], None, 0), (0, 0));
    assert_ne!(SITES.enter(&[16], None, 0).0, 0);
}

#[test]
fn idle_sites_make_room_and_leave_their_sums() {
    static SITES: SiteTable<16> = SiteTable::new();
    let sites: Vec<_> = (1..=10).map(|frame| SITES.enter(&[frame], None, 100).0).collect();
    for site in &sites {
        SITES.count_taken(*site, 512.0, 2);
    }
    for site in &sites[1..] {
        SITES.leave(*site);
    }
    // One more is young, and one is held.
    let young = SITES.enter(&[99], None, 600).0;
    SITES.leave(young);
    SITES.sweep(699);
    assert_eq!(SITES.iter().filter(|(_, slot)| slot.read().is_some()).count(), 11);
    SITES.sweep(700);
    assert_eq!(SITES.iter().filter(|(_, slot)| slot.read().is_some()).count(), 2);
    let other = &SITES.get(0).unwrap().sums;
    let load = |sum: &std::sync::atomic::AtomicU64| sum.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(load(&other.taken_bytes), 9 * 512);
    assert_eq!(load(&other.taken_objects_1024), 9 * 256 * 1024);
    assert_eq!(SITES.get(sites[0]).and_then(SiteSlot::read).unwrap().frames, [1]);
}

#[test]
fn threads_and_the_sweep_do_not_mix_up_sites() {
    static SITES: SiteTable<16> = SiteTable::new();
    let rounds = if cfg!(miri) { 60 } else { 20_000 };
    thread::scope(|scope| {
        for thread in 0..3_usize {
            scope.spawn(move || {
                for round in 0..rounds {
                    let frame = (round * 7 + thread) % 40 + 1;
                    let (site, key) = SITES.enter(&[frame, frame + 1], None, 0);
                    if site > 0 {
                        // Held, so it stays what it is.
                        let slot = SITES.get(site).unwrap();
                        if let Some(record) = slot.read() {
                            assert_eq!((record.key, record.frames), (key, vec![frame, frame + 1]));
                        }
                        SITES.leave(site);
                    }
                }
            });
        }
        for _ in 0..rounds {
            SITES.sweep(10_000);
        }
    });
    assert!(SITES.iter().all(|(_, slot)| !slot.is_held()));
}
