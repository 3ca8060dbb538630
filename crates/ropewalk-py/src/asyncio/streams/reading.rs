//! What `read`, `readexactly`, `readuntil`, `readline` and `async for` await.
//!
//! Promise: what is there is returned in the first step. A reader that somebody has looked into
//! is read by the standard library's coroutine, from the beginning.

use super::reader::ReaderEngine;
use super::stdlib::{Stdlib, call, or_none, stdlib};
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::{intern, once};
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyInt, PyTuple};
use ropewalk_reactor::incoming::{Find, Search, Separators};
use std::sync::OnceLock;

/// How one kind of reading goes.
pub(super) trait Kind: Send + 'static {
    const ORIGIN: &'static Origin;
    /// How the standard library calls it when it has to wait.
    const NAME: &'static str;

    /// Reads, or returns None if it has to wait for more. `first`: nothing was waited for yet.
    fn attempt(
        &mut self,
        from: &Bound<'_, ReaderEngine>,
        first: bool,
    ) -> PyResult<Option<Py<PyAny>>>;

    /// Whether an argument is one that only the standard library's method understands.
    fn is_odd(&self) -> bool {
        false
    }

    /// The standard library's coroutine.
    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>>;

    /// What to make of that coroutine's result.
    fn after_elsewhere(&mut self, _: Python<'_>, value: Py<PyAny>) -> PyResult<Py<PyAny>> {
        Ok(value)
    }

    fn traverse(&self, _: &mut Visit) -> Result<(), Stop> {
        Ok(())
    }
}

/// One reading.
pub(super) struct Reading<K> {
    reader: Py<ReaderEngine>,
    elsewhere: bool,
    kind: K,
}

impl<K: Kind> Reading<K> {
    pub(super) fn begin(reader: &Bound<'_, ReaderEngine>, kind: K) -> PyResult<Py<PyAny>> {
        let work = Self {
            reader: reader.clone().unbind(),
            elsewhere: false,
            kind,
        };
        Ok(coroutine(reader.py(), work)?.into())
    }

    fn go_on(&mut self, py: Python<'_>, first: bool) -> PyResult<Step> {
        let reader = self.reader.bind(py);
        if self.kind.is_odd() || !reader.get().is_here(reader)? {
            self.elsewhere = true;
            return self
                .kind
                .elsewhere(reader)
                .map(|awaited| Step::Wait(awaited.unbind()));
        }
        match self.kind.attempt(reader, first)? {
            Some(value) => Ok(Step::Return(value)),
            None => wait(reader, K::NAME).map(Step::Wait),
        }
    }
}

impl<K: Kind> Work for Reading<K> {
    const ORIGIN: &'static Origin = K::ORIGIN;

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        self.go_on(py, true)
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        if self.elsewhere {
            return self.kind.after_elsewhere(py, outcome?).map(Step::Return);
        }
        let waited_for = self.reader.get().store.lock().waiter.take();
        drop(waited_for);
        outcome?;
        self.go_on(py, false)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.reader)?;
        self.kind.traverse(visit)
    }
}

/// The future that the next data, or the end, will wake. A paused transport is resumed.
fn wait(reader: &Bound<'_, ReaderEngine>, name: &str) -> PyResult<Py<PyAny>> {
    let py = reader.py();
    let this = reader.get();
    let mut store = this.store.lock();
    if store.waiter.is_some() {
        drop(store);
        return Err(PyRuntimeError::new_err(format!(
            "{name}() called while another coroutine is already waiting for incoming data"
        )));
    }
    let event_loop = or_none(py, store.event_loop.as_ref());
    let paused = std::mem::take(&mut store.paused);
    let transport = paused.then(|| or_none(py, store.transport.as_ref()));
    drop(store);
    if let Some(transport) = transport {
        transport.call_method0(intern!(py, "resume_reading"))?;
    }
    let future = event_loop
        .call_method0(intern!(py, "create_future"))?
        .unbind();
    let before = this.store.lock().waiter.replace(future.clone_ref(py));
    drop(before);
    Ok(future)
}

/// Raises what was set.
fn raise_if_set(reader: &Bound<'_, ReaderEngine>) -> PyResult<()> {
    match &reader.get().store.lock().exception {
        None => Ok(()),
        Some(error) => Err(PyErr::from_value(error.bind(reader.py()).clone())),
    }
}

/// Takes bytes out, and resumes the transport if little is left.
fn take(reader: &Bound<'_, ReaderEngine>, count: usize) -> PyResult<Py<PyAny>> {
    let py = reader.py();
    let (bytes, spent) = reader.get().store.lock().take(py, count);
    drop(spent);
    reader.get().resume(py)?;
    Ok(bytes)
}

/// How many bytes are asked for.
pub(super) enum Count {
    Of(usize),
    /// Negative.
    Less,
    /// Not an integer, or a very large one.
    Odd(Py<PyAny>),
}

impl Count {
    pub(super) fn of(n: Bound<'_, PyAny>) -> Self {
        let count = n
            .cast::<PyInt>()
            .ok()
            .and_then(|n| n.extract::<isize>().ok());
        match count {
            None => Self::Odd(n.unbind()),
            Some(count) => usize::try_from(count).map_or(Self::Less, Self::Of),
        }
    }

    fn is_odd(&self) -> bool {
        matches!(self, Self::Odd(_))
    }

    fn to_python<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match self {
            Self::Of(count) => PyInt::new(py, *count).into_any(),
            Self::Less => PyInt::new(py, -1).into_any(),
            Self::Odd(object) => object.bind(py).clone(),
        }
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        match self {
            Self::Odd(object) => visit.call(object),
            _ => Ok(()),
        }
    }
}

/// `read(n)`.
pub(super) struct Read {
    count: Count,
    /// What `read(-1)` has taken out so far.
    blocks: Vec<Py<PyAny>>,
}

impl Read {
    pub(super) fn new(count: Count) -> Self {
        Self {
            count,
            blocks: Vec::new(),
        }
    }

    /// Everything until the end, in blocks of the limit, so that the transport is resumed.
    fn all(&mut self, from: &Bound<'_, ReaderEngine>) -> PyResult<Option<Py<PyAny>>> {
        loop {
            raise_if_set(from)?;
            let store = from.get().store.lock();
            let (nothing, eof, limit) = (store.incoming.is_empty(), store.eof, store.limit);
            drop(store);
            match (nothing, eof) {
                (true, true) => {
                    from.get().resume(from.py())?;
                    return self.joined(from.py()).map(Some);
                }
                (true, false) => return Ok(None),
                _ => self.blocks.push(take(from, limit)?),
            }
        }
    }

    fn joined(&mut self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let blocks = std::mem::take(&mut self.blocks);
        let nothing = PyBytes::new(py, b"");
        Ok(nothing
            .call_method1(intern!(py, "join"), (blocks,))?
            .unbind())
    }
}

impl Kind for Read {
    const ORIGIN: &'static Origin = &origin("StreamReader.read");
    const NAME: &'static str = "read";

    fn attempt(
        &mut self,
        from: &Bound<'_, ReaderEngine>,
        first: bool,
    ) -> PyResult<Option<Py<PyAny>>> {
        let Count::Of(count) = self.count else {
            return self.all(from);
        };
        if first {
            raise_if_set(from)?;
        }
        if count == 0 {
            return Ok(Some(PyBytes::new(from.py(), b"").into_any().unbind()));
        }
        let store = from.get().store.lock();
        let wait = first && store.incoming.is_empty() && !store.eof;
        drop(store);
        if wait {
            Ok(None)
        } else {
            take(from, count).map(Some)
        }
    }

    fn is_odd(&self) -> bool {
        self.count.is_odd()
    }

    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>> {
        let py = from.py();
        call(
            &stdlib()?.reader,
            intern!(py, "read"),
            (from, self.count.to_python(py)),
        )
    }

    fn after_elsewhere(&mut self, py: Python<'_>, value: Py<PyAny>) -> PyResult<Py<PyAny>> {
        if self.blocks.is_empty() {
            return Ok(value);
        }
        self.blocks.push(value);
        self.joined(py)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        self.count.traverse(visit)
    }
}

/// `readexactly(n)`.
pub(super) struct ReadExactly {
    count: Count,
}

impl ReadExactly {
    pub(super) fn new(count: Count) -> Self {
        Self { count }
    }
}

impl Kind for ReadExactly {
    const ORIGIN: &'static Origin = &origin("StreamReader.readexactly");
    const NAME: &'static str = "readexactly";

    fn attempt(
        &mut self,
        from: &Bound<'_, ReaderEngine>,
        first: bool,
    ) -> PyResult<Option<Py<PyAny>>> {
        let Count::Of(count) = self.count else {
            let why = "readexactly size can not be less than zero";
            return Err(PyValueError::new_err(why));
        };
        if first {
            raise_if_set(from)?;
        }
        let store = from.get().store.lock();
        let (there, eof) = (store.incoming.len(), store.eof);
        drop(store);
        match (count, eof) {
            (0, _) => Ok(Some(PyBytes::new(from.py(), b"").into_any().unbind())),
            _ if there >= count => take(from, count).map(Some),
            (_, false) => Ok(None),
            (_, true) => {
                let partial = take_rest(from);
                Err(stdlib()?.incomplete(from.py(), partial, Some(count)))
            }
        }
    }

    fn is_odd(&self) -> bool {
        self.count.is_odd()
    }

    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>> {
        let py = from.py();
        let arguments = (from, self.count.to_python(py));
        call(&stdlib()?.reader, intern!(py, "readexactly"), arguments)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        self.count.traverse(visit)
    }
}

/// Takes everything out at the end of the stream. The transport stays as it is.
fn take_rest(reader: &Bound<'_, ReaderEngine>) -> Py<PyAny> {
    let (bytes, spent) = reader.get().store.lock().take(reader.py(), usize::MAX);
    drop(spent);
    bytes
}

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

const fn origin(qualname: &'static str) -> Origin {
    Origin {
        module: "ropewalk._asyncio.streams",
        qualname,
    }
}
