//! Directives in the syntax of `RUST_LOG`.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{Directive, ParseError, Targets};
use tracing_subscriber::layer::Filter;
use tracing_subscriber::{EnvFilter, Registry};

/// A directive that means nothing.
#[derive(Debug, thiserror::Error)]
#[error("expected filter directives such as `info,hyper=warn`, got `{directive}`")]
pub(crate) struct DirectiveError {
    pub(crate) directive: String,
    source: ParseError,
}

/// Directives in the syntax of `RUST_LOG`, of which not one was left out.
#[derive(Debug)]
pub(crate) enum Directives {
    /// Levels and targets only. Each call-site is asked once; a span that starts pays nothing.
    Plain(Targets),
    /// At least one directive names a span or a field. Each span pays for the bookkeeping.
    Scoped(Box<EnvFilter>),
}

impl Directives {
    /// Parses directives separated by commas; blanks around them are allowed. No directive at all
    /// admits nothing.
    ///
    /// # Errors
    ///
    /// The first directive that is not understood. Lossy parsing would let a typo mute everything.
    pub(crate) fn parse(text: &str) -> Result<Self, DirectiveError> {
        let mut directives = Vec::new();
        for piece in text.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
            let directive: Directive = piece.parse().map_err(|source| refused(piece, source))?;
            directives.push(directive);
        }
        let canonical: Vec<String> = directives.iter().map(ToString::to_string).collect();
        if canonical.iter().any(|directive| directive.contains('[')) {
            let filter =
                directives.into_iter().fold(EnvFilter::default(), EnvFilter::add_directive);
            return Ok(Self::Scoped(Box::new(filter)));
        }
        if canonical.is_empty() {
            return Ok(Self::Plain(Targets::new()));
        }
        let targets = canonical.join(",").parse().map_err(|source| refused(text, source))?;
        Ok(Self::Plain(targets))
    }

    pub(super) fn as_filter<S>(&self) -> &dyn Filter<S> {
        match self {
            Self::Plain(targets) => targets,
            Self::Scoped(filter) => &**filter,
        }
    }

    /// The most verbose level that anything can be admitted at.
    pub(crate) fn level_max(&self) -> LevelFilter {
        self.as_filter::<Registry>().max_level_hint().unwrap_or(LevelFilter::TRACE)
    }
}

fn refused(directive: &str, source: ParseError) -> DirectiveError {
    DirectiveError { directive: directive.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use tracing::Level;

    use super::*;

    #[test]
    fn directives_without_spans_and_fields_are_plain() {
        for text in ["", "info", "my_crate", "warn,my_crate=debug", " warn , my_crate::api=off "] {
            let directives = Directives::parse(text).unwrap();
            assert!(matches!(directives, Directives::Plain(_)), "{text:?}: {directives:?}");
        }
    }

    #[test]
    fn directives_with_spans_or_fields_are_scoped() {
        for text in ["[request]=debug", "info,my_crate[request{id=7}]=trace", "[{id}]=debug"] {
            let directives = Directives::parse(text).unwrap();
            assert!(matches!(directives, Directives::Scoped(_)), "{text:?}: {directives:?}");
        }
    }

    #[test]
    fn a_bad_directive_is_named() {
        let table = [
            ("my_crate=loud", "my_crate=loud"),
            ("info,my_crate=inof", "my_crate=inof"),
            ("info,[span", "[span"),
            ("info, *=debug ,warn", "*=debug"),
        ];
        for (text, bad) in table {
            let error = Directives::parse(text).unwrap_err();
            assert_eq!(error.directive, bad, "{text:?}");
            let message =
                format!("expected filter directives such as `info,hyper=warn`, got `{bad}`");
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn plain_directives_mean_what_they_mean_in_env_filter() {
        let plain = |text: &str| match Directives::parse(text).unwrap() {
            Directives::Plain(targets) => targets,
            Directives::Scoped(filter) => panic!("{filter:?}"),
        };
        let targets = plain("warn, my_crate=debug,my_crate::quiet=off,all");
        assert!(targets.would_enable("other", &Level::WARN));
        assert!(!targets.would_enable("other", &Level::INFO));
        assert!(targets.would_enable("my_crate::api", &Level::DEBUG));
        assert!(!targets.would_enable("my_crate::quiet", &Level::ERROR));
        assert!(targets.would_enable("all", &Level::TRACE));
        assert!(plain("my_crate=").would_enable("my_crate", &Level::TRACE));
        assert!(!plain("").would_enable("my_crate", &Level::ERROR));
    }

    proptest! {
        #[test]
        fn strict_parsing_accepts_what_env_filter_accepts(text in "[a-z:=,\\[\\]{} \"0-9é-]{0,24}") {
            let pieces = || text.split(',').map(str::trim).filter(|piece| !piece.is_empty());
            let is_good = pieces().all(|piece| EnvFilter::builder().parse(piece).is_ok());
            prop_assert_eq!(Directives::parse(&text).is_ok(), is_good);
        }
    }
}
