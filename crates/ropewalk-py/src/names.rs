//! Names of Python attributes, made once.
//!
//! Promise: making one never waits. A cell that is waited for while another thread fills it would
//! be filled by nobody in a child forked at that moment; so a value is made first and then put in,
//! and whoever comes second throws its own away.

use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::OnceLock;

/// What a cell holds; if it holds nothing yet, what `make` makes.
pub(crate) fn once<T, E>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
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
