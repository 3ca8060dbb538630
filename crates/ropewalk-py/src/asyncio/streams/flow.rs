//! The classes under Python's `FlowControlMixin` and `StreamReaderProtocol`.
//!
//! Promise: data goes from the transport to the reader, and a writer learns whether it has to
//! wait, without a Python frame. Connecting, losing the connection, pausing and resuming are the
//! standard library's methods, on these attributes.

use super::reader::ReaderEngine;
use super::stdlib::{Stdlib, or_none, stdlib, unless_none};
use super::store::Served;
use super::untouched::set_attribute;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyWeakrefMethods, PyWeakrefReference};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_facade::atomic::{AtomicBool, Ordering};
use ropewalk_park::ShortLock;

/// What a writer asks about its protocol.
#[derive(Default)]
struct Flow {
    paused: bool,
    connection_lost: bool,
    event_loop: Option<Py<PyAny>>,
    drain_waiters: Option<Py<PyAny>>,
    /// Whether `_drain_helper` is the standard library's.
    served: Served,
    /// Of a `StreamReaderProtocol`: a weak reference to the reader.
    reader: Option<Py<PyAny>>,
    over_ssl: bool,
}

/// Whether writing is paused; the base of `FlowControlMixin`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.streams")]
#[derive(Default)]
pub(crate) struct FlowControlEngine {
    flow: ShortLock<Flow>,
}

#[pymethods]
impl FlowControlEngine {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    #[getter(_paused)]
    fn paused(&self) -> bool {
        self.flow.lock().paused
    }

    #[setter(_paused)]
    fn set_paused(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = value.is_truthy()?;
        self.flow.lock().paused = value;
        Ok(())
    }

    #[getter(_connection_lost)]
    fn connection_lost(&self) -> bool {
        self.flow.lock().connection_lost
    }

    #[setter(_connection_lost)]
    fn set_connection_lost(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = value.is_truthy()?;
        self.flow.lock().connection_lost = value;
        Ok(())
    }

    #[getter(_loop)]
    fn event_loop<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.flow.lock().event_loop.as_ref())
    }

    #[setter(_loop)]
    fn set_event_loop(&self, value: Bound<'_, PyAny>) {
        self.put(|flow| &mut flow.event_loop, unless_none(value));
    }

    #[getter(_drain_waiters)]
    fn drain_waiters<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.flow.lock().drain_waiters.as_ref())
    }

    #[setter(_drain_waiters)]
    fn set_drain_waiters(&self, value: Bound<'_, PyAny>) {
        self.put(|flow| &mut flow.drain_waiters, unless_none(value));
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Locked means in use by a thread that will go on: the objects are alive.
        let Some(flow) = self.flow.try_lock() else {
            return Ok(());
        };
        let owned = [&flow.event_loop, &flow.drain_waiters, &flow.reader];
        owned.into_iter().try_for_each(|slot| visit.call(slot))
    }

    fn __clear__(&self) {
        let mut flow = self.flow.lock();
        let owned = [
            flow.event_loop.take(),
            flow.drain_waiters.take(),
            flow.reader.take(),
        ];
        drop(flow);
        drop(owned);
    }
}

impl FlowControlEngine {
    fn put(&self, slot: fn(&mut Flow) -> &mut Option<Py<PyAny>>, value: Option<Py<PyAny>>) {
        let before = std::mem::replace(slot(&mut self.flow.lock()), value);
        drop(before);
    }

    /// The same without looking into the class; false if that was not done before.
    pub(super) fn is_known_to_flow(slf: &Bound<'_, Self>) -> bool {
        let flow = slf.get().flow.lock();
        !flow.paused && !flow.connection_lost && flow.served == Served::Here
    }

    /// Whether `drain()` has nothing to wait for and nothing to raise.
    pub(super) fn is_flowing(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let flow = slf.get().flow.lock();
        let (flowing, mut served) = (!flow.paused && !flow.connection_lost, flow.served);
        drop(flow);
        if flowing && served == Served::Unknown {
            let theirs = stdlib()?.flow.bind(slf.py());
            let kept = Stdlib::leaves_alone(&slf.get_type(), theirs, &["_drain_helper"])?;
            served = if kept {
                Served::Here
            } else {
                Served::Elsewhere
            };
            slf.get().flow.lock().served = served;
        }
        Ok(flowing && served == Served::Here)
    }
}

/// What a transport talks to; the base of `StreamReaderProtocol`.
#[pyclass(frozen, subclass, extends = FlowControlEngine, module = "ropewalk._ropewalk.asyncio.streams")]
#[derive(Default)]
pub(crate) struct ProtocolEngine {
    /// Somebody set `data_received` on the object.
    touched: AtomicBool,
}

#[pymethods]
impl ProtocolEngine {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(FlowControlEngine::default()).add_subclass(Self::default())
    }

    #[getter(_stream_reader_wr)]
    fn reader<'py>(slf: &Bound<'py, Self>) -> Bound<'py, PyAny> {
        or_none(slf.py(), slf.as_super().get().flow.lock().reader.as_ref())
    }

    #[setter(_stream_reader_wr)]
    fn set_reader(slf: &Bound<'_, Self>, value: Bound<'_, PyAny>) {
        let this = slf.as_super().get();
        this.put(|flow| &mut flow.reader, unless_none(value));
    }

    #[getter(_over_ssl)]
    fn over_ssl(slf: &Bound<'_, Self>) -> bool {
        slf.as_super().get().flow.lock().over_ssl
    }

    #[setter(_over_ssl)]
    fn set_over_ssl(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = value.is_truthy()?;
        slf.as_super().get().flow.lock().over_ssl = value;
        Ok(())
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if name.as_any().eq(intern!(slf.py(), "data_received"))? {
            slf.get().touched.store(true, Ordering::Relaxed);
        }
        set_attribute(slf, name, Some(value))
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        set_attribute(slf, name, None)
    }

    /// Hand what arrived to the reader, if somebody still has it.
    fn data_received(slf: &Bound<'_, Self>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        match Self::strong_reader(slf)? {
            Some(reader) => ReaderEngine::feed_any(&reader, data),
            None => Ok(()),
        }
    }

    /// Tell the reader that nothing more will come. Return whether the transport stays open.
    fn eof_received(slf: &Bound<'_, Self>) -> PyResult<bool> {
        if let Some(reader) = Self::strong_reader(slf)? {
            reader.call_method0(intern!(slf.py(), "feed_eof"))?;
        }
        // TLS has no half of a connection to keep open, and warns when it is asked to.
        Ok(!Self::over_ssl(slf))
    }
}

/// `data_received` of any protocol.
pub(crate) fn deliver(protocol: &Bound<'_, PyAny>, data: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Ok(stdlib) = stdlib()
        && stdlib.our_protocol.is_class_of(protocol)?
        && let Ok(ours) = protocol.cast::<ProtocolEngine>()
        && !ours.get().touched.load(Ordering::Relaxed)
    {
        return ProtocolEngine::data_received(ours, data);
    }
    let name = intern!(protocol.py(), "data_received");
    protocol.call_method1(name, (data,)).map(drop)
}

impl ProtocolEngine {
    fn strong_reader<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let weak = Self::reader(slf);
        if weak.is_none() {
            return Ok(None);
        }
        if let Ok(weak) = weak.cast_exact::<PyWeakrefReference>() {
            return Ok(weak.upgrade());
        }
        Ok(Some(weak.call0()?).filter(|reader| !reader.is_none()))
    }
}
