//! Which sockets the engine may use by their descriptor.
//! Promise: an object of any other class than `socket.socket` (TLS, a mock, a subclass, whatever it
//! overrides), or with a method of that class patched, is never taken for a plain one.

use crate::names::{import, intern, once};
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::os::fd::RawFd;
use std::sync::OnceLock;

/// A method of `socket.socket` whose place the engine takes.
pub(super) struct Method {
    name: fn(Python<'_>) -> &Bound<'_, PyString>,
    /// The method as the standard library has it.
    original: OnceLock<Py<PyAny>>,
}

macro_rules! methods {
    ($($method:ident $name:literal;)*) => {
        $(pub(super) static $method: Method = Method {
            name: |py| intern!(py, $name),
            original: OnceLock::new(),
        };)*
    };
}

methods! {
    RECV "recv";
    RECV_INTO "recv_into";
    RECVFROM "recvfrom";
    RECVFROM_INTO "recvfrom_into";
    SEND "send";
    SENDTO "sendto";
    ACCEPT "accept";
    CONNECT "connect";
}

impl Method {
    /// Whether `socket` is a `socket.socket` that has this method from the standard library.
    pub(super) fn is_original(&'static self, socket: &Bound<'_, PyAny>) -> bool {
        self.look(socket).unwrap_or(false)
    }

    fn look(&'static self, socket: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = socket.py();
        let name = (self.name)(py);
        let class = socket.get_type();
        let standard = standard(py)?;
        let original = once(&self.original, || standard.getattr(name).map(Bound::unbind))?;
        // Its instances have no dictionary for methods of their own.
        Ok(class.is(standard) && class.getattr(name)?.is(original))
    }
}

/// `socket.socket`, as it was first seen.
fn standard(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static CLASS: OnceLock<Py<PyAny>> = OnceLock::new();
    let find = || -> PyResult<_> { Ok(import(py, "socket")?.getattr("socket")?.unbind()) };
    Ok(once(&CLASS, find)?.bind(py))
}

/// A socket's descriptor; -1 once it is closed.
pub(super) fn descriptor(socket: &Bound<'_, PyAny>) -> PyResult<RawFd> {
    static FILENO: OnceLock<Py<PyAny>> = OnceLock::new();
    let py = socket.py();
    let standard = standard(py)?;
    if !socket.get_type().is(standard) {
        return socket.call_method0(intern!(py, "fileno"))?.extract();
    }
    // The method without a look for it: each operation asks two or three times.
    let find = || standard.getattr(intern!(py, "fileno")).map(Bound::unbind);
    let fileno = once(&FILENO, find)?;
    fileno.bind(py).call1((socket,))?.extract()
}
