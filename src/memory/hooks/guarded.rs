//! Calls that nobody waits for longer than agreed.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::memory::hooks::HookFailure;

/// One piece of a user's code.
pub(crate) struct Guarded<F: ?Sized> {
    pub(crate) name: String,
    /// A call has not come back.
    is_running: AtomicBool,
    call: Box<F>,
}

impl<F: ?Sized> Guarded<F> {
    pub(crate) const fn new(name: String, call: Box<F>) -> Self {
        Self { name, is_running: AtomicBool::new(false), call }
    }

    /// What may be looked at without calling.
    pub(crate) const fn get(&self) -> &F {
        &self.call
    }
}

impl<F: ?Sized> fmt::Debug for Guarded<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Calls the user's code; a panic ends here.
pub(crate) fn call<T>(code: impl FnOnce() -> T) -> Result<T, HookFailure> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| {
        // What it panicked with is the user's, too.
        drop(catch_unwind(AssertUnwindSafe(|| drop(payload))));
        HookFailure::Panic
    })
}

/// Calls each in turn on a thread named `name`, and waits at most `limit` for each. One that hangs
/// keeps its thread; the rest goes to a new one, and until it is back it is not called again.
///
/// The time is the machine's: it is the last resort that keeps a caller from waiting for ever.
pub(crate) fn call_all<F, T>(
    name: &'static str,
    all: &[Arc<Guarded<F>>],
    limit: Duration,
    apply: impl Fn(&F) -> T + Clone + Send + 'static,
) -> Vec<Result<T, HookFailure>>
where
    F: ?Sized + Send + Sync + 'static,
    T: Send + 'static,
{
    let mut results = Vec::with_capacity(all.len());
    while results.len() < all.len() {
        let rest: VecDeque<_> = all.iter().skip(results.len()).map(Arc::clone).collect();
        let expected = rest.len();
        let (sender, receiver) = mpsc::channel();
        let apply = apply.clone();
        let run = move || {
            for guarded in rest {
                if sender.send(call_one(&guarded, &apply)).is_err() {
                    // Nobody waits any longer.
                    return;
                }
            }
        };
        if thread::Builder::new().name(name.to_owned()).spawn(run).is_err() {
            results.resize_with(all.len(), || Err(HookFailure::Thread));
            return results;
        }
        for _ in 0..expected {
            let Ok(result) = receiver.recv_timeout(limit) else {
                results.push(Err(HookFailure::Timeout));
                break;
            };
            results.push(result);
        }
    }
    results
}

fn call_one<F: ?Sized, T>(guarded: &Guarded<F>, apply: impl Fn(&F) -> T) -> Result<T, HookFailure> {
    if guarded.is_running.swap(true, Ordering::AcqRel) {
        return Err(HookFailure::Timeout);
    }
    let result = call(|| apply(&guarded.call));
    guarded.is_running.store(false, Ordering::Release);
    result
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Mutex, PoisonError};

    use super::*;

    type Hook = dyn Fn() -> u32 + Send + Sync;

    fn hook(code: impl Fn() -> u32 + Send + Sync + 'static) -> Arc<Guarded<Hook>> {
        let code: Box<Hook> = Box::new(code);
        Arc::new(Guarded::new("hook".to_owned(), code))
    }

    fn run(all: &[Arc<Guarded<Hook>>], limit: Duration) -> Vec<Result<u32, HookFailure>> {
        call_all("beacon-test", all, limit, |hook| hook())
    }

    /// A hook that hangs until the sender is dropped.
    fn hanging() -> (Arc<Guarded<Hook>>, Sender<()>) {
        let (sender, receiver): (_, Receiver<()>) = channel();
        let receiver = Mutex::new(receiver);
        let code = move || {
            receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().unwrap_or_default();
            7
        };
        (hook(code), sender)
    }

    #[test]
    fn each_is_called_and_a_panic_stays_its_own() {
        let all = [hook(|| 1), hook(|| panic!("of the test")), hook(|| 3)];
        let results = run(&all, Duration::from_mins(1));
        assert_eq!(results, [Ok(1), Err(HookFailure::Panic), Ok(3)]);
    }

    #[test]
    fn one_that_hangs_holds_up_no_other_and_is_left_out_until_it_is_back() {
        let (stuck, release) = hanging();
        let all = [hook(|| 1), Arc::clone(&stuck), hook(|| 3)];
        let expected = [Ok(1), Err(HookFailure::Timeout), Ok(3)];
        assert_eq!(run(&all, Duration::from_millis(50)), expected);
        // Now without a wait: it is known to hang, so a long limit does not matter.
        assert_eq!(run(&all, Duration::from_mins(1)), expected);
        drop(release);
        while stuck.is_running.load(Ordering::Acquire) {
            thread::yield_now();
        }
        assert_eq!(run(&all, Duration::from_mins(1)), [Ok(1), Ok(7), Ok(3)]);
    }
}
