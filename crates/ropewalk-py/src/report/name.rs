//! The name that a thread has in Python. Promise: looking it up runs nothing of the program's.

#![expect(
    unsafe_code,
    reason = "an attribute, past the program's own __getattribute__"
)]

use crate::names::intern;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use ropewalk_census as census;
use ropewalk_park::thread_key;

/// Tells the register under which name this thread goes now.
pub(super) fn refresh(py: Python<'_>) {
    if let Some(name) = of_this_thread(py) {
        census::name_thread(&name.to_string_lossy());
    }
}

/// `threading._active[ident]._name`, if there is such a thing.
fn of_this_thread(py: Python<'_>) -> Option<Bound<'_, PyString>> {
    let threading = intern!(py, "threading");
    // SAFETY: a live text object, and this thread is attached; the result is new or null.
    let threading = unsafe { ffi::PyImport_GetModule(threading.as_ptr()) };
    // SAFETY: see above; null without an exception means that nobody imported it yet.
    let threading = unsafe { Bound::from_owned_ptr_or_opt(py, threading) }?;
    let active = threading.getattr(intern!(py, "_active")).ok()?;
    let thread = active
        .cast::<PyDict>()
        .ok()?
        .get_item(thread_key())
        .ok()??;
    let name = intern!(py, "_name");
    // SAFETY: both are live objects and this thread is attached; the result is new or null.
    let name = unsafe { ffi::PyObject_GenericGetAttr(thread.as_ptr(), name.as_ptr()) };
    // SAFETY: see above; a failure leaves an exception, which is taken away here.
    let name = unsafe { Bound::from_owned_ptr_or_err(py, name) }.ok()?;
    name.cast_into::<PyString>().ok()
}
