//! What the engine leaves to the standard library's own classes.
//!
//! Promise: nothing is decided here; `ropewalk._asyncio.streams` says what it is when it is
//! imported.

use super::untouched::Watched;
use crate::names::{import, intern, once};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};
use std::sync::OnceLock;

/// The classes that the engine has to do with.
pub(super) struct Stdlib {
    /// Their methods serve whom the engine does not.
    pub(super) reader: Py<PyType>,
    pub(super) writer: Py<PyType>,
    pub(super) flow: Py<PyType>,
    /// Our reader and our protocol, as programs see them.
    pub(super) our_reader: Watched,
    pub(super) our_protocol: Watched,
    pub(super) incomplete: Py<PyType>,
    pub(super) overrun: Py<PyType>,
    /// Whether `readuntil` knows several separators (Python 3.13).
    pub(super) many_separators: bool,
}

static STDLIB: OnceLock<Stdlib> = OnceLock::new();

/// Tell the engine the standard library's classes, our reader and protocol, and whether there may
/// be several separators. The first call counts.
#[pyfunction]
#[pyo3(signature = (classes, ours, exceptions, *, many_separators))]
pub(crate) fn use_stdlib(
    py: Python<'_>,
    classes: (Py<PyType>, Py<PyType>, Py<PyType>),
    ours: (Py<PyType>, Py<PyType>),
    exceptions: (Py<PyType>, Py<PyType>),
    many_separators: bool,
) -> PyResult<()> {
    let (reader, writer, flow) = classes;
    let (incomplete, overrun) = exceptions;
    once(&STDLIB, || {
        Ok(Stdlib {
            reader,
            writer,
            flow,
            our_reader: Watched::new(py, ours.0, &["feed_data"])?,
            our_protocol: Watched::new(py, ours.1, &["data_received"])?,
            incomplete,
            overrun,
            many_separators,
        })
    })
    .map(|_: &Stdlib| ())
}

pub(super) fn stdlib() -> PyResult<&'static Stdlib> {
    STDLIB
        .get()
        .ok_or_else(|| PyRuntimeError::new_err("import ropewalk.asyncio before using its engine"))
}

/// Calls the standard library's method of that name on one of our objects.
pub(super) fn call<'py>(
    class: &Py<PyType>,
    name: &Bound<'py, PyString>,
    arguments: impl PyCallArgs<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    class.bind(name.py()).getattr(name)?.call1(arguments)
}

impl Stdlib {
    /// `IncompleteReadError(partial, expected)`.
    pub(super) fn incomplete(
        &self,
        py: Python<'_>,
        partial: Py<PyAny>,
        expected: Option<usize>,
    ) -> PyErr {
        match self.incomplete.bind(py).call1((partial, expected)) {
            Ok(error) => PyErr::from_value(error),
            Err(why) => why,
        }
    }

    /// `LimitOverrunError(message, consumed)`.
    pub(super) fn overrun(&self, py: Python<'_>, message: &str, consumed: usize) -> PyErr {
        match self.overrun.bind(py).call1((message, consumed)) {
            Ok(error) => PyErr::from_value(error),
            Err(why) => why,
        }
    }

    /// Whether the methods of these names are the standard library's or ours, not a subclass's.
    pub(super) fn leaves_alone(
        class: &Bound<'_, PyType>,
        ours: &Bound<'_, PyType>,
        names: &[&str],
    ) -> PyResult<bool> {
        if class.is(ours) {
            return Ok(true);
        }
        for name in names {
            if !class.getattr(*name)?.is(&ours.getattr(*name)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A slot of an object that a program may set and delete: None where nothing was set.
pub(super) fn or_none<'py>(py: Python<'py>, slot: Option<&Py<PyAny>>) -> Bound<'py, PyAny> {
    match slot {
        Some(object) => object.bind(py).clone(),
        None => py.None().into_bound(py),
    }
}

/// What a slot holds for a value that was set.
pub(super) fn unless_none(value: Bound<'_, PyAny>) -> Option<Py<PyAny>> {
    (!value.is_none()).then(|| value.unbind())
}

/// Wakes whoever waits for a future, unless that was given up.
pub(super) fn wake(waiter: &Bound<'_, PyAny>, error: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    let py = waiter.py();
    let woken = match error {
        None => match native_set_result(waiter)? {
            Some(set_result) => set_result.call1((waiter, py.None())),
            None => waiter.call_method1(intern!(py, "set_result"), (py.None(),)),
        },
        Some(error) => waiter.call_method1(intern!(py, "set_exception"), (error,)),
    };
    // A future that was given up refuses; that is rare enough to ask it afterwards only.
    match woken {
        Err(why) if !waiter.call_method0(intern!(py, "cancelled"))?.is_truthy()? => Err(why),
        _ => Ok(()),
    }
}

/// `set_result` of the future that is written in C, whose class nobody can change; None for others.
fn native_set_result<'py>(waiter: &Bound<'py, PyAny>) -> PyResult<Option<&'py Bound<'py, PyAny>>> {
    static NATIVE: OnceLock<Option<(Py<PyAny>, Py<PyAny>)>> = OnceLock::new();
    let py = waiter.py();
    let native = once(&NATIVE, || {
        let futures = import(py, "asyncio.futures")?;
        let class = futures.getattr(intern!(py, "Future"))?;
        let in_python = futures.getattr_opt(intern!(py, "_PyFuture"))?;
        if in_python.is_none_or(|python| class.is(&python)) {
            return PyResult::Ok(None);
        }
        let method = class.getattr(intern!(py, "set_result"))?;
        Ok(Some((class.unbind(), method.unbind())))
    })?;
    Ok(match native {
        Some((class, method)) if waiter.get_type().is(class) => Some(method.bind(py)),
        _ => None,
    })
}
