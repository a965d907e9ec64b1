//! One fault, from its first sign to the verdict.

mod alert;
mod lines;
mod source;
mod story;

use std::time::Duration;

use beacon::memory::MemoryConfig;
use tokio::time::{Instant, interval};

use crate::demo::fault::{Fault, Faults};
use crate::demo::progress::Progress;
use crate::demo::show::alert::Alert;
use crate::demo::show::lines::Lines;
use crate::demo::show::source::{Arrived, News};
use crate::demo::target::Target;

pub(super) use crate::demo::show::source::Told;
pub(super) use crate::demo::show::story::Story;

/// What is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ShowKind {
    Leak,
    Retain,
}

impl ShowKind {
    pub(super) const fn fault(self) -> Fault {
        match self {
            Self::Leak => Fault::Leak,
            Self::Retain => Fault::Fragment,
        }
    }
}

/// Follows the one fault of a demo and tells of it.
#[derive(Debug)]
pub(super) struct Show<'a> {
    target: &'a Target,
    told: Told,
    arrived: Arrived,
    lines: Lines,
    began: Instant,
    story: Story,
}

impl<'a> Show<'a> {
    pub(super) fn new(
        kind: ShowKind,
        target: &'a Target,
        told: &Told,
        is_silent: bool,
        progress: Progress,
    ) -> Self {
        Self {
            target,
            told: told.clone(),
            arrived: Arrived::default(),
            lines: Lines::new(is_silent, progress),
            began: Instant::now(),
            story: Story::new(kind),
        }
    }

    /// Returns when everything has been seen.
    pub(super) async fn run(&mut self, faults: &Faults) {
        self.began = Instant::now();
        self.lines.begin(self.story.kind(), self.target.collector().is_some());
        let mut ticks = interval(PERIOD);
        loop {
            ticks.tick().await;
            if self.look(faults) {
                return;
            }
        }
    }

    /// What was seen, and what not.
    pub(super) fn end(self) -> Story {
        self.lines.end(&self.story);
        self.story
    }

    fn look(&mut self, faults: &Faults) -> bool {
        let news = match self.target.collector() {
            Some(collector) => self.arrived.read(collector),
            None => self.told.read(),
        };
        self.take(news);
        if self.story.kind() == ShowKind::Leak {
            return self.story.names_the_leak();
        }
        if !self.story.is_fragmented() {
            return false;
        }
        if self.target.collector().is_none() {
            // What is given back from now on shows in metrics alone, and these are elsewhere.
            return true;
        }
        if faults.is_on(Fault::Fragment) {
            self.lines.ease(self.seconds());
            self.story.ease();
            faults.end(Fault::Fragment);
        }
        self.story.is_eased()
    }

    fn take(&mut self, news: News) {
        let seconds = self.seconds();
        for sizes in news.sizes {
            let is_first_growth = self.story.add_sizes(seconds, sizes);
            self.lines.sizes(seconds, sizes, is_first_growth);
        }
        for (trigger, bytes) in news.returned_bytes {
            let more = self.story.add_returned(&trigger, bytes);
            if more > 0 {
                self.lines.returned(seconds, &trigger, more);
            }
        }
        for alert in news.alerts {
            self.lines.alert(seconds, &alert);
            self.story.add_alert(seconds, alert);
        }
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

/// Has the callback of the service tell of alerts.
pub(super) fn listen(config: MemoryConfig, told: &Told) -> MemoryConfig {
    let told = told.clone();
    config.on_leak(move |alert| told.push(Alert::of_callback(alert)))
}

const PERIOD: Duration = Duration::from_millis(100);
