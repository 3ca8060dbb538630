//! The class under Python's `StreamReader`.
//!
//! Promise: its attributes are the standard library's, and may be read and set as there. Whoever
//! holds `_buffer` holds the reader's bytes; meanwhile the standard library's methods serve it.

use super::lines::{Line, Next, ReadUntil};
use super::reading::{Read, ReadExactly, Reading};
use super::stdlib::{Stdlib, call, or_none, stdlib, unless_none, wake};
use super::store::{Served, Store};
use super::untouched::set_attribute;
use crate::asyncio::awaitable::quick;
use crate::names::intern;
use pyo3::exceptions::{PyAssertionError, PyNotImplementedError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyInt, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_facade::atomic::{AtomicBool, Ordering};
use ropewalk_park::ShortLock;

/// What the standard library's methods call on themselves: whoever overrides one is served by
/// them.
const HOOKS: [&str; 6] = [
    "read",
    "readline",
    "readuntil",
    "_wait_for_data",
    "_wakeup_waiter",
    "_maybe_resume_transport",
];

/// What has arrived on a stream; the base of `ropewalk.asyncio.StreamReader`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.streams")]
#[derive(Default)]
pub(crate) struct ReaderEngine {
    pub(super) store: ShortLock<Store>,
    /// Somebody set `feed_data` on the object.
    touched: AtomicBool,
}

#[pymethods]
impl ReaderEngine {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    /// Return the exception that was set, or None.
    pub(super) fn exception<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.store.lock().exception.as_ref())
    }

    /// Let this exception be raised by whoever reads.
    fn set_exception(slf: &Bound<'_, Self>, exc: &Bound<'_, PyAny>) -> PyResult<()> {
        let this = slf.get();
        let mut store = this.store.lock();
        let before = std::mem::replace(&mut store.exception, unless_none(exc.clone()));
        let waiter = store.waiter.take();
        drop(store);
        drop(before);
        waiter.map_or(Ok(()), |waiter| wake(waiter.bind(slf.py()), Some(exc)))
    }

    /// Say which transport feeds this reader; once.
    fn set_transport(&self, transport: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut store = self.store.lock();
        if store.transport.is_some() {
            drop(store);
            return Err(PyAssertionError::new_err("Transport already set"));
        }
        store.transport = unless_none(transport.clone());
        Ok(())
    }

    /// Say that nothing more will come.
    fn feed_eof(slf: &Bound<'_, Self>) -> PyResult<()> {
        let py = slf.py();
        if Self::is_hooked(slf)? {
            return call(&stdlib()?.reader, intern!(py, "feed_eof"), (slf,)).map(drop);
        }
        let mut store = slf.get().store.lock();
        store.eof = true;
        let waiter = store.waiter.take();
        drop(store);
        waiter.map_or(Ok(()), |waiter| wake(waiter.bind(py), None))
    }

    /// Return True if nothing is unread and nothing more will come.
    fn at_eof(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let py = slf.py();
        if !Self::is_here(slf)? {
            return call(&stdlib()?.reader, intern!(py, "at_eof"), (slf,))?.is_truthy();
        }
        let store = slf.get().store.lock();
        Ok(store.eof && store.incoming.is_empty())
    }

    /// Append what has arrived.
    pub(super) fn feed_data(slf: &Bound<'_, Self>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let this = slf.get();
        let Some(chunk) = chunk_of(data, || this.store.lock().eof)? else {
            return Ok(());
        };
        let mut store = this.store.lock();
        if !store.is_here() {
            drop(store);
            if !Self::is_here(slf)? {
                return call(&stdlib()?.reader, intern!(py, "feed_data"), (slf, data)).map(drop);
            }
            store = this.store.lock();
        }
        if store.eof {
            drop(store);
            return Err(after_end());
        }
        let spent = store.incoming.push(chunk);
        let waiter = store.waiter.take();
        let transport = store
            .may_pause()
            .then(|| or_none(py, store.transport.as_ref()));
        drop(store);
        drop(spent);
        if let Some(waiter) = waiter {
            wake(waiter.bind(py), None)?;
        }
        transport.map_or(Ok(()), |transport| this.pause(&transport))
    }

    /// What `read(n)` awaits.
    fn _begin_read(slf: &Bound<'_, Self>, n: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        Reading::<Read>::begin(slf, Some(n))
    }

    /// What `readexactly(n)` awaits.
    fn _begin_readexactly(slf: &Bound<'_, Self>, n: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        Reading::<ReadExactly>::begin(slf, Some(n))
    }

    /// What `readuntil(separator)` awaits.
    fn _begin_readuntil(
        slf: &Bound<'_, Self>,
        separator: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        Reading::<ReadUntil>::begin(slf, Some(separator))
    }

    /// What `readline()` awaits.
    fn _begin_readline(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        Reading::<Line>::begin(slf, None)
    }

    /// What `__anext__()` awaits.
    fn _begin_next(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        Reading::<Next>::begin(slf, None)
    }

    /// The same for `short_cut`, one after the other.
    #[classattr]
    fn _quick_read(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Reading<Read>>(py)
    }

    #[classattr]
    fn _quick_readexactly(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Reading<ReadExactly>>(py)
    }

    #[classattr]
    fn _quick_readuntil(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Reading<ReadUntil>>(py)
    }

    #[classattr]
    fn _quick_readline(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Reading<Line>>(py)
    }

    #[classattr]
    fn _quick_next(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Reading<Next>>(py)
    }

    #[getter(_buffer)]
    fn buffer(&self, py: Python<'_>) -> Py<PyAny> {
        let mut store = self.store.lock();
        if let Some(inside) = &store.inside {
            return inside.clone_ref(py);
        }
        let inside = PyByteArray::new(py, store.incoming.as_slice())
            .into_any()
            .unbind();
        store.inside = Some(inside.clone_ref(py));
        let spent = store.incoming.clear();
        drop(store);
        drop(spent);
        inside
    }

    #[setter(_buffer)]
    fn set_buffer(&self, value: Py<PyAny>) {
        let mut store = self.store.lock();
        let before = store.inside.replace(value);
        let spent = store.incoming.clear();
        drop(store);
        drop((before, spent));
    }

    #[getter(_limit)]
    fn limit<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.store.lock().limit_object.as_ref())
    }

    #[setter(_limit)]
    fn set_limit(&self, value: &Bound<'_, PyAny>) {
        let limit = value
            .cast::<PyInt>()
            .map(|limit| limit.extract::<usize>().unwrap_or(usize::MAX));
        let mut store = self.store.lock();
        match limit {
            Ok(limit) => store.limit = limit,
            Err(_) => store.served = Served::Elsewhere,
        }
        let before = store.limit_object.replace(value.clone().unbind());
        drop(store);
        drop(before);
    }

    #[getter(_eof)]
    fn eof(&self) -> bool {
        self.store.lock().eof
    }

    #[setter(_eof)]
    fn set_eof(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = value.is_truthy()?;
        self.store.lock().eof = value;
        Ok(())
    }

    #[getter(_paused)]
    fn paused(&self) -> bool {
        self.store.lock().paused
    }

    #[setter(_paused)]
    fn set_paused(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = value.is_truthy()?;
        self.store.lock().paused = value;
        Ok(())
    }

    #[getter(_waiter)]
    fn waiter<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.store.lock().waiter.as_ref())
    }

    #[setter(_waiter)]
    fn set_waiter(&self, value: Bound<'_, PyAny>) {
        self.put(|store| &mut store.waiter, unless_none(value));
    }

    #[getter(_exception)]
    fn raised<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.exception(py)
    }

    #[setter(_exception)]
    fn set_raised(&self, value: Bound<'_, PyAny>) {
        self.put(|store| &mut store.exception, unless_none(value));
    }

    #[getter(_transport)]
    fn transport<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.store.lock().transport.as_ref())
    }

    #[setter(_transport)]
    fn replace_transport(&self, value: Bound<'_, PyAny>) {
        self.put(|store| &mut store.transport, unless_none(value));
    }

    #[getter(_loop)]
    pub(super) fn event_loop<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.store.lock().event_loop.as_ref())
    }

    #[setter(_loop)]
    fn set_event_loop(&self, value: Bound<'_, PyAny>) {
        self.put(|store| &mut store.event_loop, unless_none(value));
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if name.as_any().eq(intern!(slf.py(), "feed_data"))? {
            slf.get().touched.store(true, Ordering::Relaxed);
        }
        set_attribute(slf, name, Some(value))
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        set_attribute(slf, name, None)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Locked means in use by a thread that will go on: the objects are alive.
        let Some(store) = self.store.try_lock() else {
            return Ok(());
        };
        let owned = [
            &store.inside,
            &store.waiter,
            &store.exception,
            &store.transport,
            &store.event_loop,
            &store.limit_object,
        ];
        owned.into_iter().try_for_each(|slot| visit.call(slot))
    }

    fn __clear__(&self) {
        let mut store = self.store.lock();
        let owned = [
            store.inside.take(),
            store.waiter.take(),
            store.exception.take(),
            store.transport.take(),
            store.event_loop.take(),
            store.limit_object.take(),
        ];
        drop(store);
        drop(owned);
    }
}

impl ReaderEngine {
    /// `feed_data` of whatever serves as a reader.
    pub(super) fn feed_any(reader: &Bound<'_, PyAny>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        if stdlib()?.our_reader.is_class_of(reader)?
            && let Ok(ours) = reader.cast::<Self>()
            && !ours.get().touched.load(Ordering::Relaxed)
        {
            return Self::feed_data(ours, data);
        }
        let name = intern!(reader.py(), "feed_data");
        reader.call_method1(name, (data,)).map(drop)
    }

    /// Whether a reader is exactly ours and has no exception.
    pub(super) fn is_sound(reader: &Bound<'_, PyAny>) -> bool {
        stdlib().is_ok_and(|stdlib| reader.get_type().is(&stdlib.our_reader.class))
            && reader
                .cast::<Self>()
                .is_ok_and(|ours| ours.get().store.lock().exception.is_none())
    }

    fn put(&self, slot: fn(&mut Store) -> &mut Option<Py<PyAny>>, value: Option<Py<PyAny>>) {
        let before = std::mem::replace(slot(&mut self.store.lock()), value);
        drop(before);
    }

    /// Whether the class overrides what the standard library's methods call.
    fn is_hooked(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let served = slf.get().store.lock().served;
        if served != Served::Unknown {
            return Ok(served == Served::Elsewhere);
        }
        let ours = stdlib()?.our_reader.class.bind(slf.py());
        let served = if Stdlib::leaves_alone(&slf.get_type(), ours, &HOOKS)? {
            Served::Here
        } else {
            Served::Elsewhere
        };
        slf.get().store.lock().served = served;
        Ok(served == Served::Elsewhere)
    }

    /// Whether the engine has the bytes, and serves this reader; they are taken back if they can
    /// be.
    pub(super) fn is_here(slf: &Bound<'_, Self>) -> PyResult<bool> {
        if slf.get().store.lock().is_here() {
            return Ok(true);
        }
        if Self::is_hooked(slf)? {
            return Ok(false);
        }
        let mut store = slf.get().store.lock();
        let spent = store.take_back(slf.py());
        let here = store.inside.is_none();
        drop(store);
        drop(spent);
        Ok(here)
    }

    /// Pauses the transport; one that cannot be paused is forgotten.
    fn pause(&self, transport: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = transport.py();
        match transport.call_method0(intern!(py, "pause_reading")) {
            Ok(_) => self.store.lock().paused = true,
            Err(error) if error.is_instance_of::<PyNotImplementedError>(py) => {
                self.put(|store| &mut store.transport, None);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn after_end() -> PyErr {
    PyAssertionError::new_err("feed_data after feed_eof")
}

/// The bytes of anything that a bytearray can be extended with; None if there are none.
fn chunk_of(
    data: &Bound<'_, PyAny>,
    ended: impl FnOnce() -> bool,
) -> PyResult<Option<PyBackedBytes>> {
    if let Ok(bytes) = data.cast_exact::<PyBytes>() {
        if bytes.as_bytes().is_empty() {
            return if ended() { Err(after_end()) } else { Ok(None) };
        }
        return Ok(Some(PyBackedBytes::from(bytes.clone())));
    }
    if ended() {
        return Err(after_end());
    }
    if !data.is_truthy()? {
        return Ok(None);
    }
    let py = data.py();
    let bytes = PyByteArray::new(py, b"");
    bytes.call_method1(intern!(py, "extend"), (data,))?;
    let chunk = PyBackedBytes::from(PyBytes::new(py, &bytes.to_vec()));
    Ok(Some(chunk))
}
