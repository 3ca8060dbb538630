//! What the engine leaves to the standard library's own classes.
//!
//! Promise: nothing is decided here; `ropewalk._asyncio._tls` says what it is when it is imported.

use super::engine::TlsEngine;
use crate::asyncio::streams::Watched;
use crate::names::{intern, once};
use crate::raised::Raised;
use pyo3::exceptions::{PyException, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};
use ropewalk_reactor::tls::Phase;
use std::sync::OnceLock;

/// The classes that the engine has to do with.
pub(super) struct Stdlib {
    /// Python's `SSLProtocol`: its methods do what the engine does not.
    protocol: Py<PyType>,
    /// Ours, as programs see it.
    pub(super) ours: Watched,
    /// The members of `SSLProtocolState`, in the order of `Phase::ALL`.
    phases: [Py<PyAny>; 5],
    /// The exceptions that mean: not now.
    again: Py<PyTuple>,
    /// `ssl.SSLObject`, and its methods that the engine goes past.
    ssl_object: Py<PyType>,
    methods: [Py<PyAny>; 2],
}

/// The methods of `ssl.SSLObject` that do nothing but call those of the object inside.
const PASSED_BY: [&str; 2] = ["read", "write"];

/// The methods of `SSLProtocol` that the engine goes past.
pub(super) const METHODS: &[&str] = &[
    "get_buffer",
    "buffer_updated",
    "_do_read",
    "_do_read__buffered",
    "_do_read__copied",
    "_do_write",
    "_process_outgoing",
    "_write_appdata",
    "_set_state",
    "_control_app_writing",
    "_control_ssl_reading",
    "_get_read_buffer_size",
    "_get_write_buffer_size",
    "_pause_reading",
    "_resume_reading",
    "_fatal_error",
];

static STDLIB: OnceLock<Stdlib> = OnceLock::new();

/// Tell the engine Python's class and ours, the states of a connection in their order, the
/// exceptions that mean that something has to wait, and `ssl.SSLObject`. The first call counts.
#[pyfunction]
pub(crate) fn use_stdlib(
    classes: (Py<PyType>, Py<PyType>),
    phases: [Py<PyAny>; 5],
    again: Py<PyTuple>,
    ssl_object: Bound<'_, PyType>,
) -> PyResult<()> {
    let py = ssl_object.py();
    let (protocol, ours) = classes;
    once(&STDLIB, || {
        let [read, write] = PASSED_BY.map(|name| ssl_object.getattr(name));
        Ok(Stdlib {
            protocol,
            ours: Watched::new(py, ours, METHODS)?,
            phases,
            again,
            methods: [read?.unbind(), write?.unbind()],
            ssl_object: ssl_object.unbind(),
        })
    })
    .map(|_: &Stdlib| ())
}

pub(super) fn stdlib() -> PyResult<&'static Stdlib> {
    STDLIB
        .get()
        .ok_or_else(|| PyRuntimeError::new_err("import ropewalk.asyncio before using its engine"))
}

/// Python's own classes, if they are known yet.
pub(super) fn known() -> Option<&'static Stdlib> {
    STDLIB.get()
}

impl Stdlib {
    /// The member of `SSLProtocolState`.
    pub(super) fn member<'py>(&self, py: Python<'py>, phase: Phase) -> Bound<'py, PyAny> {
        self.phases[phase as usize].bind(py).clone()
    }

    pub(super) fn phase(&self, member: &Bound<'_, PyAny>) -> PyResult<Phase> {
        let at = self.phases.iter().position(|one| one.is(member));
        at.map(|at| Phase::ALL[at])
            .ok_or_else(|| PyValueError::new_err("not a state of a connection with TLS"))
    }

    /// Whether the exception means that something has to wait.
    pub(super) fn is_again(&self, py: Python<'_>, error: &PyErr) -> bool {
        error.matches(py, self.again.bind(py)).unwrap_or(false)
    }

    /// The object inside, which can be called in the place of a plain `ssl.SSLObject`.
    pub(super) fn inside<'py>(
        &self,
        object: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = object.py();
        let class = self.ssl_object.bind(py);
        if !object.get_type().is(class) {
            return Ok(None);
        }
        for (name, method) in PASSED_BY.iter().zip(&self.methods) {
            if !class.getattr(*name)?.is(method) {
                return Ok(None);
            }
        }
        object.getattr(intern!(py, "_sslobj")).map(Some)
    }

    /// Calls Python's own method of this name.
    pub(super) fn call<'py>(
        &self,
        engine: &Bound<'py, TlsEngine>,
        name: &Bound<'py, PyString>,
        argument: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let method = self.protocol.bind(engine.py()).getattr(name)?;
        match argument {
            None => method.call1((engine,)),
            Some(argument) => method.call1((engine, argument)),
        }
        .map(drop)
    }
}

/// Ends the connection because of `error`, as Python does where it catches `Exception`.
pub(super) fn fatal(engine: &Bound<'_, TlsEngine>, error: PyErr) -> PyResult<()> {
    let py = engine.py();
    let error = error.made(py);
    if !error.is_instance_of::<PyException>(py) {
        return Err(error);
    }
    engine
        .call_method1(intern!(py, "_report_fatal"), (error,))
        .map(drop)
}
