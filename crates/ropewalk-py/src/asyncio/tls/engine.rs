//! The class under Python's `SSLProtocol`: what each message needs of a connection's state.
//!
//! Promise: the state is whole whenever Python runs: nothing of Python is called, and nothing that
//! a program gave is dropped, while it is held. Python's own methods see it under the names that
//! they know.

use super::stdlib::{METHODS, known, stdlib};
use super::{reading, writing};
use crate::asyncio::streams::set_attribute;
use crate::names::intern;
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use ropewalk_facade::atomic::{AtomicBool, Ordering};
use ropewalk_park::{ShortGuard, ShortLock};
use ropewalk_reactor::tls::{Gate, Phase};

/// What a connection stands at.
#[derive(Default)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// The program wants no data for now.
    pub(super) reading_paused: bool,
    /// The transport wants no bytes for now.
    pub(super) transport_paused: bool,
    /// Shut: the transport was told to read no more, as much waits to be decrypted.
    pub(super) incoming_gate: Gate,
    /// Shut: the program was told to write no more, as much waits to be sent.
    pub(super) outgoing_gate: Gate,
    /// Bytes in the backlog.
    pub(super) waiting: usize,
    /// The program's protocol is a `BufferedProtocol`.
    pub(super) buffered: bool,
    pub(super) objects: Objects,
}

/// What a connection has to do with.
#[derive(Default)]
pub(super) struct Objects {
    ssl_object: Option<Py<PyAny>>,
    /// What is inside the object of the ssl module, if that is plain.
    pub(super) inside: Option<Py<PyAny>>,
    pub(super) incoming: Option<Py<PyAny>>,
    pub(super) outgoing: Option<Py<PyAny>>,
    /// What the program wrote and could not be encrypted yet: a list of Python's.
    pub(super) backlog: Option<Py<PyAny>>,
    pub(super) transport: Option<Py<PyAny>>,
    pub(super) protocol: Option<Py<PyAny>>,
}

/// The base of `SSLProtocol`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.tls")]
#[derive(Default)]
pub(crate) struct TlsEngine {
    state: ShortLock<State>,
    /// Somebody set a method on the protocol that the engine goes past.
    // Relaxed: set by who sets the method, who is attached to the interpreter as is who asks.
    changed: AtomicBool,
}

/// The engine of a protocol whose class is exactly ours, with all methods as we made them.
pub(crate) fn is_ours<'a, 'py>(
    protocol: &'a Bound<'py, PyAny>,
) -> Option<&'a Bound<'py, TlsEngine>> {
    let ours = known()?;
    if !ours.ours.is_class_of(protocol).unwrap_or(false) {
        return None;
    }
    let engine = protocol.cast::<TlsEngine>().ok()?;
    (!engine.get().changed.load(Ordering::Relaxed)).then_some(engine)
}

/// One of a connection's objects; None where there is none.
pub(super) fn object<'py>(py: Python<'py>, place: Option<&Py<PyAny>>) -> Bound<'py, PyAny> {
    match place {
        Some(value) => value.bind(py).clone(),
        None => py.None().into_bound(py),
    }
}

type Place = fn(&mut Objects) -> &mut Option<Py<PyAny>>;

impl TlsEngine {
    pub(super) fn state(&self) -> ShortGuard<'_, State> {
        self.state.lock()
    }

    /// Something was set on the protocol.
    fn notice(&self, name: &Bound<'_, PyString>) -> PyResult<()> {
        let name = name.to_str()?;
        if METHODS.contains(&name) || matches!(name, "__class__" | "__dict__") {
            self.changed.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn get<'py>(&self, py: Python<'py>, place: Place) -> Bound<'py, PyAny> {
        object(py, place(&mut self.state().objects).as_ref())
    }

    /// Puts an object in its place, and drops the former one outside of the state.
    fn put(&self, place: Place, value: Option<Bound<'_, PyAny>>) {
        let value = value.filter(|value| !value.is_none()).map(Bound::unbind);
        let former = std::mem::replace(place(&mut self.state().objects), value);
        drop(former);
    }
}

#[pymethods]
impl TlsEngine {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        set_attribute(slf, name, Some(value))?;
        slf.get().notice(name)
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        set_attribute(slf, name, None)?;
        slf.get().notice(name)
    }

    /// Decrypts what has come, and hands it on.
    fn _do_read(slf: &Bound<'_, Self>) -> PyResult<()> {
        if is_ours(slf).is_none() {
            return stdlib()?.call(slf, intern!(slf.py(), "_do_read"), None);
        }
        reading::read(slf)
    }

    /// Encrypts these, or keeps them until that can be done.
    fn _write_appdata(slf: &Bound<'_, Self>, list_of_data: &Bound<'_, PyAny>) -> PyResult<()> {
        if is_ours(slf).is_none() {
            let name = intern!(slf.py(), "_write_appdata");
            return stdlib()?.call(slf, name, Some(list_of_data));
        }
        writing::write_all(slf, list_of_data)
    }

    /// Gives the transport what is encrypted, and the program its word if it has to pause.
    fn _process_outgoing(slf: &Bound<'_, Self>) -> PyResult<()> {
        writing::send(slf)
    }

    /// Goes over to another state, if that may follow.
    fn _set_state(&self, new_state: &Bound<'_, PyAny>) -> PyResult<()> {
        let stdlib = stdlib()?;
        let next = stdlib.phase(new_state)?;
        let mut state = self.state();
        let now = state.phase;
        if now.may_become(next) {
            state.phase = next;
            return Ok(());
        }
        drop(state);
        Err(PyRuntimeError::new_err(format!(
            "cannot switch state from {} to {}",
            stdlib.member(new_state.py(), now).str()?,
            new_state.str()?
        )))
    }

    /// Sets the marks between which data waits to be decrypted.
    fn _set_incoming_marks(&self, low: usize, high: usize) {
        self.state().incoming_gate.set_marks(low, high);
    }

    /// Sets the marks between which data waits to be sent.
    fn _set_outgoing_marks(&self, low: usize, high: usize) {
        self.state().outgoing_gate.set_marks(low, high);
    }

    #[getter(_state)]
    fn phase<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let phase = self.state().phase;
        Ok(stdlib()?.member(py, phase))
    }

    #[setter(_state)]
    fn set_phase(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let phase = stdlib()?.phase(value)?;
        self.state().phase = phase;
        Ok(())
    }

    #[getter(_sslobj)]
    fn ssl_object<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.get(py, |objects| &mut objects.ssl_object)
    }

    #[setter(_sslobj)]
    fn set_ssl_object(&self, value: Bound<'_, PyAny>) -> PyResult<()> {
        let inside = stdlib()?.inside(&value)?;
        self.put(|objects| &mut objects.inside, inside);
        self.put(|objects| &mut objects.ssl_object, Some(value));
        Ok(())
    }

    #[getter(_incoming)]
    pub(super) fn incoming<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.get(py, |objects| &mut objects.incoming)
    }

    #[setter(_incoming)]
    fn set_incoming(&self, value: Bound<'_, PyAny>) {
        self.put(|objects| &mut objects.incoming, Some(value));
    }

    #[getter(_outgoing)]
    fn outgoing<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.get(py, |objects| &mut objects.outgoing)
    }

    #[setter(_outgoing)]
    fn set_outgoing(&self, value: Bound<'_, PyAny>) {
        self.put(|objects| &mut objects.outgoing, Some(value));
    }

    #[getter(_write_backlog)]
    pub(super) fn backlog<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.get(py, |objects| &mut objects.backlog)
    }

    #[setter(_write_backlog)]
    fn set_backlog(&self, value: Bound<'_, PyAny>) {
        self.put(|objects| &mut objects.backlog, Some(value));
    }

    #[getter(_transport)]
    pub(super) fn transport<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.get(py, |objects| &mut objects.transport)
    }

    #[setter(_transport)]
    fn set_transport(&self, value: Bound<'_, PyAny>) {
        self.put(|objects| &mut objects.transport, Some(value));
    }

    #[getter(_app_protocol)]
    pub(super) fn protocol<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.get(py, |objects| &mut objects.protocol)
    }

    #[setter(_app_protocol)]
    fn set_protocol(&self, value: Bound<'_, PyAny>) {
        self.put(|objects| &mut objects.protocol, Some(value));
    }

    #[getter(_app_protocol_is_buffer)]
    fn buffered(&self) -> bool {
        self.state().buffered
    }

    #[setter(_app_protocol_is_buffer)]
    fn set_buffered(&self, value: bool) {
        self.state().buffered = value;
    }

    #[getter(_write_buffer_size)]
    fn waiting(&self) -> usize {
        self.state().waiting
    }

    #[setter(_write_buffer_size)]
    fn set_waiting(&self, value: isize) {
        self.state().waiting = value.max(0).cast_unsigned();
    }

    #[getter(_app_reading_paused)]
    fn reading_paused(&self) -> bool {
        self.state().reading_paused
    }

    #[setter(_app_reading_paused)]
    fn set_reading_paused(&self, value: bool) {
        self.state().reading_paused = value;
    }

    #[getter(_ssl_writing_paused)]
    fn transport_paused(&self) -> bool {
        self.state().transport_paused
    }

    #[setter(_ssl_writing_paused)]
    fn set_transport_paused(&self, value: bool) {
        self.state().transport_paused = value;
    }

    #[getter(_ssl_reading_paused)]
    fn incoming_shut(&self) -> bool {
        self.state().incoming_gate.shut
    }

    #[setter(_ssl_reading_paused)]
    fn set_incoming_shut(&self, value: bool) {
        self.state().incoming_gate.shut = value;
    }

    #[getter(_app_writing_paused)]
    fn outgoing_shut(&self) -> bool {
        self.state().outgoing_gate.shut
    }

    #[setter(_app_writing_paused)]
    fn set_outgoing_shut(&self, value: bool) {
        self.state().outgoing_gate.shut = value;
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Held only by a thread in the middle of a change: then it is not garbage.
        let Some(state) = self.state.try_lock() else {
            return Ok(());
        };
        let objects = &state.objects;
        let owned = [
            &objects.ssl_object,
            &objects.inside,
            &objects.incoming,
            &objects.outgoing,
            &objects.backlog,
            &objects.transport,
            &objects.protocol,
        ];
        owned.into_iter().try_for_each(|place| visit.call(place))
    }

    fn __clear__(&self) {
        let objects = std::mem::take(&mut self.state().objects);
        drop(objects);
    }
}

/// How much lies in one of the ssl module's memories.
pub(super) fn pending(memory: &Bound<'_, PyAny>) -> PyResult<usize> {
    memory.getattr(intern!(memory.py(), "pending"))?.extract()
}
