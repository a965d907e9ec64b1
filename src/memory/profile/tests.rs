//! What a profile says.

use super::mappings::CodeMapping;
use super::messages::Profile;
use super::symbols::Symbol;
use super::*;
use crate::memory::{HeapSite, SampleLosses};

fn names(address: usize) -> Vec<Symbol> {
    let symbol = |name: &str, line| Symbol {
        name: name.to_owned(),
        file: format!("{name}.rs"),
        line,
        ..Symbol::default()
    };
    match address {
        0x1010 => vec![symbol("__rust_alloc", 1)],
        0x1020 => vec![symbol("inlined", 2), symbol("outer", 3)],
        0x1030 => vec![symbol("outer", 4)],
        _ => Vec::new(),
    }
}

fn profile_of(sites: &[HeapSite], losses: SampleLosses) -> Profile {
    let mapping = CodeMapping {
        start: 0x1000,
        end: 0x1030,
        file_offset: 0x200,
        file: "/app".to_owned(),
        build_id: "abc".to_owned(),
    };
    build(&Parts {
        sites,
        mappings: &[mapping],
        losses,
        interval_bytes: 4_096,
        time_nanos: 7,
        resolve: names,
    })
}

fn text(profile: &Profile, number: i64) -> &str {
    &profile.string_table[usize::try_from(number).unwrap()]
}

#[test]
fn a_site_is_a_sample_with_its_frames() {
    let mut site = HeapSite::empty();
    site.frames = vec![0x1010, 0x1020, 0x1030, 0x9999];
    (site.live_bytes, site.live_blocks) = (10.4, 1.6);
    (site.allocated_bytes, site.allocated_blocks) = (30, 3);
    let profile = profile_of(&[site, HeapSite::empty()], SampleLosses::default());

    let types: Vec<_> = profile.sample_type.iter().map(|t| text(&profile, t.r#type)).collect();
    assert_eq!(types, ["alloc_objects", "alloc_space", "inuse_objects", "inuse_space"]);
    assert_eq!(profile.sample[0].value, [3, 30, 2, 10]);
    assert_eq!(text(&profile, profile.default_sample_type), "inuse_space");
    assert_eq!((profile.period, profile.time_nanos), (4_096, 7));
    assert!(profile.comment.is_empty() && text(&profile, 0).is_empty());

    // Without the hook; each address is that of the call.
    let locations: Vec<_> = profile.location.iter().map(|l| (l.address, l.mapping_id)).collect();
    assert_eq!(locations, [(0x101f, 1), (0x102f, 1), (0x9998, 0), (0, 0)]);
    let functions = |location: usize| {
        let lines = profile.location[location].line.iter();
        let function = |id: u64| &profile.function[usize::try_from(id).unwrap() - 1];
        let lines = lines.map(|line| (text(&profile, function(line.function_id).name), line.line));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(functions(0), [("inlined", 2), ("outer", 3)]);
    assert_eq!(functions(1), [("outer", 4)]);
    assert_eq!(profile.function.len(), 3);
    assert_eq!(profile.sample[1].location_id, [4]);
    assert_eq!(functions(3), [("[no stack]", 0)]);
    assert_eq!(text(&profile, profile.mapping[0].build_id), "abc");
}

#[test]
fn samples_without_room_are_said() {
    let losses = SampleLosses { dropped: 3, ..SampleLosses::default() };
    let profile = profile_of(&[], losses);
    assert!(text(&profile, profile.comment[0]).contains("3 were dropped"));
}

#[test]
fn without_the_allocator_there_is_no_profile() {
    let error = heap_profile().unwrap_err();
    let expected = "no heap profile: `TrackingAllocator` is not the allocator in use";
    assert_eq!(error.to_string(), expected);
    let not_sampling = HeapProfileError::NotSampling.to_string();
    assert_eq!(not_sampling, "no heap profile: the heap is not sampled");
}
