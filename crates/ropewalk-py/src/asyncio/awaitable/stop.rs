//! The end of a coroutine for callers that only take it as an exception.
//!
//! Promise: what is raised is what Python's own coroutines raise: `StopIteration`, no subclass,
//! a new one each time, so that nothing outlives whoever catches it. No Python code
//! runs on the way.
//!
//! From 3.12 on each `await` takes the end of a foreign coroutine this way, and lets go of the
//! exception at once. Hence the short way: memory from the type, and the two fields filled in
//! that the two constructors would fill in.

#![expect(unsafe_code, reason = "an exception that no constructor has made")]

use pyo3::exceptions::{PyBaseException, PyStopIteration};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Sets `StopIteration(value)` as the thread's exception; or another, if that fails.
pub(super) fn raise(value: &Bound<'_, PyAny>) {
    #[cfg(Py_3_12)]
    if fresh::raise(value) {
        return;
    }
    if let Err(error) = slowly(value) {
        error.restore(value.py());
    }
}

/// Raises by calling the class; gives the exception the context it has by that.
fn slowly(value: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = value.py();
    // SAFETY: the static is set as long as the interpreter runs.
    let kind = unsafe { ffi::PyExc_StopIteration };
    let ambiguous = value.is_instance_of::<PyTuple>() || value.is_instance_of::<PyBaseException>();
    let given = if ambiguous {
        py.get_type::<PyStopIteration>().call1((value,))?
    } else {
        // Stands for no argument if it is None.
        value.clone()
    };
    // SAFETY: an exception class, and a live object.
    unsafe { ffi::PyErr_SetObject(kind, given.as_ptr()) };
    Ok(())
}

#[cfg(Py_3_12)]
mod fresh {
    use crate::names::once;
    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3::types::{PyBool, PyTuple};
    use std::mem::size_of;
    use std::sync::OnceLock;

    /// `(value,)`. Those of False and True are made once: a tuple never changes.
    fn arguments<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
        static FLAGS: [OnceLock<Py<PyTuple>>; 2] = [OnceLock::new(), OnceLock::new()];
        let py = value.py();
        let Ok(flag) = value.cast::<PyBool>() else {
            return PyTuple::new(py, [value]);
        };
        let made = once(&FLAGS[usize::from(flag.is_true())], || {
            PyTuple::new(py, [value]).map(Bound::unbind)
        })?;
        Ok(made.bind(py).clone())
    }

    /// Raises without a constructor; false when nothing was done.
    pub(super) fn raise(value: &Bound<'_, PyAny>) -> bool {
        // SAFETY: this thread is attached, as `value` shows.
        let handled = unsafe { ffi::PyErr_GetHandledException() };
        if !handled.is_null() {
            // It is to be the context of what is raised.
            // SAFETY: the reference was owned; whoever handles it has another.
            unsafe { ffi::Py_DECREF(handled) };
            return false;
        }
        if value.is_none() {
            return false;
        }
        // SAFETY: the static is set as long as the interpreter runs.
        let class = unsafe { ffi::PyExc_StopIteration }.cast::<ffi::PyTypeObject>();
        // SAFETY: a live type.
        let size = unsafe { (*class).tp_basicsize };
        if usize::try_from(size) != Ok(size_of::<ffi::PyStopIterationObject>()) {
            return false;
        }
        let arguments = match arguments(value) {
            Ok(arguments) => arguments.into_ptr(),
            Err(error) => {
                error.restore(value.py());
                return true;
            }
        };
        // SAFETY: a class whose objects are from the collector's memory, as this makes them: all
        // fields are null, which is what the constructors leave but for the two below.
        let error = unsafe { ffi::PyType_GenericAlloc(class, 0) };
        if error.is_null() {
            // SAFETY: the reference was owned.
            unsafe { ffi::Py_DECREF(arguments) };
            return true;
        }
        let memory = error.cast::<ffi::PyStopIterationObject>();
        // SAFETY: the class's objects have this layout, as their size shows.
        let place = unsafe { &raw mut (*memory).args };
        // SAFETY: as above; nobody else has the object, and it takes the reference.
        unsafe { place.write(arguments) };
        // SAFETY: as above.
        let place = unsafe { &raw mut (*memory).value };
        // SAFETY: as above.
        unsafe { place.write(value.clone().into_ptr()) };
        // SAFETY: a whole exception; its reference is handed over.
        unsafe { ffi::PyErr_SetRaisedException(error) };
        true
    }
}
