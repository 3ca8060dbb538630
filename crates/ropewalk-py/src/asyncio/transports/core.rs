//! The native part of a transport: what each message goes through.
//!
//! Promise: its state is whole whenever Python runs: nothing of Python is called, and nothing
//! that a program gave is dropped, while the state is held. A transport is used by the thread of
//! its loop; used from another it may mix up the order of writes, and nothing worse.

use super::{reading, writing};
use crate::names::intern;
use crate::raised::Raised;
use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyList, PyType};
use ropewalk_facade::atomic::{AtomicBool, Ordering};
use ropewalk_park::{ShortGuard, ShortLock};
use ropewalk_reactor::stream::WriteBuffer;
use ropewalk_sys::bytes::Channel;
use std::os::fd::RawFd;

/// What a transport stands at.
pub(super) struct State {
    /// -1 before the transport is set up and after it let go of its socket.
    pub(super) descriptor: RawFd,
    /// The transport in Python, from set-up until its connection is lost.
    pub(super) transport: Option<Py<PyAny>>,
    pub(super) protocol: Option<Py<PyAny>>,
    /// The protocol is a `BufferedProtocol`.
    pub(super) buffered: bool,
    pub(super) buffer: WriteBuffer<PyBackedBytes>,
    /// Above these bytes the protocol is asked to pause; down to these, to resume.
    pub(super) high_water: usize,
    pub(super) low_water: usize,
    /// How often something was written after the connection was lost, and one for the loss.
    pub(super) lost: usize,
    /// Closed for writing at once, whatever is in the buffer (pipes).
    pub(super) closing: bool,
    pub(super) ended: bool,
    pub(super) empty_waiter: Option<Py<PyAny>>,
}

/// The native part of a transport.
#[pyclass(frozen, module = "ropewalk._ropewalk.asyncio.transports")]
pub(crate) struct StreamCore {
    /// The transport's class, which has words for writes that come too late.
    pub(super) kind: Py<PyType>,
    pub(super) channel: Channel,
    /// The last read brought much: the next one is likely to.
    pub(super) large: AtomicBool,
    /// Somebody set a method on the transport that is asked past it (see `direct`).
    pub(super) changed: AtomicBool,
    /// Closed, or about to be (sockets).
    is_closing: AtomicBool,
    state: ShortLock<State>,
}

impl StreamCore {
    pub(super) fn state(&self) -> ShortGuard<'_, State> {
        self.state.lock()
    }

    /// The transport in Python, while it is set up.
    pub(super) fn transport<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let state = self.state();
        state.transport.as_ref().map(|one| one.bind(py).clone())
    }

    /// Ends the connection because of `error`; what asks the program to end goes on instead.
    pub(super) fn fatal(&self, py: Python<'_>, error: PyErr, words: &str) -> PyResult<()> {
        let error = error.made(py);
        if is_to_pass(py, &error) {
            return Err(error);
        }
        if let Some(transport) = self.transport(py) {
            transport.call_method1(intern!(py, "_report_fatal"), (error, words))?;
        }
        Ok(())
    }

    /// Puts one of Python's objects in its place, and drops the former one outside of the state.
    fn replace(
        &self,
        place: impl FnOnce(&mut State) -> &mut Option<Py<PyAny>>,
        value: Option<Py<PyAny>>,
    ) {
        let former = std::mem::replace(place(&mut self.state()), value);
        drop(former);
    }

    fn object(&self, py: Python<'_>, place: fn(&State) -> &Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        place(&self.state())
            .as_ref()
            .map(|value| value.clone_ref(py))
    }
}

/// Exceptions that no transport stops.
pub(super) fn is_to_pass(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PySystemExit>(py) || error.is_instance_of::<PyKeyboardInterrupt>(py)
}

#[pymethods]
impl StreamCore {
    /// The native part of `transport`, over a socket or (False) a pipe.
    #[new]
    fn new(transport: Bound<'_, PyAny>, is_socket: bool) -> Self {
        Self {
            kind: transport.get_type().unbind(),
            channel: if is_socket {
                Channel::Socket
            } else {
                Channel::File
            },
            large: AtomicBool::new(false),
            changed: AtomicBool::new(false),
            is_closing: AtomicBool::new(false),
            state: ShortLock::new(State {
                descriptor: -1,
                transport: Some(transport.unbind()),
                protocol: None,
                buffered: false,
                buffer: WriteBuffer::new(),
                high_water: usize::MAX,
                low_water: 0,
                lost: 0,
                closing: false,
                ended: false,
                empty_waiter: None,
            }),
        }
    }

    /// Begins with this descriptor, which is set not to block.
    fn open(&self, descriptor: RawFd) {
        self.state().descriptor = descriptor;
        // What was set before belongs to the setting up.
        self.changed.store(false, Ordering::Relaxed);
    }

    /// Ends: the descriptor is somebody else's from now on, and nothing is kept alive.
    fn detach(&self) {
        let mut state = self.state();
        state.descriptor = -1;
        // Whoever writes from now on is too late, also after a loss that nobody counted.
        if !state.closing {
            state.lost = state.lost.max(1);
        }
        let objects = (
            state.transport.take(),
            state.protocol.take(),
            std::mem::take(&mut state.buffer),
        );
        drop(state);
        drop(objects);
    }

    /// Looks at the descriptor once and hands on what came.
    fn read_ready(&self, py: Python<'_>) -> PyResult<()> {
        reading::read_ready(self, py)
    }

    /// Sends as much as the descriptor takes of what waits.
    fn write_ready(&self, py: Python<'_>) -> PyResult<()> {
        writing::write_ready(self, py)
    }

    /// Write some data bytes to the transport.
    ///
    /// This does not block; it buffers the data and arranges for it
    /// to be sent out asynchronously.
    fn write(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        writing::write(self, data)
    }

    /// Write a list (or any iterable) of data bytes to the transport, as one.
    fn write_all(&self, list_of_data: &Bound<'_, PyAny>) -> PyResult<()> {
        writing::write_all(self, list_of_data)
    }

    /// Return the current size of the write buffer.
    fn get_write_buffer_size(&self) -> usize {
        self.state().buffer.len()
    }

    fn set_limits(&self, low: usize, high: usize) {
        let mut state = self.state();
        state.low_water = low;
        state.high_water = high;
    }

    fn set_protocol(&self, protocol: Option<Py<PyAny>>, buffered: bool) {
        self.state().buffered = buffered;
        self.replace(|state| &mut state.protocol, protocol);
    }

    #[getter(_protocol)]
    fn protocol(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.object(py, |state| &state.protocol)
    }

    #[setter(_protocol)]
    fn put_protocol(&self, protocol: Option<Py<PyAny>>) {
        self.replace(|state| &mut state.protocol, protocol);
    }

    #[getter(_empty_waiter)]
    fn empty_waiter(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.object(py, |state| &state.empty_waiter)
    }

    #[setter(_empty_waiter)]
    fn put_empty_waiter(&self, waiter: Option<Py<PyAny>>) {
        self.replace(|state| &mut state.empty_waiter, waiter);
    }

    #[getter(_conn_lost)]
    fn lost(&self) -> usize {
        self.state().lost
    }

    #[setter(_conn_lost)]
    fn put_lost(&self, lost: usize) {
        self.state().lost = lost;
    }

    #[getter(_eof)]
    fn ended(&self) -> bool {
        self.state().ended
    }

    #[setter(_eof)]
    fn put_ended(&self, ended: bool) {
        self.state().ended = ended;
    }

    #[getter(_closing)]
    fn closing(&self) -> bool {
        self.state().closing
    }

    #[setter(_closing)]
    fn put_closing(&self, closing: bool) {
        self.state().closing = closing;
    }

    #[getter(_is_closing)]
    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    #[setter(_is_closing)]
    fn put_is_closing(&self, is_closing: bool) {
        self.is_closing.store(is_closing, Ordering::Relaxed);
    }

    /// Forgets what waits to be written.
    fn clear(&self) {
        let waiting = std::mem::take(&mut self.state().buffer);
        drop(waiting);
    }

    fn __len__(&self) -> usize {
        self.state().buffer.len()
    }

    /// What waits to be written, piece by piece.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let pieces: Vec<Vec<u8>> = self.state().buffer.pieces().map(<[u8]>::to_vec).collect();
        let pieces = pieces.iter().map(|piece| PyBytes::new(py, piece));
        PyList::new(py, pieces.collect::<Vec<_>>())?.call_method0(intern!(py, "__iter__"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Held only by a thread in the middle of a change: then it is not garbage.
        if let Some(state) = self.state.try_lock() {
            visit.call(&state.transport)?;
            visit.call(&state.protocol)?;
            visit.call(&state.empty_waiter)?;
        }
        visit.call(&self.kind)
    }

    fn __clear__(&self) {
        self.replace(|state| &mut state.transport, None);
        self.replace(|state| &mut state.protocol, None);
        self.replace(|state| &mut state.empty_waiter, None);
    }
}
