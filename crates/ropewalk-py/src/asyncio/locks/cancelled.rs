//! Which exceptions are cancellations.
//! Promise: `asyncio.CancelledError` and what derives from it.

use crate::names::{import, intern, once};
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::sync::OnceLock;

pub(super) fn is_cancellation(error: &PyErr, py: Python<'_>) -> PyResult<bool> {
    Ok(error.matches(py, class(py)?)?)
}

/// The class; who waits asks for it beforehand, since there may be no modules any more when the
/// wait ends.
pub(super) fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: OnceLock<Py<PyType>> = OnceLock::new();
    let make = || -> PyResult<_> {
        let module = import(py, "asyncio.exceptions")?;
        let class = module.getattr(intern!(py, "CancelledError"))?;
        Ok(class.cast_into::<PyType>()?.unbind())
    };
    Ok(once(&CLASS, make)?.bind(py))
}
