//! An exception that is being handled, as in a block of `except`.
//! Promise: while a [`Handling`] lives, `sys.exc_info()` tells its exception, so that
//! `logging.exception()` in an exception handler finds it, and whatever is raised meanwhile has it
//! as its context; afterwards what was handled before is handled again.

#![expect(unsafe_code, reason = "what is handled is set by C functions only")]

use pyo3::exceptions::PyBaseException;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ptr;

/// The present `except` block, until dropped.
pub(crate) struct Handling<'py> {
    before: Option<Bound<'py, PyAny>>,
}

impl<'py> Handling<'py> {
    /// From now on this exception is handled.
    pub(crate) fn begin(exception: &Bound<'py, PyBaseException>) -> Self {
        let py = exception.py();
        // SAFETY: attached; the result is a new reference, or null when nothing is handled.
        let before = unsafe { ffi::PyErr_GetHandledException() };
        // SAFETY: as the call before says.
        let before = unsafe { Bound::from_owned_ptr_or_opt(py, before) };
        // SAFETY: attached, and a live exception, of which the function takes its own reference.
        unsafe { ffi::PyErr_SetHandledException(exception.as_ptr()) };
        Self { before }
    }
}

impl Drop for Handling<'_> {
    fn drop(&mut self) {
        let before = self.before.as_ref().map_or(ptr::null_mut(), Bound::as_ptr);
        // SAFETY: attached as long as `'py` lasts; what was handled before, or null for nothing, of
        // which the function takes its own reference.
        unsafe { ffi::PyErr_SetHandledException(before) };
    }
}
