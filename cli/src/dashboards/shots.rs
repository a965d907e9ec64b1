//! Which state of a page its pictures show.

use std::fmt::Write as _;

use serde_json::Value;

use crate::dashboards::pages;

/// Returns a line for each page: its name, and a number that changes with all that can be seen.
pub(super) fn states() -> String {
    let mut text = String::new();
    for board in pages::all() {
        let mut drawn = board.draw();
        remove_descriptions(&mut drawn);
        // Writing into a string does not fail.
        writeln!(text, "{} {:016x}", board.slug, hash(&drawn.to_string())).unwrap_or_default();
    }
    text
}

/// They are shown only under the pointer.
fn remove_descriptions(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(remove_descriptions),
        Value::Object(keys) => {
            keys.remove("description");
            keys.values_mut().for_each(remove_descriptions);
        }
        _ => {}
    }
}

/// FNV-1a. Source: <https://datatracker.ietf.org/doc/draft-eastlake-fnv/>
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{hash, remove_descriptions, states};
    use crate::dashboards::pages;

    #[test]
    fn every_page_has_its_pictures() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards/screenshots"));
        for board in pages::all() {
            for theme in ["light", "dark"] {
                let name = format!("{}-{theme}.png", board.slug);
                let bytes = std::fs::read(folder.join(&name)).unwrap_or_default();
                assert!(bytes.starts_with(b"\x89PNG"), "{name}: run dashboards/render/run");
                assert!(bytes.len() < 400_000, "{name} has {} bytes", bytes.len());
            }
        }
        let taken = std::fs::read_to_string(folder.join("pages.txt")).unwrap_or_default();
        assert_eq!(taken, states(), "a page has changed: run dashboards/render/run");
    }

    #[test]
    fn a_state_changes_with_what_can_be_seen() {
        let state = |text: &str| {
            let mut page = serde_json::from_str(text).unwrap();
            remove_descriptions(&mut page);
            hash(&page.to_string())
        };
        let shown = state(r#"{"panels": [{"title": "a", "description": "b"}]}"#);
        assert_eq!(shown, state(r#"{"panels": [{"title": "a", "description": "c"}]}"#));
        assert_ne!(shown, state(r#"{"panels": [{"title": "c", "description": "b"}]}"#));
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
    }
}
