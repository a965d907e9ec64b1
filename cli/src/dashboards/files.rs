//! The files that the description becomes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use crate::dashboards::panel::Panel;
use crate::dashboards::rules::GRAFANA;
use crate::dashboards::{HEADER, pages, rules, uses};

/// Returns each file's text by its path below the root, with links to this Grafana.
pub(super) fn all(grafana_url: &str) -> BTreeMap<String, String> {
    let boards = pages::all();
    let groups = rules::all();
    let mut files = BTreeMap::new();
    for board in &boards {
        let text = format!("{:#}\n", board.draw());
        files.insert(format!("dashboards/{}.json", board.slug), text);
    }
    let linked = |text: String| text.replace(GRAFANA, grafana_url.trim_end_matches('/'));
    for group in &groups {
        let name = group.name;
        files.insert(format!("deploy/alerts/rules/{name}.yaml"), linked(rules::rules(group)));
        files.insert(format!("deploy/alerts/tests/{name}.yaml"), linked(rules::tests(group)));
    }
    let slugs: Vec<_> = boards.iter().map(|board| board.slug).collect();
    files.insert("dashboards/kustomization.yaml".to_owned(), config_maps(&slugs));
    files.insert(
        "deploy/alerts/kubernetes/prometheusrule.yaml".to_owned(),
        linked(rules::kubernetes(&groups)),
    );
    files.insert("dashboards/metrics.md".to_owned(), uses::page());
    files.insert("dashboards/empty-when-healthy.md".to_owned(), empty_panels());
    files
}

/// Returns what differs from the files below `root`, a sentence each.
pub(super) fn differences(root: &Path, grafana_url: &str) -> io::Result<Vec<String>> {
    let wanted = all(grafana_url);
    let mut problems = Vec::new();
    for (name, text) in &wanted {
        match fs::read_to_string(root.join(name)) {
            Ok(have) if have == *text => {}
            Ok(_) => problems.push(format!("{name} differs; run `beacon dashboards --write`")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                problems.push(format!("{name} is missing; run `beacon dashboards --write`"));
            }
            Err(error) => return Err(error),
        }
    }
    for name in there(root)? {
        if !wanted.contains_key(&name) {
            problems.push(format!("{name} is described nowhere"));
        }
    }
    Ok(problems)
}

pub(super) fn write(root: &Path, grafana_url: &str) -> io::Result<()> {
    let wanted = all(grafana_url);
    for name in there(root)? {
        if !wanted.contains_key(&name) {
            fs::remove_file(root.join(name))?;
        }
    }
    for (name, text) in wanted {
        let path = root.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

/// Files in the folders that hold nothing but what is written here.
fn there(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for (folder, end) in FOLDERS {
        let entries = match fs::read_dir(root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(end) {
                names.push(format!("{folder}/{name}"));
            }
        }
    }
    Ok(names)
}

/// A `ConfigMap` for each page, with the label that Grafana's sidecar looks for.
fn config_maps(slugs: &[&str]) -> String {
    let mut text = format!(
        "{HEADER}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\ngeneratorOptions:\n  \
         disableNameSuffixHash: true\n  labels:\n    grafana_dashboard: \"1\"\n  annotations:\n    \
         grafana_folder: Beacon\nconfigMapGenerator:\n"
    );
    for slug in slugs {
        // Writing into a string does not fail.
        write!(text, "  - name: beacon-dashboard-{slug}\n    files: [{slug}.json]\n")
            .unwrap_or_default();
    }
    text
}

/// The panels that show nothing while all is well, and what fills them.
fn empty_panels() -> String {
    let mut text =
        "# Panels that are empty in health\n\nWritten by `beacon dashboards --write`. The end-to-end tests fill \
         them with what really happens, except where the last column says why not: those they fill with made-up \
         metrics of the catalog.\n\n| page | panel | filled by | made up, because |\n|---|---|---|---|\n"
            .to_owned();
    for board in pages::all() {
        for Panel { title, empty_until, made_up, .. } in board.panels() {
            if let Some(event) = empty_until {
                let why = made_up.unwrap_or_default();
                writeln!(text, "| {} | {title} | {event} | {why} |", board.slug)
                    .unwrap_or_default();
            }
        }
    }
    text
}

/// With how the files there end.
const FOLDERS: [(&str, &str); 3] =
    [("dashboards", ".json"), ("deploy/alerts/rules", ".yaml"), ("deploy/alerts/tests", ".yaml")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_alerts_lead_to_the_grafana_that_was_named() {
        let files = all("https://grafana.example.com/");
        let rules = &files["deploy/alerts/rules/beacon-memory.yaml"];
        assert!(rules.contains("https://grafana.example.com/d/beacon-memory"), "{rules}");
        assert!(files.values().all(|text| !text.contains(GRAFANA)));
    }
}
