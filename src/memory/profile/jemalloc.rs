//! The text of jemalloc's own profiles, read.
//!
//! A line `heap_v2/<interval>`; then for each stack a line of return addresses `@ 0x… 0x…`, and
//! below it `t*: <objects>: <bytes> [<all objects>: <all bytes>]` for all threads together. The
//! second pair is zero unless jemalloc was told to accumulate.

use crate::memory::HeapSite;

/// Returns the sites and the mean distance between samples; 0 for what is no such text.
pub(super) fn parse(text: &str) -> (Vec<HeapSite>, u64) {
    let mut lines = text.lines();
    let interval = lines.next().and_then(|line| line.trim().strip_prefix("heap_v2/"));
    let Some(interval_bytes) = interval.and_then(|interval| interval.parse().ok()) else {
        return (Vec::new(), 0);
    };
    let mut sites = Vec::new();
    let mut frames: Option<Vec<usize>> = None;
    for line in lines.map(str::trim).take_while(|line| *line != "MAPPED_LIBRARIES:") {
        if let Some(addresses) = line.strip_prefix('@') {
            let address = |text: &str| usize::from_str_radix(text.strip_prefix("0x")?, 16).ok();
            frames = Some(addresses.split_whitespace().filter_map(address).collect());
        } else if let Some(counts) = line.strip_prefix("t*:") {
            // Before the first stack it is the sum of all.
            if let (Some(frames), Some(counts)) = (frames.take(), Counts::parse(counts)) {
                sites.push(counts.site(frames, interval_bytes));
            }
        }
    }
    (sites, interval_bytes)
}

/// What was sampled, not yet what it stands for.
#[derive(Clone, Copy, Debug)]
struct Counts {
    objects: u64,
    bytes: u64,
    all_objects: u64,
    all_bytes: u64,
}

impl Counts {
    fn parse(text: &str) -> Option<Self> {
        let is_mark = |character: char| character.is_whitespace() || ":[]".contains(character);
        let mut numbers = text.split(is_mark).filter(|part| !part.is_empty()).map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { objects: next()?, bytes: next()?, all_objects: next()?, all_bytes: next()? })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "estimates, not negative; a cast saturates"
    )]
    fn site(self, frames: Vec<usize>, interval_bytes: u64) -> HeapSite {
        let live = scale(self.objects, self.bytes, interval_bytes);
        let all = scale(self.all_objects, self.all_bytes, interval_bytes);
        let mut site = HeapSite::empty();
        site.frames = frames;
        site.live_samples = self.objects;
        site.live_blocks = self.objects as f64 * live;
        site.live_bytes = self.bytes as f64 * live;
        site.allocated_blocks = (self.all_objects as f64 * all) as u64;
        site.allocated_bytes = (self.all_bytes as f64 * all) as u64;
        site
    }
}

/// What a sample of this mean size stands for, as jemalloc's own tool has it:
/// `1 / (1 − exp(−size / interval))`.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn scale(objects: u64, bytes: u64, interval_bytes: u64) -> f64 {
    if objects == 0 || bytes == 0 || interval_bytes == 0 {
        return 1.0;
    }
    let mean_bytes = bytes as f64 / objects as f64;
    -1.0 / (-mean_bytes / interval_bytes as f64).exp_m1()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "heap_v2/524288
  t*: 3: 1049600 [4: 2000]
  t0: 3: 1049600 [0: 0]
@ 0x5578aa 0x7f12
  t*: 2: 1048576 [0: 0]
  t0: 2: 1048576 [0: 0]
@ 0x5578bb
  t*: 1: 1024 [2: 2048]

MAPPED_LIBRARIES:
@ 0x1
  t*: 1: 1024 [2: 2048]
";

    #[test]
    fn each_stack_is_a_site_with_what_it_stands_for() {
        let (sites, interval_bytes) = parse(TEXT);
        assert_eq!(interval_bytes, 524_288);
        let frames: Vec<_> = sites.iter().map(|site| site.frames.as_slice()).collect();
        assert_eq!(frames, [[0x0055_78aa, 0x7f12].as_slice(), [0x0055_78bb].as_slice()]);
        // Blocks of the interval's size are sampled with a chance of 1 − 1/e.
        assert!((sites[0].live_bytes - 1_048_576.0 * 1.581_977).abs() < 2.0, "{sites:?}");
        assert!((sites[0].live_blocks - 3.163_953).abs() < 0.001);
        assert_eq!(sites[0].allocated_bytes, 0);
        assert!((sites[1].live_bytes - 524_800.0).abs() < 1.0);
        assert_eq!(sites[1].allocated_blocks, 1_025);
    }

    #[test]
    fn other_text_has_no_sites() {
        for text in ["", "heap profile: 1", "heap_v2/x", "heap_v2/"] {
            assert_eq!(parse(text).1, 0, "{text}");
        }
        let odd = "heap_v2/1\n@ 0x1 zz 12\nt*: 1: x\n@ 0x2\nt*: 1: 2 [3: 4]\nt*: 9: 9 [9: 9]";
        let (sites, _) = parse(odd);
        assert_eq!(sites.iter().map(|site| site.frames.clone()).collect::<Vec<_>>(), [[2]]);
        for end in 0..TEXT.len() {
            drop(parse(&TEXT[..end]));
        }
    }
}
