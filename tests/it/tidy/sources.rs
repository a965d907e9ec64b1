//! The Rust files of this repository, and questions to their lines.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::tidy::code::{code_of, without_tests};

/// One Rust file, by its path below the root of the repository.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    pub(super) fn is_under(&self, prefixes: &[&str]) -> bool {
        prefixes.iter().any(|prefix| self.path.starts_with(prefix))
    }

    /// A whole file of tests; the `#[cfg(test)]` stands in the file that declares it.
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }
}

/// Reads all files of the repository, tests and benches included, as they are written.
pub(super) fn all_texts() -> io::Result<Vec<Source>> {
    read(&["src", "cli", "macros", "tests", "benches", "examples"])
}

/// Reads all files of the repository without comments and literals.
pub(super) fn all_code() -> io::Result<Vec<Source>> {
    let mut sources = all_texts()?;
    for source in &mut sources {
        source.text = code_of(&source.text);
    }
    Ok(sources)
}

/// Reads the code of what ships: neither tests nor benches nor examples.
pub(super) fn product_code() -> io::Result<Vec<Source>> {
    let mut sources = read(&["src", "cli/src", "macros/src"])?;
    sources.retain(|source| !source.is_test());
    for source in &mut sources {
        source.text = without_tests(&code_of(&source.text));
    }
    Ok(sources)
}

/// Reads all Rust files under these folders; a folder that is not there holds none.
pub(super) fn read(folders: &[&str]) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() || folder.ends_with("target") {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(root()).unwrap_or(&path);
                let below = below.to_string_lossy().replace('\\', "/");
                sources.push(Source { text: fs::read_to_string(&path)?, path: below });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Asks each line, and returns the answers with file and line in front.
pub(super) fn ask(
    sources: &[Source],
    question: impl Fn(&Source, &str) -> Option<String>,
) -> Vec<String> {
    let mut answers = Vec::new();
    for source in sources {
        for (number, line) in (1_u32..).zip(source.text.lines()) {
            if let Some(answer) = question(source, line) {
                answers.push(format!("{}:{number}: {answer}", source.path));
            }
        }
    }
    answers
}

/// Tells whether `word` stands in `line` and is not a part of a longer word.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let is_part = |neighbor: Option<char>| {
        neighbor.is_some_and(|neighbor| neighbor.is_alphanumeric() || neighbor == '_')
    };
    line.match_indices(word).any(|(at, _)| {
        let (before, from) = line.split_at(at);
        let after = from.strip_prefix(word).unwrap_or_default();
        !is_part(before.chars().next_back()) && !is_part(after.chars().next())
    })
}
