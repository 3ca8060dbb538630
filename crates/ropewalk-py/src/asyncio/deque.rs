//! `collections.deque`, which asyncio's classes show to the world.
//! Promise: a deque's length is read without calling anything.

#![expect(unsafe_code, reason = "the length of an object of C")]

use crate::names::{import, intern, once};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::sync::OnceLock;

static CLASS: OnceLock<Py<PyType>> = OnceLock::new();

/// The class.
pub(crate) fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    let make = || -> PyResult<_> {
        let module = import(py, "collections")?;
        let class = module.getattr(intern!(py, "deque"))?;
        Ok(class.cast_into::<PyType>()?.unbind())
    };
    Ok(once(&CLASS, make)?.bind(py))
}

/// Whether a deque is empty; None of anything else.
#[inline]
pub(crate) fn is_empty(object: &Py<PyAny>) -> Option<bool> {
    let class = CLASS.get()?.as_ptr();
    // SAFETY: an owned, hence live object.
    let kind = unsafe { ffi::Py_TYPE(object.as_ptr()) };
    if kind.cast() != class {
        return None;
    }
    // SAFETY: a deque counts its items in the place that all objects of variable size have.
    Some(unsafe { ffi::Py_SIZE(object.as_ptr()) } == 0)
}
