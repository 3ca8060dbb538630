//! What `readuntil`, `readline` and `async for` await.
//!
//! Promise: limits and errors are the standard library's.

use super::reader::ReaderEngine;
use super::reading::{Kind, origin, raise_if_set, take, take_rest};
use super::stdlib::{Stdlib, call, stdlib};
use crate::asyncio::awaitable::{Origin, Stop, Visit};
use crate::names::{intern, once};
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyTuple};
use ropewalk_reactor::incoming::{Find, Search, Separators};
use std::sync::OnceLock;

/// What one look for the end of a line came to.
enum Looked {
    Found(Py<PyAny>),
    /// The stream ended first; this was there.
    Ended(Py<PyAny>),
    /// There is a separator, but too far away.
    TooLong(usize),
    /// There is none, and too much before it.
    Overrun(usize),
    NotYet,
}

fn look(
    reader: &Bound<'_, ReaderEngine>,
    separators: &Separators,
    search: &mut Search,
) -> PyResult<Looked> {
    let mut store = reader.get().store.lock();
    let (limit, eof) = (store.limit, store.eof);
    let found = store.incoming.find(search, separators, limit);
    drop(store);
    Ok(match found {
        Find::Line(length) => Looked::Found(take(reader, length)?),
        Find::TooLong(consumed) => Looked::TooLong(consumed),
        Find::Overrun(consumed) => Looked::Overrun(consumed),
        Find::NotYet if eof => Looked::Ended(take_rest(reader)),
        Find::NotYet => Looked::NotYet,
    })
}

const TOO_LONG: &str = "Separator is found, but chunk is longer than limit";
const OVERRUN: &str = "Separator is not found, and chunk exceed the limit";

/// `readuntil(separator)`.
pub(super) struct ReadUntil {
    separator: Py<PyAny>,
    /// None: only the standard library's method understands it, or refuses it.
    separators: Option<Separators>,
    search: Search,
}

impl ReadUntil {
    pub(super) fn new(separator: Bound<'_, PyAny>) -> PyResult<Self> {
        let separators = separators_of(&separator, stdlib()?);
        Ok(Self {
            separator: separator.unbind(),
            separators,
            search: Search::default(),
        })
    }
}

fn separators_of(separator: &Bound<'_, PyAny>, stdlib: &Stdlib) -> Option<Separators> {
    if let Ok(bytes) = separator.cast::<PyBytes>() {
        return Separators::one(bytes.as_bytes());
    }
    if let Ok(bytes) = separator.cast::<PyByteArray>() {
        return Separators::one(&bytes.to_vec());
    }
    let several = separator
        .cast::<PyTuple>()
        .ok()
        .filter(|_| stdlib.many_separators)?;
    let each = several
        .iter()
        .map(|one| Some(one.cast::<PyBytes>().ok()?.as_bytes().into()));
    Separators::any(each.collect::<Option<_>>()?)
}

impl Kind for ReadUntil {
    const ORIGIN: &'static Origin = &origin("StreamReader.readuntil");
    const NAME: &'static str = "readuntil";

    fn attempt(
        &mut self,
        from: &Bound<'_, ReaderEngine>,
        first: bool,
    ) -> PyResult<Option<Py<PyAny>>> {
        if first {
            raise_if_set(from)?;
        }
        let Some(separators) = &self.separators else {
            return Err(PyRuntimeError::new_err(
                "a separator that was not understood",
            ));
        };
        let py = from.py();
        match look(from, separators, &mut self.search)? {
            Looked::Found(line) => Ok(Some(line)),
            Looked::NotYet => Ok(None),
            Looked::Ended(partial) => Err(stdlib()?.incomplete(py, partial, None)),
            Looked::TooLong(consumed) => Err(stdlib()?.overrun(py, TOO_LONG, consumed)),
            Looked::Overrun(consumed) => Err(stdlib()?.overrun(py, OVERRUN, consumed)),
        }
    }

    fn is_odd(&self) -> bool {
        self.separators.is_none()
    }

    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>> {
        let py = from.py();
        let arguments = (from, self.separator.bind(py));
        call(&stdlib()?.reader, intern!(py, "readuntil"), arguments)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.separator)
    }
}

/// A newline, as `readline` looks for it.
fn newline() -> PyResult<&'static Separators> {
    static NEWLINE: OnceLock<Separators> = OnceLock::new();
    once(&NEWLINE, || {
        Separators::one(b"\n").ok_or_else(|| PyRuntimeError::new_err("no separator"))
    })
}

/// The next line; without its end, or empty, when the stream ends.
fn read_line(
    from: &Bound<'_, ReaderEngine>,
    first: bool,
    search: &mut Search,
) -> PyResult<Option<Py<PyAny>>> {
    if first {
        raise_if_set(from)?;
    }
    match look(from, newline()?, search)? {
        Looked::Found(line) | Looked::Ended(line) => Ok(Some(line)),
        Looked::NotYet => Ok(None),
        Looked::TooLong(consumed) => {
            let (line, spent) = from.get().store.lock().take(from.py(), consumed + 1);
            drop((line, spent));
            Err(line_too_long(from, TOO_LONG, consumed))
        }
        Looked::Overrun(consumed) => {
            let spent = from.get().store.lock().incoming.clear();
            drop(spent);
            Err(line_too_long(from, OVERRUN, consumed))
        }
    }
}

/// The error of `readline`, after the line was thrown away.
fn line_too_long(from: &Bound<'_, ReaderEngine>, message: &'static str, consumed: usize) -> PyErr {
    let py = from.py();
    if let Err(why) = from.get().resume(py) {
        return why;
    }
    let error = PyValueError::new_err(message);
    if let Ok(stdlib) = stdlib() {
        error.set_context(py, Some(stdlib.overrun(py, message, consumed)));
    }
    error
}

/// `readline()`.
#[derive(Default)]
pub(super) struct Line {
    search: Search,
}

impl Kind for Line {
    const ORIGIN: &'static Origin = &origin("StreamReader.readline");
    const NAME: &'static str = "readuntil";

    fn attempt(
        &mut self,
        from: &Bound<'_, ReaderEngine>,
        first: bool,
    ) -> PyResult<Option<Py<PyAny>>> {
        read_line(from, first, &mut self.search)
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

    fn attempt(
        &mut self,
        from: &Bound<'_, ReaderEngine>,
        first: bool,
    ) -> PyResult<Option<Py<PyAny>>> {
        let Some(line) = read_line(from, first, &mut self.search)? else {
            return Ok(None);
        };
        let is_last = line.bind(from.py()).len()? == 0;
        if is_last {
            return Err(PyStopAsyncIteration::new_err(()));
        }
        Ok(Some(line))
    }

    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>> {
        call(&stdlib()?.reader, intern!(from.py(), "__anext__"), (from,))
    }
}
