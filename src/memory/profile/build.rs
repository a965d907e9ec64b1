//! Sites into a profile.

use std::collections::HashMap;

use crate::memory::profile::mappings::CodeMapping;
use crate::memory::profile::messages::{
    Function, Label, Line, Location, Mapping, Profile, Sample, ValueType,
};
use crate::memory::profile::symbols::Symbol;
use crate::memory::{HeapSite, SampleLosses};

/// Everything that a profile says.
pub(super) struct Parts<'a> {
    pub(super) sites: &'a [HeapSite],
    pub(super) mappings: &'a [CodeMapping],
    pub(super) losses: SampleLosses,
    pub(super) interval_bytes: u64,
    pub(super) time_nanos: i64,
    /// Whether the sums since the start are known.
    pub(super) resolve: fn(usize) -> Vec<Symbol>,
}

pub(super) fn build(parts: &Parts<'_>) -> Profile {
    let mut tables = Tables::new(parts);
    let samples = parts.sites.iter().map(|site| tables.sample(site)).collect();
    tables.finish(parts, samples)
}

/// What samples refer to by number. Number 0 is none, or the empty text.
struct Tables<'a> {
    mappings: &'a [CodeMapping],
    resolve: fn(usize) -> Vec<Symbol>,
    strings: Vec<String>,
    string_numbers: HashMap<String, i64>,
    functions: Vec<Function>,
    function_numbers: HashMap<(i64, i64), u64>,
    locations: Vec<Location>,
    /// `None`: an address inside of the hook.
    location_numbers: HashMap<usize, Option<u64>>,
}

impl<'a> Tables<'a> {
    fn new(parts: &Parts<'a>) -> Self {
        let mut tables = Self {
            mappings: parts.mappings,
            resolve: parts.resolve,
            strings: Vec::new(),
            string_numbers: HashMap::new(),
            functions: Vec::new(),
            function_numbers: HashMap::new(),
            locations: Vec::new(),
            location_numbers: HashMap::new(),
        };
        tables.string("");
        tables
    }

    fn sample(&mut self, site: &HeapSite) -> Sample {
        let locations: Vec<_> = site.frames.iter().map(|frame| self.location(*frame)).collect();
        // What every allocation comes through says nothing, up to its outermost frame.
        let hook = locations.iter().rposition(Option::is_none);
        let program = locations.into_iter().skip(hook.map_or(0, |hook| hook.saturating_add(1)));
        let mut location_id: Vec<u64> = program.flatten().collect();
        if location_id.is_empty() {
            location_id.push(self.no_stack());
        }
        let label =
            site.span.map(|span| Label { key: self.string("span"), str: self.string(span.name()) });
        let value = vec![
            whole(site.allocated_blocks),
            whole(site.allocated_bytes),
            rounded(site.live_blocks),
            rounded(site.live_bytes),
        ];
        Sample { location_id, value, label: label.into_iter().collect() }
    }

    fn location(&mut self, frame: usize) -> Option<u64> {
        if let Some(known) = self.location_numbers.get(&frame) {
            return *known;
        }
        let symbols = (self.resolve)(frame);
        let is_hook = symbols.iter().any(Symbol::is_hook);
        let number = (!is_hook).then(|| {
            let line = symbols.iter().map(|symbol| self.line(symbol)).collect();
            // A return address lies behind its call.
            let address = u64::try_from(frame).unwrap_or(u64::MAX).saturating_sub(1);
            self.push_location(address, line)
        });
        self.location_numbers.insert(frame, number);
        number
    }

    fn push_location(&mut self, address: u64, line: Vec<Line>) -> u64 {
        let is_inside = |mapping: &CodeMapping| (mapping.start..mapping.end).contains(&address);
        let mapping_id = self.mappings.iter().position(is_inside).map_or(0, next_number);
        let id = next_number(self.locations.len());
        self.locations.push(Location { id, mapping_id, address, line });
        id
    }

    /// For what was sampled without a stack.
    fn no_stack(&mut self) -> u64 {
        if let Some(Some(known)) = self.location_numbers.get(&0) {
            return *known;
        }
        let symbol = Symbol { name: "[no stack]".to_owned(), ..Symbol::default() };
        let line = self.line(&symbol);
        let id = self.push_location(0, vec![line]);
        self.location_numbers.insert(0, Some(id));
        id
    }

    fn line(&mut self, symbol: &Symbol) -> Line {
        let (name, filename) = (self.string(&symbol.name), self.string(&symbol.file));
        let system_name = self.string(&symbol.system_name);
        let next = next_number(self.functions.len());
        let function_id = *self.function_numbers.entry((name, filename)).or_insert(next);
        if function_id == next {
            self.functions.push(Function { id: next, name, system_name, filename });
        }
        Line { function_id, line: i64::from(symbol.line) }
    }

    fn string(&mut self, text: &str) -> i64 {
        if let Some(number) = self.string_numbers.get(text) {
            return *number;
        }
        let number = i64::try_from(self.strings.len()).unwrap_or(0);
        self.strings.push(text.to_owned());
        self.string_numbers.insert(text.to_owned(), number);
        number
    }

    fn value_type(&mut self, (kind, unit): (&str, &str)) -> ValueType {
        ValueType { r#type: self.string(kind), unit: self.string(unit) }
    }

    fn finish(mut self, parts: &Parts<'_>, sample: Vec<Sample>) -> Profile {
        let sample_type = VALUES.iter().map(|value| self.value_type(*value)).collect();
        let period_type = Some(self.value_type(("space", "bytes")));
        let has_symbols = !self.functions.is_empty();
        let mapping = (1..)
            .zip(parts.mappings)
            .map(|(id, mapping)| Mapping {
                id,
                memory_start: mapping.start,
                memory_limit: mapping.end,
                file_offset: mapping.file_offset,
                filename: self.string(&mapping.file),
                build_id: self.string(&mapping.build_id),
                // Without these, `pprof` looks for the names itself, by the file and its build.
                has_functions: has_symbols,
                has_filenames: has_symbols,
                has_line_numbers: has_symbols,
                has_inline_frames: has_symbols,
            })
            .collect();
        let SampleLosses { evicted, dropped, .. } = parts.losses;
        let comment = (evicted > 0 || dropped > 0).then(|| {
            self.string(&format!(
                "samples had no room: {evicted} young ones were evicted, {dropped} were dropped; \
                 what is young is shown too small"
            ))
        });
        Profile {
            sample_type,
            sample,
            mapping,
            location: self.locations,
            function: self.functions,
            time_nanos: parts.time_nanos,
            period_type,
            period: whole(parts.interval_bytes),
            comment: comment.into_iter().collect(),
            default_sample_type: self.string_numbers.get("inuse_space").copied().unwrap_or(0),
            string_table: self.strings,
        }
    }
}

/// In the order of Go's own heap profiles.
const VALUES: [(&str, &str); 4] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
];

fn next_number(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX).saturating_add(1)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "a cast saturates")]
fn rounded(number: f64) -> i64 {
    number.round() as i64
}
