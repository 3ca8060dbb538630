//! What a read awaits: how each goes, and `read` and `readexactly`.
//!
//! Promise: what is there is returned in the first step. A reader that somebody has looked into
//! is read by the standard library's coroutine, from the beginning.

use super::reader::ReaderEngine;
use super::stdlib::{call, or_none, stdlib};
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::intern;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt};

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
        if self.kind.is_odd() || !ReaderEngine::is_here(reader)? {
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
pub(super) fn raise_if_set(reader: &Bound<'_, ReaderEngine>) -> PyResult<()> {
    match &reader.get().store.lock().exception {
        None => Ok(()),
        Some(error) => Err(PyErr::from_value(error.bind(reader.py()).clone())),
    }
}

/// Takes bytes out, and resumes the transport if little is left.
pub(super) fn take(reader: &Bound<'_, ReaderEngine>, count: usize) -> PyResult<Py<PyAny>> {
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
pub(super) fn take_rest(reader: &Bound<'_, ReaderEngine>) -> Py<PyAny> {
    let (bytes, spent) = reader.get().store.lock().take(reader.py(), usize::MAX);
    drop(spent);
    bytes
}

pub(super) const fn origin(qualname: &'static str) -> Origin {
    Origin {
        module: "ropewalk._asyncio.streams",
        qualname,
    }
}
