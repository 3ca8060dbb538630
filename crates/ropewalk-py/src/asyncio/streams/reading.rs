//! What a read awaits: how each goes, and `read` and `readexactly`.
//!
//! Promise: what is there is returned in the first step. A reader that somebody has looked into
//! is read by the standard library's coroutine, from the beginning.

use super::reader::ReaderEngine;
use super::stdlib::{call, or_none, stdlib};
use super::turn::{Attempt, Refusal, Turn};
use crate::asyncio::awaitable::{Handed, Held, Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyInt};

/// How one kind of reading goes.
pub(super) trait Kind: Send + 'static {
    const ORIGIN: &'static Origin;
    /// How the standard library calls it when it has to wait.
    const NAME: &'static str;

    /// What the method's argument, if it has one, asks for. Runs no Python code.
    fn of(argument: Option<&Bound<'_, PyAny>>) -> Self;

    /// Reads if it can. `first`: nothing was waited for yet.
    fn attempt(&mut self, turn: &mut Turn<'_, '_>, first: bool) -> Attempt;

    /// The same at first, for a stream that has no exception and is not paused: the value, or
    /// nothing has changed.
    fn at_once(&self, turn: &mut Turn<'_, '_>) -> Option<Py<PyAny>>;

    /// Whether an argument is one that only the standard library's method understands.
    fn is_odd(&self) -> bool {
        false
    }

    /// The standard library's coroutine.
    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>>;

    /// What to make of what was read, here or there.
    fn finish(&mut self, _: Python<'_>, value: Py<PyAny>) -> PyResult<Py<PyAny>> {
        Ok(value)
    }

    fn traverse(&self, _: &mut Visit) -> Result<(), Stop> {
        Ok(())
    }
}

/// One reading.
pub(super) struct Reading<K> {
    reader: Held<ReaderEngine>,
    elsewhere: bool,
    kind: K,
}

impl<K: Kind> Reading<K> {
    pub(super) fn begin(
        reader: &Bound<'_, ReaderEngine>,
        argument: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let work = Self {
            reader: Held::new(reader.clone().unbind()),
            elsewhere: false,
            kind: K::of(argument),
        };
        Ok(coroutine(reader.py(), work)?.into())
    }

    fn go_on(&mut self, py: Python<'_>, first: bool) -> PyResult<Step> {
        let reader = self.reader.bind(py);
        let mut store = reader.get().store.lock();
        let waited_for = if first { None } else { store.waiter.take() };
        if !store.is_here() || self.kind.is_odd() {
            drop(store);
            drop(waited_for);
            if self.kind.is_odd() || !ReaderEngine::is_here(reader)? {
                self.elsewhere = true;
                let awaited = self.kind.elsewhere(reader)?;
                return Ok(Step::Wait(awaited.unbind()));
            }
            store = reader.get().store.lock();
        }
        loop {
            let mut turn = Turn::new(py, &mut store);
            let attempt = self.kind.attempt(&mut turn, first);
            let (resumed, spent) = turn.afterwards();
            drop(store);
            drop(spent);
            if let Some(transport) = resumed {
                transport.call_method0(intern!(py, "resume_reading"))?;
            }
            match attempt {
                Attempt::Value(value) => return self.kind.finish(py, value).map(Step::Return),
                Attempt::Again => {}
                Attempt::Wait => return wait(reader, K::NAME).map(Step::Wait),
                Attempt::Raise(refusal) => return Err(refusal.into_error(py)),
            }
            store = reader.get().store.lock();
        }
    }
}

impl<K: Kind> Work for Reading<K> {
    const ORIGIN: &'static Origin = K::ORIGIN;

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let mut store = self.reader.get().store.lock();
        if !store.is_plain() {
            return None;
        }
        let mut turn = Turn::new(py, &mut store);
        let value = self.kind.at_once(&mut turn);
        let spent = turn.afterwards().1;
        drop(store);
        release(py, spent);
        value
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        self.go_on(py, true)
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        if self.elsewhere {
            return self.kind.finish(py, outcome?).map(Step::Return);
        }
        if let Err(error) = outcome {
            let waited_for = self.reader.get().store.lock().waiter.take();
            drop(waited_for);
            return Err(error);
        }
        self.go_on(py, false)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.reader)?;
        self.kind.traverse(visit)
    }
}

impl<K: Kind> Handed for Reading<K> {
    type Of = ReaderEngine;

    fn new(py: Python<'_>, reader: Held<ReaderEngine>, argument: Option<Held<PyAny>>) -> Self {
        Self {
            reader,
            elsewhere: false,
            kind: K::of(argument.as_ref().map(|argument| argument.bind(py))),
        }
    }
}

/// Lets go of a chunk without asking whether this thread is attached.
fn release(py: Python<'_>, spent: Option<PyBackedBytes>) {
    if let Some(spent) = spent {
        match spent.into_pyobject(py) {
            Ok(bytes) => drop(bytes),
            Err(never) => match never {},
        }
    }
}

/// The future that the next data, or the end, will wake. A paused transport is resumed.
fn wait(reader: &Bound<'_, ReaderEngine>, name: &'static str) -> PyResult<Py<PyAny>> {
    let py = reader.py();
    let this = reader.get();
    let mut store = this.store.lock();
    if store.waiter.is_some() {
        drop(store);
        return Err(Refusal::Busy(name).into_error(py));
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

/// How many bytes are asked for.
pub(super) enum Count {
    Of(usize),
    /// Negative.
    Less,
    /// Not an integer, or a very large one.
    Odd(Held<PyAny>),
}

impl Count {
    /// None: as if it were negative.
    fn of(n: Option<&Bound<'_, PyAny>>) -> Self {
        let Some(n) = n else {
            return Self::Less;
        };
        let count = n
            .cast::<PyInt>()
            .ok()
            .and_then(|n| n.extract::<isize>().ok());
        match count {
            None => Self::Odd(Held::new(n.clone().unbind())),
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
            Self::Odd(object) => visit.call(&**object),
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
    /// Everything until the end, in blocks of the limit, so that the transport is resumed.
    fn all(&mut self, turn: &mut Turn<'_, '_>) -> Attempt {
        if let Some(refusal) = turn.refusal() {
            return refusal;
        }
        match (turn.is_empty(), turn.store.eof) {
            (true, true) => Attempt::Value(turn.take(0)),
            (true, false) => Attempt::Wait,
            _ => {
                self.blocks.push(turn.take(turn.store.limit));
                Attempt::Again
            }
        }
    }
}

impl Kind for Read {
    const ORIGIN: &'static Origin = &origin("StreamReader.read");
    const NAME: &'static str = "read";

    fn of(argument: Option<&Bound<'_, PyAny>>) -> Self {
        Self {
            count: Count::of(argument),
            blocks: Vec::new(),
        }
    }

    fn attempt(&mut self, turn: &mut Turn<'_, '_>, first: bool) -> Attempt {
        let Count::Of(count) = self.count else {
            return self.all(turn);
        };
        if first && let Some(refusal) = turn.refusal() {
            return refusal;
        }
        if count == 0 {
            return Attempt::Value(PyBytes::new(turn.py, b"").into_any().unbind());
        }
        if first && turn.is_empty() && !turn.store.eof {
            return Attempt::Wait;
        }
        Attempt::Value(turn.take(count))
    }

    fn at_once(&self, turn: &mut Turn<'_, '_>) -> Option<Py<PyAny>> {
        match self.count {
            Count::Of(count) if count > 0 && !turn.is_empty() => Some(turn.take(count)),
            _ => None,
        }
    }

    fn is_odd(&self) -> bool {
        self.count.is_odd()
    }

    fn elsewhere<'py>(&self, from: &Bound<'py, ReaderEngine>) -> PyResult<Bound<'py, PyAny>> {
        let py = from.py();
        let arguments = (from, self.count.to_python(py));
        call(&stdlib()?.reader, intern!(py, "read"), arguments)
    }

    fn finish(&mut self, py: Python<'_>, value: Py<PyAny>) -> PyResult<Py<PyAny>> {
        if self.blocks.is_empty() {
            return Ok(value);
        }
        self.blocks.push(value);
        let blocks = std::mem::take(&mut self.blocks);
        let nothing = PyBytes::new(py, b"");
        let joined = nothing.call_method1(intern!(py, "join"), (blocks,))?;
        Ok(joined.unbind())
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        self.count.traverse(visit)
    }
}

/// `readexactly(n)`.
pub(super) struct ReadExactly {
    count: Count,
}

impl Kind for ReadExactly {
    const ORIGIN: &'static Origin = &origin("StreamReader.readexactly");
    const NAME: &'static str = "readexactly";

    fn of(argument: Option<&Bound<'_, PyAny>>) -> Self {
        Self {
            count: Count::of(argument),
        }
    }

    fn attempt(&mut self, turn: &mut Turn<'_, '_>, first: bool) -> Attempt {
        let Count::Of(count) = self.count else {
            return Attempt::Raise(Refusal::NegativeSize);
        };
        if first && let Some(refusal) = turn.refusal() {
            return refusal;
        }
        if count == 0 {
            return Attempt::Value(PyBytes::new(turn.py, b"").into_any().unbind());
        }
        if turn.store.incoming.len() >= count {
            return Attempt::Value(turn.take(count));
        }
        if turn.store.eof {
            let partial = turn.take_rest();
            return Attempt::Raise(Refusal::Incomplete(partial, Some(count)));
        }
        Attempt::Wait
    }

    fn at_once(&self, turn: &mut Turn<'_, '_>) -> Option<Py<PyAny>> {
        match self.count {
            Count::Of(count) if count > 0 && turn.store.incoming.len() >= count => {
                Some(turn.take(count))
            }
            _ => None,
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

pub(super) const fn origin(qualname: &'static str) -> Origin {
    Origin {
        module: "ropewalk._asyncio.streams",
        qualname,
    }
}
