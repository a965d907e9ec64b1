//! Errors as the semantic conventions for exceptions want them.

use std::error::Error;
use std::fmt::{self, Write};

/// Appends the error's message and the message of each of its sources, joined by `: `.
///
/// Bounded: a chain may be a ring.
pub(crate) fn write_chain(out: &mut String, error: &(dyn Error + 'static)) -> fmt::Result {
    write!(out, "{error}")?;
    let mut source = error.source();
    for _ in 0..SOURCES_MAX {
        let Some(error) = source else { return Ok(()) };
        write!(out, ": {error}")?;
        source = error.source();
    }
    if source.is_some() { out.write_str(": …") } else { Ok(()) }
}

/// Returns the path of the error's type, where it can be known: `dyn Error` does not tell, so it is
/// compared with the errors of the standard library.
pub(crate) fn type_name(error: &(dyn Error + 'static)) -> Option<&'static str> {
    TYPES.iter().find(|(is, _)| is(error)).map(|(_, name)| *name)
}

type IsType = fn(&(dyn Error + 'static)) -> bool;

macro_rules! types {
    ($($path:path),* $(,)?) => {
        &[$((|error| error.is::<$path>(), stringify!($path))),*]
    };
}

const TYPES: &[(IsType, &str)] = types![
    std::io::Error,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::num::TryFromIntError,
    std::str::ParseBoolError,
    std::str::Utf8Error,
    std::string::FromUtf8Error,
    std::net::AddrParseError,
    std::sync::mpsc::RecvError,
    std::time::SystemTimeError,
    std::env::VarError,
];

/// Longer than any honest chain.
const SOURCES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Link>>,
    }

    fn chain(texts: &[&'static str]) -> Link {
        let mut texts = texts.iter().rev();
        let mut link = Link { text: texts.next().unwrap(), source: None };
        for text in texts {
            link = Link { text, source: Some(Box::new(link)) };
        }
        link
    }

    fn written(error: &(dyn Error + 'static)) -> String {
        let mut out = String::new();
        write_chain(&mut out, error).unwrap();
        out
    }

    #[test]
    fn sources_are_joined_in_order() {
        assert_eq!(written(&chain(&["one"])), "one");
        assert_eq!(written(&chain(&["one", "two", "three"])), "one: two: three");
    }

    #[test]
    fn an_endless_chain_ends() {
        #[derive(Debug)]
        struct Ring;
        impl fmt::Display for Ring {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("again")
            }
        }
        impl Error for Ring {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        let text = written(&Ring);
        assert_eq!(text.matches("again").count(), SOURCES_MAX + 1);
        assert!(text.ends_with(": …"));
    }

    #[test]
    fn the_longest_chain_is_whole() {
        let texts = vec!["e"; SOURCES_MAX + 1];
        assert!(!written(&chain(&texts)).contains('…'));
    }

    #[test]
    fn types_of_the_standard_library_are_known() {
        assert_eq!(type_name(&std::io::Error::other("broken")), Some("std::io::Error"));
        let parse = "x".parse::<i32>().unwrap_err();
        assert_eq!(type_name(&parse), Some("std::num::ParseIntError"));
        assert_eq!(type_name(&chain(&["mine"])), None);
    }
}
