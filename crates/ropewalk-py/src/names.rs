//! Names of Python attributes, made once, and modules found by their names.
//!
//! Promise: making one never waits. A cell that is waited for while another thread fills it would
//! be filled by nobody in a child forked at that moment; so a value is made first and then put in,
//! and whoever comes second throws its own away.

use pyo3::prelude::*;
use pyo3::types::{PyModule, PyString};
use std::sync::OnceLock;

/// What a cell holds; if it holds nothing yet, what `make` makes.
pub(crate) fn once<T, E>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}

/// Modules that are still wanted when a program ends and nothing can be imported any more: by what
/// a finaliser does there.
const WANTED_LATE: [&str; 18] = [
    "_asyncio",
    "_socket",
    "_weakrefset",
    "asyncio.base_events",
    "asyncio.coroutines",
    "asyncio.exceptions",
    "asyncio.futures",
    "asyncio.locks",
    "asyncio.queues",
    "asyncio.taskgroups",
    "asyncio.tasks",
    "asyncio.timeouts",
    "collections",
    "heapq",
    "os",
    "ropewalk._asyncio._coroutines",
    "socket",
    "sys",
];

/// What was found of them, when the first event loop was made.
static KEPT: OnceLock<Vec<(&'static str, Py<PyModule>)>> = OnceLock::new();

/// Keeps the modules that are wanted late. To be called while they can be imported.
pub(crate) fn keep_modules(py: Python<'_>) {
    let kept: Result<_, std::convert::Infallible> = once(&KEPT, || {
        let find = |name| py.import(name).ok().map(|found| (name, found.unbind()));
        Ok(WANTED_LATE.into_iter().filter_map(find).collect())
    });
    match kept {
        Ok(_) => {}
        Err(never) => match never {},
    }
}

/// The module of this name; the one that was kept, where nothing can be imported any more.
pub(crate) fn import<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyModule>> {
    py.import(name).or_else(|error| {
        let kept = KEPT
            .get()
            .and_then(|kept| kept.iter().find(|one| one.0 == name));
        kept.map_or(Err(error), |(_, module)| Ok(module.bind(py).clone()))
    })
}

/// The interned string of a cell.
pub(crate) fn interned<'py>(
    py: Python<'py>,
    cell: &'static OnceLock<Py<PyString>>,
    text: &str,
) -> &'py Bound<'py, PyString> {
    let name: Result<_, std::convert::Infallible> =
        once(cell, || Ok(PyString::intern(py, text).unbind()));
    match name {
        Ok(name) => name.bind(py),
        Err(never) => match never {},
    }
}

/// An attribute's name as an interned string, made at its first use.
macro_rules! intern {
    ($py:expr, $text:expr) => {{
        static NAME: std::sync::OnceLock<pyo3::Py<pyo3::types::PyString>> =
            std::sync::OnceLock::new();
        $crate::names::interned($py, &NAME, $text)
    }};
}
pub(crate) use intern;
