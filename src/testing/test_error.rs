//! What a test is told when something is not as expected.

use std::error::Error;
use std::fmt;
use std::panic::Location;

/// Says what was expected, what was there instead, and which line of the test asked.
///
/// `Debug` is the same text as `Display`, followed by the causes: a test that returns the error
/// with `?`, or unwraps it, shows a readable message of several lines.
///
/// # Examples
///
/// ```
/// use beacon::testing::TestTelemetry;
///
/// let test = TestTelemetry::start()?;
/// test.with(|| drop(tracing::info_span!("refund")));
///
/// let error = test.span("payment").unwrap_err();
/// let message = format!("{error:?}");
/// assert!(message.contains("no span is named `payment`"));
/// assert!(message.contains("  refund\n"), "it shows what was captured: {message}");
/// # Ok::<(), beacon::testing::TestError>(())
/// ```
pub struct TestError {
    message: String,
    location: &'static Location<'static>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl TestError {
    #[track_caller]
    pub(super) fn new(message: String) -> Self {
        Self { message, location: Location::caller(), source: None }
    }

    #[track_caller]
    pub(super) fn caused(message: &str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::new(message.to_owned()) }
    }

    /// Returns the line of the test that asked.
    pub const fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

impl fmt::Debug for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, "\n  caused by: {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl Error for TestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}
