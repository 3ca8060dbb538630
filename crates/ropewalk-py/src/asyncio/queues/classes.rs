//! The Python classes that queues need: exceptions, the event behind `join()`, and `heapq`.
//! Promise: they are given once, by the module that defines the queues, before the first queue.

use crate::names::{import, intern, once};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::sync::OnceLock;

struct Classes {
    empty: Py<PyType>,
    full: Py<PyType>,
    shut_down: Py<PyType>,
    event: Py<PyType>,
}

static CLASSES: OnceLock<Classes> = OnceLock::new();

/// Says which classes the queues of `asyncio` raise and make.
#[pyfunction]
pub(super) fn use_classes(
    empty: Py<PyType>,
    full: Py<PyType>,
    shut_down: Py<PyType>,
    event: Py<PyType>,
) {
    let classes = Classes {
        empty,
        full,
        shut_down,
        event,
    };
    // A second module of the same process would bring the same classes.
    let _ = CLASSES.set(classes);
}

fn raise(py: Python<'_>, choose: impl FnOnce(&Classes) -> &Py<PyType>) -> PyErr {
    match CLASSES.get() {
        Some(classes) => PyErr::from_type(choose(classes).bind(py).clone(), ()),
        None => PyRuntimeError::new_err("ropewalk._asyncio.queues was not imported"),
    }
}

pub(super) fn empty(py: Python<'_>) -> PyErr {
    raise(py, |classes| &classes.empty)
}

pub(super) fn full(py: Python<'_>) -> PyErr {
    raise(py, |classes| &classes.full)
}

pub(super) fn shut_down(py: Python<'_>) -> PyErr {
    raise(py, |classes| &classes.shut_down)
}

/// A new event that is not set.
pub(super) fn event(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    match CLASSES.get() {
        Some(classes) => classes.event.bind(py).call0(),
        None => Err(raise(py, |classes| &classes.event)),
    }
}

/// `heapq.heappush`.
pub(super) fn heap_push(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static PUSH: OnceLock<Py<PyAny>> = OnceLock::new();
    let make = || -> PyResult<_> {
        let module = import(py, "heapq")?;
        Ok(module.getattr(intern!(py, "heappush"))?.unbind())
    };
    Ok(once(&PUSH, make)?.bind(py))
}

/// `heapq.heappop`.
pub(super) fn heap_pop(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static POP: OnceLock<Py<PyAny>> = OnceLock::new();
    let make = || -> PyResult<_> {
        let module = import(py, "heapq")?;
        Ok(module.getattr(intern!(py, "heappop"))?.unbind())
    };
    Ok(once(&POP, make)?.bind(py))
}
