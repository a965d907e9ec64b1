//! What the allocator of this test says.

use super::*;

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
fn the_program_without_an_allocator_of_its_own_is_on_glibc() {
    assert_eq!(allocator(), Some(AllocatorName::Glibc));
    let before = allocator_stats().unwrap();
    let held: Vec<Vec<u8>> = (0..1_024).map(|_| vec![1; 64 * 1024]).collect();
    let during = allocator_stats().unwrap();
    let grown = during.allocated_bytes.unwrap().saturating_sub(before.allocated_bytes.unwrap());
    // Other tests of this process allocate too.
    assert!(grown > 48 << 20, "{before:?} {during:?}");
    drop(held);
    trim();
}
