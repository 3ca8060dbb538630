//! What `readuntil`, `readline` and `async for` await.
//!
//! Promise: limits and errors are the standard library's.

use super::reader::ReaderEngine;
use super::reading::{Kind, origin};
use super::stdlib::{call, stdlib};
use super::turn::{Attempt, Refusal, Turn};
use crate::asyncio::awaitable::{Held, Origin, Stop, Visit};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyTuple};
use ropewalk_reactor::incoming::{Find, Search, Separators};
use std::sync::OnceLock;

const TOO_LONG: &str = "Separator is found, but chunk is longer than limit";
const OVERRUN: &str = "Separator is not found, and chunk exceed the limit";

/// `readuntil(separator)`.
pub(super) struct ReadUntil {
    /// None: a newline.
    separator: Option<Held<PyAny>>,
    /// None: only the standard library's method understands it, or refuses it.
    separators: Option<Separators>,
    search: Search,
}

fn separators_of(separator: &Bound<'_, PyAny>) -> Option<Separators> {
    if let Ok(bytes) = separator.cast::<PyBytes>() {
        return Separators::one(bytes.as_bytes());
    }
    if let Ok(bytes) = separator.cast::<PyByteArray>() {
        return Separators::one(&bytes.to_vec());
    }
    let several = separator
        .cast::<PyTuple>()
        .ok()
        .filter(|_| stdlib().is_ok_and(|stdlib| stdlib.many_separators))?;
    let each = several
        .iter()
        .map(|one| Some(one.cast::<PyBytes>().ok()?.as_bytes().into()));
    Separators::any(each.collect::<Option<_>>()?)
}

impl Kind for ReadUntil {
    const ORIGIN: &'static Origin = &origin("StreamReader.readuntil");
    const NAME: &'static str = "readuntil";

    fn of(argument: Option<&Bound<'_, PyAny>>) -> Self {
        Self {
            separator: argument.map(|separator| Held::new(separator.clone().unbind())),
            separators: match argument {
                None => newline().cloned(),
                Some(separator) => separators_of(separator),
            },
            search: Search::default(),
        }
    }

    fn attempt(&mut self, turn: &mut Turn<'_, '_>, first: bool) -> Attempt {
        if first && let Some(refusal) = turn.refusal() {
            return refusal;
        }
        let Some(separators) = &self.separators else {
            return Attempt::Wait;
        };
        let store = &mut *turn.store;
        let limit = store.limit;
        match store.incoming.find(&mut self.search, separators, limit) {
            Find::Line(length) => Attempt::Value(turn.take(length)),
            Find::TooLong(consumed) => Attempt::Raise(Refusal::Overrun(TOO_LONG, consumed)),
            Find::Overrun(consumed) => Attempt::Raise(Refusal::Overrun(OVERRUN, consumed)),
            Find::NotYet if store.eof => {
                let partial = turn.take_rest();
                Attempt::Raise(Refusal::Incomplete(partial, None))
            }
            Find::NotYet => Attempt::Wait,
        }
    }

    fn at_once(&self, turn: &mut Turn<'_, '_>) -> Option<Py<PyAny>> {
        line_at_once(turn, self.separators.as_ref()?)
    }

    fn is_odd(&self) -> bool {
        self.separators.is_none()
    }

    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>> {
        let py = from.py();
        let name = intern!(py, "readuntil");
        match &self.separator {
            None => call(&stdlib()?.reader, name, (from,)),
            Some(separator) => call(&stdlib()?.reader, name, (from, separator.bind(py))),
        }
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(self.separator.as_deref())
    }
}

/// A newline, as `readline` looks for it.
fn newline() -> Option<&'static Separators> {
    static NEWLINE: OnceLock<Option<Separators>> = OnceLock::new();
    NEWLINE.get_or_init(|| Separators::one(b"\n")).as_ref()
}

/// The next line, if it is there and within the limit.
fn line_at_once(turn: &mut Turn<'_, '_>, separators: &Separators) -> Option<Py<PyAny>> {
    let store = &mut *turn.store;
    let limit = store.limit;
    let found = store
        .incoming
        .find(&mut Search::default(), separators, limit);
    match found {
        Find::Line(length) => Some(turn.take(length)),
        _ => None,
    }
}

/// The next line; without its end, or empty, when the stream ends.
fn read_line(turn: &mut Turn<'_, '_>, first: bool, search: &mut Search) -> Attempt {
    if first && let Some(refusal) = turn.refusal() {
        return refusal;
    }
    let store = &mut *turn.store;
    let limit = store.limit;
    let found = newline().map_or(Find::NotYet, |newline| {
        store.incoming.find(search, newline, limit)
    });
    match found {
        Find::Line(length) => Attempt::Value(turn.take(length)),
        Find::TooLong(consumed) => {
            turn.discard(consumed + 1);
            Attempt::Raise(Refusal::Line(TOO_LONG, consumed))
        }
        Find::Overrun(consumed) => {
            turn.discard(usize::MAX);
            Attempt::Raise(Refusal::Line(OVERRUN, consumed))
        }
        Find::NotYet if store.eof => Attempt::Value(turn.take_rest()),
        Find::NotYet => Attempt::Wait,
    }
}

/// `readline()`.
#[derive(Default)]
pub(super) struct Line {
    search: Search,
}

impl Kind for Line {
    const ORIGIN: &'static Origin = &origin("StreamReader.readline");
    const NAME: &'static str = "readuntil";

    fn of(_: Option<&Bound<'_, PyAny>>) -> Self {
        Self::default()
    }

    fn attempt(&mut self, turn: &mut Turn<'_, '_>, first: bool) -> Attempt {
        read_line(turn, first, &mut self.search)
    }

    fn at_once(&self, turn: &mut Turn<'_, '_>) -> Option<Py<PyAny>> {
        line_at_once(turn, newline()?)
    }

    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>> {
        call(&stdlib()?.reader, intern!(from.py(), "readline"), (from,))
    }
}

/// `__anext__()`.
#[derive(Default)]
pub(super) struct Next {
    search: Search,
}

impl Kind for Next {
    const ORIGIN: &'static Origin = &origin("StreamReader.__anext__");
    const NAME: &'static str = "readuntil";

    fn of(_: Option<&Bound<'_, PyAny>>) -> Self {
        Self::default()
    }

    fn attempt(&mut self, turn: &mut Turn<'_, '_>, first: bool) -> Attempt {
        let at_end = turn.store.eof && turn.is_empty();
        match read_line(turn, first, &mut self.search) {
            Attempt::Value(_) if at_end => Attempt::Raise(Refusal::NoMoreLines),
            attempt => attempt,
        }
    }

    fn at_once(&self, turn: &mut Turn<'_, '_>) -> Option<Py<PyAny>> {
        line_at_once(turn, newline()?)
    }

    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>> {
        call(&stdlib()?.reader, intern!(from.py(), "__anext__"), (from,))
    }
}
