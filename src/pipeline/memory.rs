//! What looks at the samples of memory, put together from settings.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::clock::SharedClock;
use crate::config::Settings;
use crate::diagnostics::Diagnostics;
use crate::error::InitError;
use crate::export::Export;
use crate::export::processors::RecordingCounters;
use crate::logging::{Lines, OwnEvents};
use crate::memory::{
    HeapSampling, LeakCallback, LeakWatch, MemorySampler, MemorySnapshot, PressureThresholds,
    ProfileWriter, Reclaimer, SamplerParts, SiteReader, Watch, WatchParts, configure_heap_sampling,
    heap_profile, is_tracking, set_installed, set_installed_scopes,
};
use crate::pipeline::Pipeline;
use crate::propagation::{set_installed_layers, set_installed_methods};

/// Whom the watch tells, and what it counts.
pub(super) struct WatchPeers<'a> {
    pub(super) export: &'a Export,
    pub(super) lines: &'a Option<Arc<Lines>>,
    pub(super) counters: &'a Arc<RecordingCounters>,
    pub(super) clock: &'a SharedClock,
    pub(super) memory_clock: &'a SharedClock,
    pub(super) voice: &'a Arc<Diagnostics>,
    pub(super) callback: Option<LeakCallback>,
}

/// Starts the thread that samples; `None` where memory is not watched.
pub(super) fn start(
    settings: &Settings,
    peers: WatchPeers<'_>,
) -> Result<Option<Arc<MemorySampler>>, InitError> {
    let Some(memory) = settings.memory else { return Ok(None) };
    if settings.heap.is_sampled && is_tracking() {
        // The service has installed the allocator that samples.
        configure_heap_sampling(HeapSampling::adaptive());
    }
    let parts = SamplerParts {
        settings: memory,
        clock: Arc::clone(peers.memory_clock),
        voice: Arc::clone(peers.voice),
        meter: peers.export.own_meter(),
        is_in_container: peers.export.is_in_container(),
    };
    Ok(Some(Arc::new(MemorySampler::start(parts, watch(settings, peers))?)))
}

/// Looks at nothing where leaks are not looked for.
fn watch(settings: &Settings, peers: WatchPeers<'_>) -> Watch {
    let Some(leaks) = &settings.leaks else { return Watch::default() };
    let WatchPeers { export, lines, counters, clock, voice, callback, .. } = peers;
    let exporters = &settings.exporters;
    let is_recording = exporters.traces.is_on() || exporters.logs.is_on() || lines.is_some();
    let recorder = export.log_recorder(settings);
    let profiles = leaks.profile_directory.clone().map(|directory| {
        let make = || heap_profile().map_err(|error| error.to_string());
        let voice = Arc::clone(voice);
        ProfileWriter::new(directory, leaks.profile_keep_max, Arc::new(make), voice)
    });
    let leaks = LeakWatch::new(WatchParts {
        id_prefix: id_prefix(clock),
        confirm_without_load: leaks.confirm_without_load,
        pressure: leaks.pressure.map(|pressure| PressureThresholds {
            warn_ratio: pressure.warn_ratio,
            shed_ratio: pressure.shed_ratio,
        }),
        events: OwnEvents::new(recorder, lines.clone(), Arc::clone(counters), Arc::clone(clock)),
        voice: Arc::clone(voice),
        meter: export.own_meter(),
        callback,
        reclaimer: Arc::clone(Reclaimer::of_process()),
        sites: SiteReader::of_process(),
        profiles,
    });
    Watch::new(leaks, is_recording.then(|| Arc::clone(counters)))
}

impl Pipeline {
    /// What was sampled last; empty when memory is not watched.
    pub(crate) fn memory_snapshot(&self) -> MemorySnapshot {
        let memory = self.memory.as_ref();
        memory.map_or_else(MemorySnapshot::default, |memory| memory.latest().snapshot())
    }

    /// Makes these the samples and the instruments of the process.
    pub(crate) fn set_installed_metrics(&self) {
        if let Some(memory) = &self.memory {
            set_installed(memory.latest());
        }
        set_installed_methods(&self.settings.http_known_methods);
        if let Some(meter) = self.export.as_ref().and_then(Export::own_meter) {
            set_installed_scopes(&meter);
            set_installed_layers(&meter);
        }
    }
}

#[cfg(test)]
impl Pipeline {
    /// What beacon tells with, for tests of who tells.
    pub(crate) fn own_events(&self) -> OwnEvents {
        let recorder = self.export.as_ref().and_then(|export| export.log_recorder(&self.settings));
        OwnEvents::new(
            recorder,
            self.lines.clone(),
            Arc::clone(&self.counters),
            Arc::clone(&self.clock),
        )
    }

    pub(crate) const fn voice(&self) -> &Arc<Diagnostics> {
        &self.voice
    }
}

/// The second of the start: tells the processes of one service instance apart.
fn id_prefix(clock: &SharedClock) -> String {
    let since = clock.wall().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    format!("{:x}", since.as_secs())
}
