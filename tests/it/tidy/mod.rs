//! Rules of this repository that neither the compiler nor clippy knows.
//!
//! They look at the text of the sources, without comments and literals where those do not matter.

mod code;
mod sources;

use std::{fs, io};

use crate::tidy::sources::{all_code, all_texts, ask, has_word, product_code, read, root};

#[test]
fn only_export_names_the_sdk() -> io::Result<()> {
    for word in ["opentelemetry_otlp", "opentelemetry_sdk"] {
        check_word(word, &["src/export/"], "belongs in src/export/")?;
    }
    // The receiver decodes what the exporter encodes, with messages of a module named `tonic`.
    let proto = ["src/export/", "src/collector/"];
    check_word("opentelemetry_proto", &proto, "belongs in src/export/ or src/collector/")?;
    // Trace context travels in the metadata of tonic's users.
    let tonic = ["src/export/", "src/collector/", "src/propagation/carrier/grpc.rs"];
    check_word("tonic", &tonic, "belongs where OTLP is spoken")
}

#[test]
fn only_the_command_names_clap() -> io::Result<()> {
    check_word("clap", &["cli/"], "belongs in cli/")
}

#[test]
fn only_one_file_reads_the_environment() -> io::Result<()> {
    // Where the program lies or what it was built for is no setting, so `std::env` as such may stand.
    let readers = ["args", "args_os", "remove_var", "set_var", "var", "var_os", "vars", "vars_os"];
    let found = ask(&product_code()?, |source, line| {
        let is_read = line.contains("env::") && readers.iter().any(|reader| has_word(line, reader));
        (is_read && !source.is_under(&["src/config/env.rs", "cli/"]))
            .then(|| "reads the environment; that belongs in src/config/env.rs".to_owned())
    });
    assert_none(&found);
    Ok(())
}

#[test]
fn simple_and_batch_processors_of_the_sdk_stay_out() -> io::Result<()> {
    for word in
        ["BatchLogProcessor", "BatchSpanProcessor", "SimpleLogProcessor", "SimpleSpanProcessor"]
    {
        check_word(word, &[], "exports in a way that can block its caller")?;
    }
    Ok(())
}

#[test]
fn the_library_installs_no_allocator() -> io::Result<()> {
    check_word("global_allocator", &["cli/"], "is the user's decision")
}

#[test]
fn only_the_allocator_is_unsafe() -> io::Result<()> {
    check_word("unsafe", &["src/memory/allocator/"], "belongs in src/memory/allocator/")?;
    // Nothing lifts the lint elsewhere either.
    check_word("unsafe_code", &["src/memory/allocator/"], "belongs in src/memory/allocator/")
}

#[test]
fn lints_are_expected_and_never_allowed() -> io::Result<()> {
    let found = ask(&all_code()?, |_, line| {
        let is_call = line.contains(".allow(") || line.contains("fn allow(");
        let is_attribute = line.contains("allow(") && has_word(line, "allow") && !is_call;
        is_attribute.then(|| "write `expect`, which fails when it is no longer needed".to_owned())
    });
    assert_none(&found);
    Ok(())
}

#[test]
fn an_unfinished_note_names_its_issue() -> io::Result<()> {
    // In two parts, so that this file does not find itself.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let found = ask(&all_texts()?, |_, line| {
        let is_note = marks.iter().any(|mark| has_word(line, mark));
        (is_note && !has_issue_number(line)).then(|| "names no issue like `#123`".to_owned())
    });
    assert_none(&found);
    Ok(())
}

#[test]
fn a_source_file_holds_one_idea() -> io::Result<()> {
    let mut found = Vec::new();
    for source in read(&["src"])? {
        let lines = source.text.lines().count();
        let exception = LONG_FILES.iter().find(|(path, _)| *path == source.path);
        match (lines > LINES_MAX, exception) {
            (true, None) => found.push(format!(
                "{}:{lines}: over {LINES_MAX} lines; split it, or list it here with a reason",
                source.path
            )),
            (false, Some(_)) => {
                found.push(format!("{}:{lines}: no longer needs to be listed here", source.path));
            }
            _ => {}
        }
    }
    for (path, reason) in LONG_FILES {
        if !root().join(path).is_file() || reason.is_empty() {
            found.push(format!("{path}:1: is listed here, but is no file or has no reason"));
        }
    }
    assert_none(&found);
    Ok(())
}

#[test]
fn the_example_of_the_readme_is_compiled() -> io::Result<()> {
    let lib = fs::read_to_string(root().join("src/lib.rs"))?;
    let flat: String = lib.split_whitespace().collect();
    let is_included = flat.contains(r#"doc=include_str!("../README.md")"#);
    assert!(is_included, "src/lib.rs:1: does not include README.md for its doctests");
    Ok(())
}

#[test]
fn the_architecture_names_every_module() -> io::Result<()> {
    let page = root().join("ARCHITECTURE.md");
    assert!(page.is_file(), "ARCHITECTURE.md:1: is missing");
    let page = fs::read_to_string(page)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("src"))? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        let forms = [format!("`{name}`"), format!("{name}/"), format!("{name}.rs")];
        let is_named = forms.iter().any(|form| page.contains(form.as_str()));
        if !is_named && name != "lib" {
            found.push(format!("ARCHITECTURE.md:1: does not name `{name}` of src/"));
        }
    }
    found.sort();
    assert_none(&found);
    Ok(())
}

#[test]
fn the_architecture_points_at_what_is_there() -> io::Result<()> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let mut found = Vec::new();
    for (row, line) in page.lines().enumerate() {
        let is_path = |text: &&str| FOLDERS.iter().any(|folder| text.starts_with(folder));
        for path in line.split('`').skip(1).step_by(2).filter(is_path) {
            // Of a pattern, the folder.
            let exact = path.split('*').next().unwrap_or(path);
            let exact =
                exact.rsplit_once('/').filter(|_| path.contains('*')).map_or(exact, |p| p.0);
            if !root().join(exact).exists() {
                found.push(format!("ARCHITECTURE.md:{}: `{path}` is not there", row + 1));
            }
        }
    }
    assert_none(&found);
    Ok(())
}

#[test]
fn every_dependency_has_its_reason() -> io::Result<()> {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let table = manifest.split_once("\n[dependencies]\n").map_or("", |(_, behind)| behind);
    let table = table.split("\n[").next().unwrap_or_default();
    let names: Vec<_> = table.lines().filter_map(|line| line.split_once(" = ")).collect();
    assert!(!names.is_empty(), "Cargo.toml:1: has no table of dependencies");
    let is_missing = |(name, _): &&(&str, &str)| !page.contains(&format!("`{name}`"));
    let message = |(name, _): &(&str, &str)| format!("ARCHITECTURE.md:1: `{name}` has no reason");
    assert_none(&names.iter().filter(is_missing).map(message).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn every_example_is_listed() -> io::Result<()> {
    let page = fs::read_to_string(root().join("examples/README.md"))?;
    let mut found = Vec::new();
    for source in read(&["examples"])? {
        let name = source.path.trim_start_matches("examples/");
        if !page.contains(&format!("({name})")) {
            found.push(format!("examples/README.md:1: does not list `{name}`"));
        }
    }
    assert_none(&found);
    Ok(())
}

/// Fails when what ships names `word` outside of the allowed paths.
fn check_word(word: &str, allowed: &[&str], reason: &str) -> io::Result<()> {
    let found = ask(&product_code()?, |source, line| {
        // A module of that crate is called `tonic`.
        let line = line.replace("opentelemetry_proto::tonic", "opentelemetry_proto");
        (has_word(&line, word) && !source.is_under(allowed)).then(|| format!("`{word}` {reason}"))
    });
    assert_none(&found);
    Ok(())
}

#[track_caller]
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn has_issue_number(line: &str) -> bool {
    line.split('#').skip(1).any(|after| after.starts_with(|first: char| first.is_ascii_digit()))
}

/// Files of `src` above the limit, each with the reason why it is not two files.
const LONG_FILES: &[(&str, &str)] = &[];
const LINES_MAX: usize = 400;

/// What a path of this repository begins with.
const FOLDERS: &[&str] = &["cli/", "deploy/", "docs/", "examples/", "macros/", "src/", "tests/"];
