//! Names out of a closed set, alone or as a list.

use crate::config::SettingValue;
use crate::config::kind::{Choices, Flaw, Parsed};

pub(super) fn check(choices: &Choices, text: &str) -> Result<SettingValue, Flaw> {
    canonical(choices, text).map(|name| SettingValue::Text(name.to_owned()))
}

/// In code every member counts: one that is unknown spoils the list. No members are `none`.
pub(super) fn check_list(choices: &Choices, members: &[String]) -> Result<SettingValue, Flaw> {
    let mut names: Vec<String> = Vec::new();
    for member in members {
        add(&mut names, canonical(choices, member)?);
    }
    if names.is_empty() {
        names.push(NONE.to_owned());
    }
    if names.len() > 1 && names.iter().any(|name| name == NONE) {
        return Err(none_beside_others(&names.join(",")));
    }
    Ok(SettingValue::List(names))
}

/// In a variable an unknown member is ignored alone. A list without a known member is a bad value.
pub(super) fn parse_list(choices: &Choices, text: &str) -> Result<Parsed, Flaw> {
    let mut names: Vec<String> = Vec::new();
    let mut flaws = Vec::new();
    for member in text.split(',').map(str::trim).filter(|member| !member.is_empty()) {
        match canonical(choices, member) {
            Ok(name) => add(&mut names, name),
            Err(flaw) => flaws.push(flaw),
        }
    }
    if names.is_empty() {
        let list = Flaw { expected: format!("a list of {}", one_of(choices)), given: text.into() };
        return Err(if flaws.len() == 1 { flaws.remove(0) } else { list });
    }
    if names.len() > 1 && names.iter().any(|name| name == NONE) {
        flaws.push(none_beside_others(text));
        names = vec![NONE.to_owned()];
    }
    Ok(Parsed { value: SettingValue::List(names), flaws })
}

/// `` `a`, `b` or `c` ``.
pub(super) fn one_of(choices: &Choices) -> String {
    let names: Vec<_> = choices.accepted.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn canonical(choices: &Choices, text: &str) -> Result<&'static str, Flaw> {
    let find = |names: &'static [&'static str]| {
        names.iter().find(|name| name.eq_ignore_ascii_case(text)).copied()
    };
    if let Some(name) = find(choices.accepted) {
        return Ok(name);
    }
    let mut expected = one_of(choices);
    if find(choices.later).is_some() {
        expected.push_str(" (this one is not supported yet)");
    }
    Err(Flaw { expected, given: text.to_owned() })
}

fn add(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

fn none_beside_others(given: &str) -> Flaw {
    Flaw { expected: "nothing beside `none`".to_owned(), given: given.to_owned() }
}

pub(super) const NONE: &str = "none";
