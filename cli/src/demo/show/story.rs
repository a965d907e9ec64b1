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
        if more > 0 && self.easing == Easing::Begun {
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
        let mut text = format!("Fragmentation is found after {seconds:.1} s, and no leak");
        if let (Some(before), Some(last)) = (self.before, self.last) {
            let (before, last) = (before.resident_bytes, last.resident_bytes);
            let (before, last) = (show_bytes(before), show_bytes(last));
            text.push_str(&format!("; resident memory fell from {before} to {last}"));
        }
        text.push('.');
        text
    }

    fn leak(&self) -> Option<&AlertAt> {
        self.alerts.iter().find(|at| {
            let alert = &at.alert;
            alert.is_confirmed_leak() && alert.span.as_deref() == Some(LEAK_SPAN)
        })
    }

    fn fragmentation(&self) -> Option<&AlertAt> {
        self.alerts.iter().find(|at| at.alert.is_fragmentation())
    }
}

/// Less than this comes and goes in any service.
const GROWTH_MIN: i64 = 2 << 20;
