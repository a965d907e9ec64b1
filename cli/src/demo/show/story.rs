//! What was seen of a fault so far.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::demo::fault::LEAK_SPAN;
use crate::demo::show::ShowKind;
use crate::demo::show::alert::Alert;
use crate::demo::show::lines::show_bytes;
use crate::demo::show::source::Sizes;

/// The facts, for people and for programs.
#[derive(Clone, Debug, Serialize)]
pub(in crate::demo) struct Story {
    #[serde(skip)]
    kind: ShowKind,
    first_growth: Option<SizesAt>,
    /// The last sizes before memory was asked back at the end.
    before: Option<SizesAt>,
    /// The last sizes of all.
    last: Option<SizesAt>,
    alerts: Vec<AlertAt>,
    /// By who asked for it.
    returned_bytes: BTreeMap<String, i64>,
    #[serde(skip)]
    least: Option<Sizes>,
    #[serde(skip)]
    easing: Easing,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct SizesAt {
    seconds: f64,
    live_bytes: i64,
    resident_bytes: i64,
}

#[derive(Clone, Debug, Serialize)]
struct AlertAt {
    seconds: f64,
    #[serde(flatten)]
    alert: Alert,
}

/// How far the end of fragmentation is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Easing {
    No,
    Begun,
    /// Memory was given back, and sizes from afterwards are still to come.
    Returned,
    Seen,
}

impl Story {
    pub(super) const fn new(kind: ShowKind) -> Self {
        Self {
            kind,
            first_growth: None,
            before: None,
            last: None,
            alerts: Vec::new(),
            returned_bytes: BTreeMap::new(),
            least: None,
            easing: Easing::No,
        }
    }

    pub(super) const fn kind(&self) -> ShowKind {
        self.kind
    }

    /// Returns whether this is the first growth.
    pub(super) fn add_sizes(&mut self, seconds: f64, sizes: Sizes) -> bool {
        let Sizes { live_bytes, resident_bytes } = sizes;
        let at = SizesAt { seconds, live_bytes, resident_bytes };
        self.last = Some(at);
        if self.easing == Easing::Returned {
            self.easing = Easing::Seen;
        }
        let watched = |sizes: Sizes| match self.kind {
            ShowKind::Leak => sizes.live_bytes,
            ShowKind::Retain => sizes.resident_bytes,
        };
        let least = self.least.filter(|least| watched(*least) <= watched(sizes)).unwrap_or(sizes);
        self.least = Some(least);
        let growth = watched(sizes).saturating_sub(watched(least));
        let is_first = self.first_growth.is_none() && growth >= GROWTH_MIN;
        if is_first {
            self.first_growth = Some(at);
        }
        is_first
    }

    /// Takes all that was given back so far. Returns how much more that is than before.
    pub(super) fn add_returned(&mut self, trigger: &str, bytes: i64) -> i64 {
        let before = self.returned_bytes.insert(trigger.to_owned(), bytes).unwrap_or_default();
        let more = bytes.saturating_sub(before);
        let is_asked_for = more > 0 && trigger == "call" || more >= EASED_MIN;
        if is_asked_for && self.easing == Easing::Begun {
            self.easing = Easing::Returned;
        }
        more
    }

    pub(super) fn add_alert(&mut self, seconds: f64, alert: Alert) {
        self.alerts.push(AlertAt { seconds, alert });
    }

    /// Whether a confirmed alert names the span that leaks.
    pub(super) fn names_the_leak(&self) -> bool {
        self.leak().is_some()
    }

    pub(super) fn is_fragmented(&self) -> bool {
        self.fragmentation().is_some()
    }

    /// Memory is asked back.
    pub(super) const fn ease(&mut self) {
        self.before = self.last;
        self.easing = Easing::Begun;
    }

    /// Whether it was given back, and sizes from afterwards are known.
    pub(super) fn is_eased(&self) -> bool {
        self.easing == Easing::Seen
    }

    /// What keeps the show from being a success.
    pub(in crate::demo) fn problem(&self) -> Option<String> {
        let alerts: Vec<_> = self.alerts.iter().map(|at| at.alert.event.as_str()).collect();
        let heard = if alerts.is_empty() { "none".to_owned() } else { alerts.join(", ") };
        match self.kind {
            ShowKind::Leak if !self.names_the_leak() => Some(format!(
                "no confirmed alert that names the span `{LEAK_SPAN}` came in time; alerts: {heard}"
            )),
            ShowKind::Retain if !self.is_fragmented() => {
                Some(format!("no verdict of fragmentation came in time; alerts: {heard}"))
            }
            ShowKind::Retain if self.leak_alert().is_some() => {
                Some("a leak was told of, and there is none".to_owned())
            }
            ShowKind::Retain if matches!(self.easing, Easing::Begun | Easing::Returned) => {
                Some("nothing was seen to be given back in time".to_owned())
            }
            _ => None,
        }
    }

    /// What it comes to, in a sentence.
    pub(super) fn conclusion(&self) -> String {
        if let Some(leak) = self.leak() {
            let seconds = leak.seconds;
            return format!("The leak is found after {seconds:.1} s, in span `{LEAK_SPAN}`.");
        }
        let Some(fragmentation) = self.fragmentation() else { return String::new() };
        let seconds = fragmentation.seconds;
        let (Some(before), Some(last)) = (self.before, self.last) else {
            return format!("Fragmentation is found after {seconds:.1} s, and no leak.");
        };
        let (before, last) = (before.resident_bytes, last.resident_bytes);
        format!(
            "Fragmentation is found after {seconds:.1} s, and no leak; resident memory fell from {} to {}.",
            show_bytes(before),
            show_bytes(last),
        )
    }

    fn leak(&self) -> Option<&AlertAt> {
        self.alerts.iter().find(|at| {
            let alert = &at.alert;
            alert.is_confirmed_leak() && alert.span.as_deref() == Some(LEAK_SPAN)
        })
    }

    fn leak_alert(&self) -> Option<&AlertAt> {
        self.alerts.iter().find(|at| at.alert.cause == "leak")
    }

    fn fragmentation(&self) -> Option<&AlertAt> {
        self.alerts.iter().find(|at| at.alert.is_fragmentation())
    }
}

/// Less than this comes and goes in any service.
const GROWTH_MIN: i64 = 2 << 20;
/// More than beacon asks back by itself: the service's request has joined a run of beacon's.
const EASED_MIN: i64 = 32 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(cause: &str, event: &str, span: &str) -> Alert {
        Alert {
            event: event.to_owned(),
            cause: cause.to_owned(),
            message: String::new(),
            growth_bytes: None,
            growth_bytes_per_hour: None,
            site: Some("parse".to_owned()),
            span: Some(span.to_owned()),
            is_site_confirmed: true,
            returned_bytes: None,
        }
    }

    #[test]
    fn only_a_confirmed_leak_in_the_right_span_is_a_success() {
        let mut story = Story::new(ShowKind::Leak);
        story.add_alert(1.0, alert("leak", "beacon.memory.leak_suspected", LEAK_SPAN));
        story.add_alert(2.0, alert("leak", "beacon.memory.leak_confirmed", "other"));
        assert!(story.problem().is_some_and(|text| text.contains("leak_suspected")));
        story.add_alert(3.0, alert("leak", "beacon.memory.leak_confirmed", LEAK_SPAN));
        assert_eq!(story.problem(), None);
    }

    #[test]
    fn growth_counts_from_the_smallest_size() {
        let mut story = Story::new(ShowKind::Retain);
        let mut add = |resident_mib: i64| {
            let resident_bytes = resident_mib << 20;
            story.add_sizes(0.0, Sizes { live_bytes: 0, resident_bytes })
        };
        let firsts = [9, 10, 5, 6, 7, 12].map(&mut add);
        assert_eq!(firsts, [false, false, false, false, true, false]);
    }

    #[test]
    fn memory_must_be_seen_to_be_given_back() {
        let mut story = Story::new(ShowKind::Retain);
        story.add_returned("retention", 5);
        story.add_alert(1.0, alert("fragmentation", "beacon.memory.leak_suspected", ""));
        story.ease();
        assert_eq!(story.add_returned("retention", 5), 0);
        story.add_sizes(2.0, Sizes { live_bytes: 1, resident_bytes: 1 });
        assert!(story.problem().is_some() && !story.is_eased());
        assert_eq!(story.add_returned("call", 7), 7);
        story.add_sizes(3.0, Sizes { live_bytes: 1, resident_bytes: 1 });
        assert!(story.problem().is_none() && story.is_eased());
        story.add_alert(4.0, alert("leak", "beacon.memory.leak_suspected", ""));
        assert!(story.problem().is_some());
    }
}
