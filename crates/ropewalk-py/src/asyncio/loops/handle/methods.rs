//! The methods of handles, as the interpreter calls them.
//!
//! Promise: an error or a panic becomes a Python exception.

#![expect(unsafe_code, reason = "functions that the interpreter calls")]

use super::super::entry::leaves_the_loop;
use super::guarded::{guarding, put_lock, read_lock};
use super::kinds::{Kind, Kinds, kind_of, kinds};
use super::run::{call, cancel_ours, is_cancelled_here};
use crate::handling::Handling;
use crate::raised::Raised;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

/// Calls `body` with the object as it came from the interpreter; an error or a panic becomes the
/// exception.
///
/// # Safety
/// Called by the interpreter with a live object.
unsafe fn entered(
    object: *mut ffi::PyObject,
    body: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<*mut ffi::PyObject>,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls its methods attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the interpreter passes a live object.
    let object = unsafe { Bound::from_borrowed_ptr(py, object) };
    let body = std::panic::AssertUnwindSafe(|| body(&object));
    match std::panic::catch_unwind(body) {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            error.restore(py);
            null_mut()
        }
        Err(_) => {
            PyErr::new::<pyo3::panic::PanicException, _>("a method of a handle").restore(py);
            null_mut()
        }
    }
}

pub(super) unsafe extern "C" fn cancel_method(
    handle: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let body = |handle: &Bound<'_, PyAny>| {
        let kinds = kinds()?;
        cancel_ours(kinds, handle, kind_of(kinds, handle.as_ptr()))?;
        Ok(handle.py().None().into_ptr())
    };
    // SAFETY: a method descriptor passes an instance of its type, attached.
    unsafe { entered(handle, body) }
}

pub(super) unsafe extern "C" fn cancelled_method(
    handle: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let body = |handle: &Bound<'_, PyAny>| {
        let kinds = kinds()?;
        let flag = guarding(kinds, handle, kind_of(kinds, handle.as_ptr()), || {
            // SAFETY: a method descriptor passes an instance of its type.
            let flag = unsafe { kinds.cancelled.get(handle) };
            Ok(flag.map(Borrowed::to_owned))
        })?;
        flag.map(Bound::into_ptr)
            .ok_or_else(|| PyAttributeError::new_err("_cancelled"))
    };
    // SAFETY: as above, attached.
    unsafe { entered(handle, body) }
}

pub(super) unsafe extern "C" fn run_method(
    handle: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let body = |handle: &Bound<'_, PyAny>| {
        let py = handle.py();
        let kinds = kinds()?;
        let kind = kind_of(kinds, handle.as_ptr());
        guarding(kinds, handle, kind, || {
            if kind == Kind::Guarded && is_cancelled_here(handle) {
                return Ok(());
            }
            call_and_report(kinds, handle)
        })?;
        Ok(py.None().into_ptr())
    };
    // SAFETY: as above, attached.
    unsafe { entered(handle, body) }
}

fn call_and_report(kinds: &Kinds, handle: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = handle.py();
    let Err(error) = call(kinds, handle).made(py) else {
        return Ok(());
    };
    if leaves_the_loop(py, &error) {
        return Err(error);
    }
    // SAFETY: called for an instance of our types only.
    let event_loop = unsafe { kinds.event_loop.get(handle) };
    let event_loop = event_loop.map(Borrowed::to_owned);
    let report = kinds.report.bind(py);
    let error = error.into_value(py);
    let _handling = Handling::begin(error.bind(py));
    report.call1((handle, &error, event_loop))?;
    Ok(())
}

pub(super) unsafe extern "C" fn get_lock(
    handle: *mut ffi::PyObject,
    _: *mut c_void,
) -> *mut ffi::PyObject {
    let body = |handle: &Bound<'_, PyAny>| Ok(read_lock(handle)?.into_ptr());
    // SAFETY: as above, attached.
    unsafe { entered(handle, body) }
}

pub(super) unsafe extern "C" fn set_lock(
    handle: *mut ffi::PyObject,
    lock: *mut ffi::PyObject,
    _: *mut c_void,
) -> c_int {
    let body = |handle: &Bound<'_, PyAny>| {
        // SAFETY: what is to be put there; null to take away what is there.
        let lock = unsafe { Bound::from_borrowed_ptr_or_opt(handle.py(), lock) };
        put_lock(handle, lock)?;
        Ok(handle.as_ptr())
    };
    // SAFETY: as above, attached; what comes back is borrowed.
    if unsafe { entered(handle, body) }.is_null() {
        -1
    } else {
        0
    }
}
