//! The native part of the transport that a program sees above TLS.
//!
//! Promise: what a program writes goes on without a Python frame; everything else is the method
//! of Python's own transport.

use super::engine::is_ours;
use super::writing;
use crate::names::intern;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView};
use ropewalk_park::ShortLock;

#[derive(Default)]
struct State {
    closed: bool,
    protocol: Option<Py<PyAny>>,
}

/// The native part of a transport above TLS.
#[pyclass(frozen, module = "ropewalk._ropewalk.asyncio.tls")]
#[derive(Default)]
pub(crate) struct TlsWriter {
    state: ShortLock<State>,
}

#[pymethods]
impl TlsWriter {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Write some data bytes to the transport.
    ///
    /// This does not block; it buffers the data and arranges for it
    /// to be sent out asynchronously.
    fn write(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = data.py();
        if let Ok(bytes) = data.cast_exact::<PyBytes>() {
            if bytes.as_bytes().is_empty() {
                return Ok(());
            }
        } else if !is_data(data) {
            return Err(PyTypeError::new_err(format!(
                "data: expecting a bytes-like instance, got {}",
                data.get_type().name()?
            )));
        } else if !data.is_truthy()? {
            return Ok(());
        }
        let protocol = self.protocol(py);
        if let Some(engine) = is_ours(&protocol) {
            return writing::write(engine, data);
        }
        protocol
            .call_method1(intern!(py, "_write_appdata"), ((data,),))
            .map(drop)
    }

    /// Return True if the transport is closing or closed.
    fn is_closing(&self) -> bool {
        self.state.lock().closed
    }

    #[getter(_closed)]
    fn closed(&self) -> bool {
        self.state.lock().closed
    }

    #[setter(_closed)]
    fn set_closed(&self, value: bool) {
        self.state.lock().closed = value;
    }

    #[getter(_ssl_protocol)]
    fn protocol<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        super::engine::object(py, self.state.lock().protocol.as_ref())
    }

    #[setter(_ssl_protocol)]
    fn set_protocol(&self, value: Bound<'_, PyAny>) {
        let value = (!value.is_none()).then(|| value.unbind());
        let former = std::mem::replace(&mut self.state.lock().protocol, value);
        drop(former);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Held only by a thread in the middle of a change: then it is not garbage.
        self.state
            .try_lock()
            .map_or(Ok(()), |state| visit.call(&state.protocol))
    }

    fn __clear__(&self) {
        let former = self.state.lock().protocol.take();
        drop(former);
    }
}

fn is_data(data: &Bound<'_, PyAny>) -> bool {
    data.is_instance_of::<PyBytes>()
        || data.is_instance_of::<PyByteArray>()
        || data.is_instance_of::<PyMemoryView>()
}
