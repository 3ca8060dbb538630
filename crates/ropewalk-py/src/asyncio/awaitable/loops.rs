//! The running loop and its futures, for works that wait.
//! Promise: a loop may be anybody's: all that is asked of it is `create_future`.

#![allow(dead_code, reason = "each part takes what it needs")]

use crate::names::{intern, once};
use pyo3::prelude::*;
use std::sync::OnceLock;

/// The loop that runs in this thread, if one does.
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    static GET: OnceLock<Py<PyAny>> = OnceLock::new();
    let make = || -> PyResult<_> {
        let module = py.import(intern!(py, "_asyncio"))?;
        Ok(module.getattr(intern!(py, "_get_running_loop"))?.unbind())
    };
    let found = once(&GET, make)?.bind(py).call0()?;
    Ok((!found.is_none()).then_some(found))
}

/// A new future of `event_loop`: hand it to `Step::Wait`, and `set_result` to wake the waiter.
pub(crate) fn future<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    event_loop.call_method0(intern!(event_loop.py(), "create_future"))
}
