//! Which span a sample belongs to.

use std::alloc::{Layout, System};

use tracing::Metadata;
use tracing::subscriber::with_default;
use tracing_subscriber::layer::SubscriberExt as _;

use super::Turn;
use super::blocks::Block;
use crate::memory::allocator::call_site;
use crate::memory::{CallSiteLayer, HeapSampling, TrackingAllocator, heap_sites};

fn current() -> Option<&'static str> {
    call_site::current().map(Metadata::name)
}

fn with_layer(action: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(CallSiteLayer::new());
    with_default(subscriber, action);
}

#[test]
fn the_innermost_span_is_current() {
    with_layer(|| {
        assert_eq!(current(), None);
        let outer = tracing::info_span!("outer").entered();
        tracing::info_span!("inner").in_scope(|| assert_eq!(current(), Some("inner")));
        assert_eq!(current(), Some("outer"));
        drop(outer);
        assert_eq!(current(), None);
    });
}

#[test]
fn spans_may_be_left_in_any_order() {
    with_layer(|| {
        let outer = tracing::info_span!("outer").entered();
        let inner = tracing::info_span!("inner").entered();
        drop(outer);
        assert_eq!(current(), Some("inner"));
        drop(inner);
        assert_eq!(current(), None);
    });
}

#[test]
fn spans_that_were_entered_before_the_layer_change_nothing() {
    let early = tracing::info_span!("early");
    with_layer(|| {
        let outer = tracing::info_span!("outer").entered();
        early.in_scope(|| ());
        assert_eq!(current(), Some("outer"));
        drop(outer);
    });
}

#[test]
fn of_very_many_spans_the_outer_ones_are_known() {
    with_layer(|| {
        let outer = tracing::info_span!("outer").entered();
        let many: Vec<_> = (0..30).map(|_| tracing::info_span!("deep").entered()).collect();
        assert_eq!(current(), Some("deep"));
        for span in many.into_iter().rev() {
            drop(span);
        }
        assert_eq!(current(), Some("outer"));
        drop(outer);
        assert_eq!(current(), None);
    });
}

#[test]
fn a_sample_names_its_span() {
    let _turn = Turn::new(HeapSampling::every(1_024));
    let allocator = TrackingAllocator::new(System);
    let layout = Layout::from_size_align(100_000, 8).unwrap();
    let blocks: Vec<_> = (0..4).filter_map(|_| Block::new(&allocator, layout, false)).collect();
    let mut import = Vec::new();
    with_layer(|| {
        let _span = tracing::info_span!("import").entered();
        import.extend(Block::new(&allocator, layout, false));
    });
    let sites = heap_sites(usize::MAX);
    let of = |name: Option<&str>| {
        let is_it = |site: &&crate::memory::HeapSite| site.span.map(Metadata::name) == name;
        sites.iter().filter(is_it).map(|site| site.live_bytes).sum::<f64>()
    };
    assert!((of(Some("import")) - 100_000.0).abs() < 1.0, "{sites:?}");
    assert!(of(None) >= 300_000.0, "{sites:?}");
    for block in blocks.into_iter().chain(import) {
        block.free(&allocator);
    }
}
