//! Whether a thread is destroying its thread-local values. What runs then must not ask for the
//! OpenTelemetry context: it would panic inside a destructor, and the process would abort.

use opentelemetry::Context;

thread_local! {
    /// Values die in the reverse order of their first use. The context is used first, so as long as
    /// this one is alive, that one is too.
    static ALIVE: Alive = {
        Context::map_current(|_| ());
        Alive
    };
}

/// Has a destructor, so that the thread knows when it is gone.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {}
}

/// Tells whether the thread is ending.
pub(crate) fn is_thread_ending() -> bool {
    ALIVE.try_with(|_| ()).is_err()
}

/// Begins to watch the thread. To be called where a thread uses spans, so that the first question is
/// not asked when the context is already gone.
pub(crate) fn watch_thread() {
    // Where it is too late, nothing is to be done.
    ALIVE.try_with(|_| ()).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ends_says_so() {
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                assert!(is_thread_ending());
            }
        }
        thread_local!(static LAST: Last = const { Last });
        std::thread::Builder::new()
            .spawn(|| {
                LAST.with(|_| ());
                assert!(!is_thread_ending());
            })
            .unwrap()
            .join()
            .unwrap();
    }
}
