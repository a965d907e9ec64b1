//! Files on a real disk: nothing lost, nothing torn, nothing kept too long.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::RollingFile;
use crate::config::FileSettings;
use crate::config::log_settings::{LogFormat, LogTimeZone, Rotation};
use crate::diagnostics::Diagnostics;
use crate::logging::lines::batch::Batch;
use crate::logging::lines::tests::{LIMIT, parts};
use crate::logging::lines::writer::{LineCounts, LineTarget as _, LineWriter};
use crate::testing::ManualClock;

/// A directory that is gone with the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name =
            format!("beacon-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn settings(&self) -> FileSettings {
        FileSettings {
            path: self.0.join("app.log"),
            setting: "BEACON_LOG_FILE".to_owned(),
            format: LogFormat::Json,
            level: tracing::level_filters::LevelFilter::TRACE,
            bytes_max: 1 << 20,
            rotation: Rotation::Never,
            time_zone: LogTimeZone::Utc,
            keep_files_max: 1000,
            keep_bytes_max: None,
            compress: false,
            mode: 0o600,
        }
    }

    /// Names and texts, the open file last.
    fn files(&self) -> BTreeMap<String, String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        entries.map(|path| (name(&path), read(&path))).collect()
    }

    fn text(&self) -> String {
        self.files().into_values().collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}

fn read(path: &Path) -> String {
    let mut text = String::new();
    let mut file = fs::File::open(path).unwrap();
    if is_compressed(path) {
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        file.read_to_string(&mut text).unwrap();
    }
    text
}

type Said = Arc<Mutex<Vec<String>>>;

fn open(settings: &FileSettings) -> (RollingFile, ManualClock, Said) {
    let (clock, said) = (ManualClock::new(), Said::default());
    let ear = Arc::clone(&said);
    let hook = move |diagnostic: &crate::Diagnostic| {
        ear.lock().unwrap().push(diagnostic.message.clone());
    };
    let voice = Diagnostics::new(Arc::new(clock.clone()), Some(Arc::new(hook)), false);
    let file = RollingFile::open(settings, Arc::new(clock.clone()), Arc::new(voice)).unwrap();
    (file, clock, said)
}

fn batch(lines: &[&str]) -> Batch {
    let mut batch = Batch::default();
    for line in lines {
        batch.push(line);
    }
    batch
}

#[test]
fn threads_lose_and_tear_no_line() {
    const THREADS: usize = 8;
    const LINES: usize = 50_000;
    const PADDING: &str = "a line of some length";
    let directory = Directory::new();
    let settings = FileSettings { compress: true, ..directory.settings() };
    let (file, ..) = open(&settings);
    let writer = LineWriter::start(parts(1 << 20, false), file).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let writer = &writer;
            scope.spawn(move || {
                for line in 0..LINES {
                    writer.push(&format!("{thread} {line} {PADDING}\n"));
                }
            });
        }
    });
    assert!(writer.end(LIMIT));
    let written = u64::try_from(THREADS * LINES).unwrap();
    assert_eq!(writer.counts(), LineCounts { written, dropped: 0, failed: 0 });

    let files = directory.files();
    assert!(files.len() > 3, "{:?}", files.keys());
    for (name, text) in &files {
        assert_eq!(is_compressed(Path::new(name)), name != "app.log", "{name}");
        assert!(text.len() <= 1 << 20 && text.ends_with('\n'), "{name}: {}", text.len());
    }
    // In the order in which the files were closed: each thread's lines count up.
    let open = files.get("app.log");
    let closed = files.iter().filter(|(name, _)| *name != "app.log").map(|(_, text)| text);
    let mut next = [0; THREADS];
    for line in closed.chain(open).flat_map(|text| text.lines()) {
        let (thread, rest) = line.split_once(' ').unwrap();
        let next: &mut usize = &mut next[thread.parse::<usize>().unwrap()];
        assert_eq!(rest, format!("{next} {PADDING}"));
        *next += 1;
    }
    assert_eq!(next, [LINES; THREADS]);
}

#[test]
fn a_file_is_closed_at_its_size() {
    let directory = Directory::new();
    let settings = FileSettings { bytes_max: 10, ..directory.settings() };
    let (mut file, ..) = open(&settings);
    file.write(&batch(&[
        "123456789\n",
        "2\n",
        "34567\n",
        "x\n",
        "longer than a file may be\n",
        "y\n",
    ]))
    .unwrap();
    file.end();
    let texts: Vec<_> = directory.files().into_values().collect();
    let expected = ["y\n", "123456789\n", "2\n34567\nx\n", "longer than a file may be\n"];
    assert_eq!(texts, expected);
}

#[test]
fn only_so_many_files_and_bytes_stay() {
    let lines: Vec<String> = (0..20).map(|line| format!("{line:09}\n")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let table = [(3, None, 3), (100, Some(45), 4), (2, Some(45), 2), (1, None, 1)];
    for (keep_files_max, keep_bytes_max, kept) in table {
        let directory = Directory::new();
        let base = FileSettings { bytes_max: 10, ..directory.settings() };
        let settings = FileSettings { keep_files_max, keep_bytes_max, ..base };
        let (mut file, ..) = open(&settings);
        file.write(&batch(&lines)).unwrap();
        file.end();
        // The newest ones stay, in order, besides the open file.
        let files = directory.files();
        let expected: Vec<_> = (19 - kept..19).map(|line| format!("{line:09}\n")).collect();
        let closed: Vec<_> = files.values().skip(1).cloned().collect();
        assert_eq!((closed, &files["app.log"]), (expected, &format!("{:09}\n", 19)));
    }
}

#[test]
fn bytes_are_those_of_compressed_files() {
    let directory = Directory::new();
    let base = FileSettings { bytes_max: 10_000, compress: true, ..directory.settings() };
    // Less than one of them has while it waits.
    let settings = FileSettings { keep_bytes_max: Some(5_000), ..base };
    let (mut file, ..) = open(&settings);
    let line = "x".repeat(9_999) + "\n";
    file.write(&batch(&[&line])).unwrap();
    for kept in 1..=20 {
        file.write(&batch(&[&line])).unwrap();
        // The archivist has done what there was to do before it ends.
        file.end();
        assert_eq!(directory.files().len(), kept + 1);
        file = open(&settings).0;
    }
    file.end();
}

#[test]
fn a_restart_appends_and_tidies_up() {
    let directory = Directory::new();
    let settings = FileSettings { bytes_max: 10, ..directory.settings() };
    let (mut file, ..) = open(&settings);
    file.write(&batch(&["1\n", "23456789\n", "3\n"])).unwrap();
    file.end();
    // A process that died left half a line, and half an archive.
    fs::write(directory.0.join("app.log.gz.tmp"), "half").unwrap();
    fs::write(directory.0.join("app.log.txt"), "not ours").unwrap();
    let torn = fs::read_to_string(&settings.path).unwrap() + "4";
    fs::write(&settings.path, torn).unwrap();

    let (mut file, ..) = open(&FileSettings { compress: true, ..settings.clone() });
    file.write(&batch(&["5\n", "67\n", "8\n"])).unwrap();
    file.end();
    let names: Vec<_> =
        directory.files().into_keys().filter(|name| is_compressed(Path::new(name))).collect();
    let shown: Vec<_> = names.iter().map(|name| read(&directory.0.join(name))).collect();
    assert_eq!(shown, ["1\n", "23456789\n", "3\n4\n5\n67\n"]);
    assert_eq!(read(&settings.path), "8\n");
    assert_eq!(read(&directory.0.join("app.log.txt")), "not ours");
    assert!(!directory.0.join("app.log.gz.tmp").exists());
}

#[test]
fn a_file_is_closed_when_its_time_is_over() {
    let directory = Directory::new();
    let settings = FileSettings { rotation: Rotation::Minutely, ..directory.settings() };
    let (mut file, clock, _) = open(&settings);
    file.write(&batch(&["1\n"])).unwrap();
    clock.advance(Duration::from_mins(1));
    file.write(&batch(&["2\n"])).unwrap();
    file.write(&batch(&["3\n"])).unwrap();
    // Minutes without a line have no file.
    clock.advance(Duration::from_mins(5));
    file.write(&batch(&["4\n"])).unwrap();
    file.end();
    let texts: Vec<_> = directory.files().into_values().collect();
    assert_eq!(texts, ["4\n", "1\n", "2\n3\n"]);
}

#[test]
fn a_file_belongs_to_the_time_of_its_first_line() {
    let directory = Directory::new();
    let settings = FileSettings { rotation: Rotation::Minutely, ..directory.settings() };
    let (mut file, clock, _) = open(&settings);
    // It was opened in a minute in which nobody had anything to say.
    clock.advance(Duration::from_mins(3));
    file.write(&batch(&["1\n"])).unwrap();
    file.write(&batch(&["2\n"])).unwrap();
    clock.advance(Duration::from_mins(1));
    file.write(&batch(&["3\n"])).unwrap();
    file.end();
    let texts: Vec<_> = directory.files().into_values().collect();
    assert_eq!(texts, ["3\n", "1\n2\n"]);
}

#[test]
fn a_file_that_is_removed_or_moved_comes_back() {
    let directory = Directory::new();
    let settings = directory.settings();
    let (mut file, _, said) = open(&settings);
    file.write(&batch(&["1\n"])).unwrap();
    fs::remove_dir_all(&directory.0).unwrap();
    file.write(&batch(&["2\n"])).unwrap();
    assert_eq!(directory.text(), "2\n");
    fs::rename(&settings.path, directory.0.join("elsewhere")).unwrap();
    file.write(&batch(&["3\n"])).unwrap();
    assert_eq!(read(&settings.path), "3\n");
    let said = said.lock().unwrap();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("was moved or removed; a new one begins"), "{said:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_lines_until_there_is_room() {
    let directory = Directory::new();
    let settings = directory.settings();
    // A device that has never room.
    std::os::unix::fs::symlink("/dev/full", &settings.path).unwrap();
    let (mut file, ..) = open(&settings);
    let loss = file.write(&batch(&["1\n", "2\n"])).unwrap_err();
    assert_eq!((loss.lines, loss.cause.kind()), (2, std::io::ErrorKind::StorageFull));
    fs::remove_file(&settings.path).unwrap();
    file.write(&batch(&["3\n"])).unwrap();
    assert_eq!(read(&settings.path), "3\n");
}

#[cfg(unix)]
#[test]
fn a_device_is_written_and_never_closed() {
    let directory = Directory::new();
    let base = FileSettings { bytes_max: 4, ..directory.settings() };
    let settings = FileSettings { rotation: Rotation::Minutely, ..base };
    std::os::unix::fs::symlink("/dev/null", &settings.path).unwrap();
    let (mut file, clock, _) = open(&settings);
    for _ in 0..3 {
        file.write(&batch(&["123\n", "456\n", "longer\n"])).unwrap();
        clock.advance(Duration::from_mins(1));
    }
    file.end();
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 1);
    assert!(settings.path.is_symlink());
}

#[cfg(unix)]
#[test]
fn files_have_the_permissions_that_were_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;

    for mode in [0o600, 0o640, 0o666] {
        let directory = Directory::new();
        let base = FileSettings { bytes_max: 4, compress: true, ..directory.settings() };
        let (mut file, ..) = open(&FileSettings { mode, ..base });
        file.write(&batch(&["1\n", "234\n"])).unwrap();
        file.end();
        assert_eq!(directory.files().len(), 2);
        for entry in fs::read_dir(&directory.0).unwrap() {
            let found = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
    }
}
