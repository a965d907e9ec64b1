//! Whether a thread is destroying its thread-local values. What runs then must not ask for the
//! OpenTelemetry context, nor enter a span: both would panic inside a destructor, and the process would
//! abort.

use std::cell::Cell;

use opentelemetry::Context;

thread_local! {
    /// Without a destructor, so it can always be asked.
    static STATE: Cell<State> = const { Cell::new(State::Unknown) };

    /// Values die in the reverse order of their first use. The context is used first, so as long as
    /// this one is alive, that one is too.
    static ALIVE: Alive = {
        Context::map_current(|_| ());
        Alive
    };

    /// The same for what the registry of spans keeps for the thread, which has been used before.
    static WATCHED: Watched = const { Watched };
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// No span was used on the thread, as far as is known.
    Unknown,
    /// What spans need is alive.
    Watched,
    /// It is gone, or will be next.
    Ended,
}

/// Has a destructor, so that the thread knows when it is gone.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {}
}

/// Has one that says so.
struct Watched;

impl Drop for Watched {
    fn drop(&mut self) {
        STATE.set(State::Ended);
    }
}

/// Tells whether the thread is ending.
#[inline]
pub(crate) fn is_thread_ending() -> bool {
    match STATE.get() {
        State::Watched => false,
        State::Ended => true,
        State::Unknown => ALIVE.try_with(|_| ()).is_err(),
    }
}

/// Begins to watch the thread. To be called where a thread has just used a span: values that other code
/// used before that die later, and what they do then finds out.
#[inline]
pub(crate) fn watch_thread() {
    if STATE.get() == State::Unknown {
        begin();
    }
}

#[cold]
fn begin() {
    // Where it is too late, nothing is to be done.
    if ALIVE.try_with(|_| ()).is_ok() && WATCHED.try_with(|_| ()).is_ok() {
        STATE.set(State::Watched);
    }
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

    #[test]
    fn a_value_that_was_there_before_the_first_span_finds_out() {
        struct First;
        impl Drop for First {
            fn drop(&mut self) {
                assert!(is_thread_ending());
            }
        }
        thread_local!(static FIRST: First = const { First });
        std::thread::Builder::new()
            .spawn(|| {
                // The context is used before, and would be alive then.
                assert!(!is_thread_ending());
                FIRST.with(|_| ());
                watch_thread();
                assert!(!is_thread_ending());
            })
            .unwrap()
            .join()
            .unwrap();
    }
}
