//! The class under Python's `StreamWriter`.
//!
//! Promise: `write` and `writelines` are one call of the transport's; `drain` ends in its first
//! step when there is nothing to wait for.

use super::flow::FlowControlEngine;
use super::reader::ReaderEngine;
use super::stdlib::{call, or_none, stdlib, unless_none};
use crate::asyncio::awaitable::{Handed, Held, Origin, Step, Stop, Visit, Work, coroutine, quick};
use crate::asyncio::transports::{Direct, StreamCore};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;

/// What a writer connects.
#[derive(Default)]
struct Ends {
    transport: Option<Py<PyAny>>,
    /// The way past the transport, if there is one.
    direct: Option<Direct>,
    protocol: Option<Py<PyAny>>,
    reader: Option<Py<PyAny>>,
    event_loop: Option<Py<PyAny>>,
}

/// A way to write to a transport; the base of `ropewalk.asyncio.StreamWriter`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.streams")]
#[derive(Default)]
pub(crate) struct WriterEngine {
    ends: ShortLock<Ends>,
}

#[pymethods]
impl WriterEngine {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    /// Send this, or as much as can be sent at once; the rest later.
    fn write(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = data.py();
        if let Some(core) = self.core(py) {
            return core.get().write_directly(data);
        }
        let transport = self.transport(py);
        transport
            .call_method1(intern!(py, "write"), (data,))
            .map(drop)
    }

    /// Send these, one after the other.
    fn writelines(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = data.py();
        let transport = self.transport(py);
        transport
            .call_method1(intern!(py, "writelines"), (data,))
            .map(drop)
    }

    /// Return whether the transport is closed, or about to be.
    fn is_closing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(core) = self.core(py) {
            let closing = core.get().is_closing_directly();
            return Ok(PyBool::new(py, closing).to_owned().into_any());
        }
        self.transport(py).call_method0(intern!(py, "is_closing"))
    }

    /// Ask the transport about the connection.
    #[pyo3(signature = (name, default=None))]
    fn get_extra_info<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
        default: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let transport = self.transport(py);
        transport.call_method1(intern!(py, "get_extra_info"), (name, default))
    }

    /// What `drain()` awaits.
    fn _begin_drain(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        let work = Drain {
            writer: Held::new(slf.clone().unbind()),
        };
        Ok(coroutine(slf.py(), work)?.into())
    }

    /// The same for `short_cut`.
    #[classattr]
    fn _quick_drain(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Drain>(py)
    }

    #[getter(_transport)]
    fn transport<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.ends.lock().transport.as_ref())
    }

    #[setter(_transport)]
    fn set_transport(&self, value: Bound<'_, PyAny>) -> PyResult<()> {
        let direct = Direct::of(&value)?;
        let mut ends = self.ends.lock();
        let before = (
            std::mem::replace(&mut ends.direct, direct),
            std::mem::replace(&mut ends.transport, unless_none(value)),
        );
        drop(ends);
        drop(before);
        Ok(())
    }

    #[getter(_protocol)]
    fn protocol<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.ends.lock().protocol.as_ref())
    }

    #[setter(_protocol)]
    fn set_protocol(&self, value: Bound<'_, PyAny>) {
        self.put(|ends| &mut ends.protocol, value);
    }

    #[getter(_reader)]
    fn reader<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.ends.lock().reader.as_ref())
    }

    #[setter(_reader)]
    fn set_reader(&self, value: Bound<'_, PyAny>) {
        self.put(|ends| &mut ends.reader, value);
    }

    #[getter(_loop)]
    fn event_loop<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        or_none(py, self.ends.lock().event_loop.as_ref())
    }

    #[setter(_loop)]
    fn set_event_loop(&self, value: Bound<'_, PyAny>) {
        self.put(|ends| &mut ends.event_loop, value);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Locked means in use by a thread that will go on: the objects are alive.
        let Some(ends) = self.ends.try_lock() else {
            return Ok(());
        };
        let owned = [
            &ends.transport,
            &ends.protocol,
            &ends.reader,
            &ends.event_loop,
        ];
        owned.into_iter().try_for_each(|slot| visit.call(slot))?;
        visit.call(ends.direct.as_ref().map(Direct::object))
    }

    fn __clear__(&self) {
        let owned = std::mem::take(&mut *self.ends.lock());
        drop(owned);
    }
}

impl WriterEngine {
    /// The core of the transport, if calls may go past the transport.
    #[inline]
    fn core<'py>(&self, py: Python<'py>) -> Option<Bound<'py, StreamCore>> {
        let ends = self.ends.lock();
        let transport = ends.transport.as_ref()?.bind(py);
        let direct = ends.direct.as_ref()?;
        if let Some(core) = direct.core(transport) {
            return Some(core.clone());
        }
        let transport = transport.clone();
        drop(ends);
        if !Direct::look(&transport) {
            return None;
        }
        self.ends.lock().direct.as_ref()?.core(&transport).cloned()
    }

    fn put(&self, slot: fn(&mut Ends) -> &mut Option<Py<PyAny>>, value: Bound<'_, PyAny>) {
        let before = std::mem::replace(slot(&mut self.ends.lock()), unless_none(value));
        drop(before);
    }
}

/// `drain()`.
struct Drain {
    writer: Held<WriterEngine>,
}

impl Work for Drain {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.streams",
        qualname: "StreamWriter.drain",
    };

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let ends = self.writer.get().ends.lock();
        let transport = ends.transport.as_ref()?.bind(py);
        let core = ends.direct.as_ref()?.core(transport)?;
        let protocol = ends.protocol.as_ref()?.bind(py);
        let sound = match &ends.reader {
            None => true,
            Some(reader) => ReaderEngine::is_sound(reader.bind(py)),
        };
        let done = sound
            && !core.get().is_closing_directly()
            && FlowControlEngine::is_known_to_flow(protocol.cast().ok()?);
        done.then(|| py.None())
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let writer = self.writer.bind(py);
        let this = writer.get();
        let error = error_of(&this.reader(py))?;
        if !error.is_none() {
            return Err(PyErr::from_value(error));
        }
        if this.is_closing(py)?.is_truthy()? {
            // The turn of the loop that the standard library takes before it raises.
            let drain = call(&stdlib()?.writer, intern!(py, "drain"), (writer,))?;
            return Ok(Step::Wait(drain.unbind()));
        }
        let protocol = this.protocol(py);
        if let Ok(flow) = protocol.cast::<FlowControlEngine>()
            && FlowControlEngine::is_flowing(flow)?
        {
            return Ok(Step::Return(py.None()));
        }
        let helper = protocol.call_method0(intern!(py, "_drain_helper"))?;
        Ok(Step::Wait(helper.unbind()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(|_| Step::Return(py.None()))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.writer)
    }
}

impl Handed for Drain {
    type Of = WriterEngine;

    fn new(_: Python<'_>, writer: Held<WriterEngine>, _: Option<Held<PyAny>>) -> Self {
        Self { writer }
    }
}

/// The exception that was set on a reader, or None.
fn error_of<'py>(reader: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = reader.py();
    if reader.is_none() {
        return Ok(reader.clone());
    }
    if let Ok(engine) = reader.cast::<ReaderEngine>()
        && reader.get_type().is(&stdlib()?.our_reader.class)
    {
        return Ok(engine.get().exception(py));
    }
    reader.call_method0(intern!(py, "exception"))
}
