//! What a future came to, as Python objects.
//! Promise: raising an outcome does what the statement `raise` does.

#![expect(unsafe_code, reason = "raising, through CPython's function for it")]

use crate::error::futures_names;
use crate::names::intern;
use pyo3::exceptions::PyBaseException;
use pyo3::ffi;
use pyo3::prelude::*;
use ropewalk_future::{Life, Owed, Phase, Refused};

/// A value that came, or what `set_exception()` was given; and callbacks.
pub(super) type PyLife = Life<Py<PyAny>, Py<PyAny>, Py<PyAny>>;
pub(super) type PyOwed = Owed<Py<PyAny>>;
pub(super) type PyRefused = Refused<Py<PyAny>, Py<PyAny>>;
pub(super) type Outcome = Result<Py<PyAny>, Py<PyAny>>;

/// The standard library's name of a phase.
pub(super) fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "PENDING",
        Phase::Running => "RUNNING",
        Phase::Cancelled => "CANCELLED",
        Phase::CancelNoticed => "CANCELLED_AND_NOTIFIED",
        Phase::Finished => "FINISHED",
        Phase::HandedOver => "HANDED_OVER",
    }
}

/// The error that `raise error` would raise here.
pub(super) fn raised(error: &Bound<'_, PyAny>) -> PyErr {
    let py = error.py();
    if !error.is_instance_of::<PyBaseException>() {
        let raising = futures_names(py).and_then(|names| {
            let rare = names.rare.bind(py);
            rare.call_method1(intern!(py, "raise_it"), (error,))
        });
        return match raising {
            Err(why) => why,
            Ok(nothing) => PyErr::from_value(nothing),
        };
    }
    // SAFETY: this thread is attached, as `py` shows; both are live objects, and the second is an
    // instance of the first, which is an exception class.
    unsafe { ffi::PyErr_SetObject(error.get_type().as_ptr(), error.as_ptr()) };
    PyErr::fetch(py)
}
