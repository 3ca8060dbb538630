//! From an error of a system call to the exception that Python raises for it.
//! Promise: class, `errno` and text are those of Python's own socket methods.

use crate::names::{import, once};
use crate::raised::Raised;
use pyo3::exceptions::{
    PyBlockingIOError, PyInterruptedError, PyKeyboardInterrupt, PyOSError, PySystemExit,
};
use pyo3::prelude::*;
use std::io;
use std::sync::OnceLock;

/// The exception for an error of the kernel's.
pub(super) fn raised(py: Python<'_>, error: &io::Error) -> PyErr {
    let Some(number) = error.raw_os_error() else {
        return PyOSError::new_err(error.to_string());
    };
    match describe(py, number) {
        Ok(text) => PyOSError::new_err((number, text)),
        Err(error) => error,
    }
}

/// The text that Python has for an error's number.
fn describe(py: Python<'_>, number: i32) -> PyResult<Py<PyAny>> {
    static DESCRIBE: OnceLock<Py<PyAny>> = OnceLock::new();
    let find = || -> PyResult<_> { Ok(import(py, "os")?.getattr("strerror")?.unbind()) };
    once(&DESCRIBE, find)?.call1(py, (number,))
}

/// What a system call came to: None when it has to be tried again.
pub(super) fn settled<T>(py: Python<'_>, answer: io::Result<T>) -> PyResult<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(raised(py, &error)),
    }
}

/// What a method of a socket came to: None when it has to be tried again.
pub(super) fn called<T>(py: Python<'_>, answer: PyResult<T>) -> PyResult<Option<T>> {
    match answer.made(py) {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if error.is_instance_of::<PyBlockingIOError>(py)
                || error.is_instance_of::<PyInterruptedError>(py) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether an exception ends the loop instead of what raised it.
pub(super) fn ends_the_loop(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PySystemExit>(py) || error.is_instance_of::<PyKeyboardInterrupt>(py)
}
