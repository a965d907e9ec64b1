//! What can go wrong at the start.

use std::error::Error;
use std::panic::Location;
use std::path::PathBuf;
use std::{fmt, io};

/// Why telemetry did not start.
///
/// A collector that cannot be reached is not among the reasons: it may come later.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// Telemetry was installed before in this process. One installation serves all of it: keep the
    /// guard of the first, or use `build` for a second pipeline without globals.
    #[error("telemetry is already installed, by the call at {first}")]
    #[non_exhaustive]
    AlreadyInstalled {
        /// Where the first call stands; shows itself as `file:line:column`.
        first: &'static Location<'static>,
    },

    /// Another subscriber is already the process's default. Use `build` and add the layer to that
    /// subscriber, or remove the call that sets it.
    #[error(
        "another global `tracing` subscriber is already set; use `Telemetry::builder().build()` and \
         add its `layer()` to that subscriber"
    )]
    ForeignSubscriber,

    /// A value that cannot be ignored safely. Values that hold secrets are hidden.
    #[error("invalid `{setting}`: expected {expected}, got `{value}`")]
    #[non_exhaustive]
    InvalidSetting {
        /// The variable, or the setter of the builder.
        setting: String,
        /// The value as it was given.
        value: String,
        /// What is accepted.
        expected: String,
    },

    /// The log file, or its directory, cannot be written.
    #[error("invalid `{setting}`: expected a file that can be written, got `{}`", path.display())]
    #[non_exhaustive]
    LogFile {
        /// The variable, or the setter of the builder.
        setting: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The system refused to start one of beacon's threads.
    #[error("cannot start the thread `{name}`")]
    #[non_exhaustive]
    Thread {
        /// The name of the thread.
        name: &'static str,
        /// What the system said.
        source: io::Error,
    },

    /// The configuration of TLS cannot be used, for instance because no trusted root was found.
    #[error("cannot set up TLS")]
    #[non_exhaustive]
    Tls {
        /// What the TLS library said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl fmt::Debug for InitError {
    /// With the causes: it is what `main` shows, and what `expect` does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InitError({self}")?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io;
    use std::panic::Location;

    use super::InitError;

    #[test]
    fn errors_say_what_is_wrong_in_one_line() {
        let here = Location::caller();
        let at = format!("{}:{}:{}", file!(), here.line(), here.column());
        let setting = InitError::InvalidSetting {
            setting: "BEACON_QUEUE_BYTES".to_owned(),
            value: "12".to_owned(),
            expected: "a size of at least `64KiB`".to_owned(),
        };
        let thread =
            InitError::Thread { name: "beacon-export", source: io::Error::other("no more") };
        let file = InitError::LogFile {
            setting: "BEACON_LOG_FILE".to_owned(),
            path: "a/b".into(),
            source: io::Error::other("no"),
        };
        let cases = [
            (
                InitError::AlreadyInstalled { first: here },
                format!("telemetry is already installed, by the call at {at}"),
            ),
            (
                InitError::ForeignSubscriber,
                "another global `tracing` subscriber is already set; use `Telemetry::builder().build()` \
                 and add its `layer()` to that subscriber"
                    .to_owned(),
            ),
            (
                setting,
                "invalid `BEACON_QUEUE_BYTES`: expected a size of at least `64KiB`, got `12`"
                    .to_owned(),
            ),
            (
                file,
                "invalid `BEACON_LOG_FILE`: expected a file that can be written, got `a/b`"
                    .to_owned(),
            ),
            (thread, "cannot start the thread `beacon-export`".to_owned()),
            (InitError::Tls { source: "no roots".into() }, "cannot set up TLS".to_owned()),
        ];
        for (error, expected) in cases {
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn causes_are_chained_and_not_repeated() {
        let error = InitError::Tls { source: "no roots".into() };
        assert_eq!(error.source().map(ToString::to_string), Some("no roots".to_owned()));
    }

    #[test]
    fn errors_cross_threads() {
        const fn check<T: Send + Sync + 'static>() {}
        check::<InitError>();
    }
}
