//! Hang reports: what a Python thread notes before it sleeps, and how a program asks to see it.
//!
//! Promise: noting runs no Python code of the program's, so it can be done between a look at a
//! lock and the sleep on it.

mod made;
pub(crate) mod module;
mod name;
mod place;
mod signal;
mod waiting;

pub(crate) use made::MadeAt;
use pyo3::prelude::*;
use ropewalk_census::{self as census, Holder, Noted, Text, WHAT_BYTES, Waiting};
use ropewalk_facade::atomic::AtomicUsize;
use std::fmt::Write;

/// Why a thread is about to sleep. Costs nothing until it does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Why<'w> {
    /// The class (`Lock`) or the method that waits (`Queue.get`).
    pub(crate) kind: &'static str,
    /// Address of the object; the same for all who wait for the same thing.
    pub(crate) object: usize,
    /// How to find who could end the wait.
    pub(crate) holder: Holder,
    /// Where the object was made.
    pub(crate) made: &'w MadeAt,
}

impl<'w> Why<'w> {
    /// A wait for something that any thread can end.
    #[inline]
    pub(crate) fn anyone<T>(kind: &'static str, object: &'w T, made: &'w MadeAt) -> Self {
        Self {
            kind,
            object: std::ptr::from_ref(object).addr(),
            holder: Holder::Anyone,
            made,
        }
    }

    /// A wait for something that one thread holds; `owner` is where its key stands.
    #[inline]
    pub(crate) fn holder_of<T>(
        kind: &'static str,
        object: &'w T,
        owner: &'w AtomicUsize,
        made: &'w MadeAt,
    ) -> Self {
        Self {
            holder: Holder::Cell(std::ptr::from_ref(owner).addr()),
            ..Self::anyone(kind, object, made)
        }
    }

    /// `Lock made at bank.py:12`
    fn what(&self, py: Python<'_>) -> Text<WHAT_BYTES> {
        let class = self.kind.split('.').next().unwrap_or(self.kind);
        let mut text = Text::of(class);
        if let Some(place) = self.made.place(py) {
            // A Text cuts what is too long and has no errors.
            let _ = write!(text, " made at {place}");
        }
        text
    }
}

/// `bank.py:40 in transfer`: where this thread stands in the program.
pub(crate) fn place_in_program(py: Python<'_>) -> String {
    place::of_program(py).as_str().to_owned()
}

/// Notes that this thread begins to wait, until the result is dropped.
pub(crate) fn note(py: Python<'_>, why: &Why<'_>, timed: bool) -> Noted {
    name::refresh(py);
    census::note(&Waiting {
        kind: why.kind,
        object: why.object,
        what: why.what(py).as_str(),
        place: place::of_program(py).as_str(),
        holder: why.holder,
        timed,
    })
}
