//! Names of tasks, bounded in number, so that a number stands for each.

use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::task::runtime::mark_name;

static NAMES: Names<NAMES_MAX> = Names::new();

/// The number of a name; 0 stands for no name, and for one too many.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct NameNumber(u16);

impl NameNumber {
    /// Takes no lock, and looks at one entry where the name is known.
    pub(crate) fn of(name: &'static str) -> Self {
        NAMES.number(name)
    }

    pub(crate) fn name(self) -> Option<&'static str> {
        NAMES.get(self)
    }

    pub(crate) const fn into_u16(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_u16(number: u16) -> Self {
        Self(number)
    }
}

struct Names<const MAX: usize>([OnceLock<&'static str>; MAX]);

impl<const MAX: usize> Names<MAX> {
    const fn new() -> Self {
        Self([const { OnceLock::new() }; MAX])
    }

    fn number(&self, name: &'static str) -> NameNumber {
        // Texts of the program lie where they lie, so the place tells them apart.
        let start = name.as_ptr().addr().checked_rem(MAX).unwrap_or_default();
        let places = (start..MAX).chain(0..start);
        let is_same = |place: &usize| {
            self.0.get(*place).is_some_and(|known| *known.get_or_init(|| name) == name)
        };
        let place = places.into_iter().find(is_same).and_then(|place| place.checked_add(1));
        NameNumber(place.and_then(|place| u16::try_from(place).ok()).unwrap_or_default())
    }

    fn get(&self, number: NameNumber) -> Option<&'static str> {
        let place = usize::from(number.0).checked_sub(1)?;
        self.0.get(place)?.get().copied()
    }
}

pin_project! {
    /// A future that is polled under a name.
    pub(crate) struct Named<F> {
        #[pin]
        future: F,
        number: NameNumber,
    }
}

impl<F> Named<F> {
    pub(crate) const fn new(future: F, number: NameNumber) -> Self {
        Self { future, number }
    }
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _mark = mark_name(*this.number);
        this.future.poll(cx)
    }
}

/// Names beyond that are not told. A service has tens.
const NAMES_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_a_number_until_there_are_too_many() {
        let names = Names::<3>::new();
        let numbers: Vec<_> =
            ["a", "b", "c", "a"].into_iter().map(|name| names.number(name)).collect();
        assert_eq!(numbers[0], numbers[3]);
        for (number, name) in numbers.iter().zip(["a", "b", "c"]) {
            assert_eq!(names.get(*number), Some(name));
        }
        assert_eq!(names.number("d"), NameNumber::default());
        assert_eq!(names.get(NameNumber::default()), None);
        assert_eq!(names.get(NameNumber(99)), None);
    }
}
