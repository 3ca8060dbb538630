//! Waiting while the interpreter ends.
//!
//! Promise: a wait that nobody can end any more, because the interpreter lets no other thread run,
//! comes to what a lock of the standard library's comes to there: from Python 3.15 on an
//! exception, before that it just waits.

#![cfg_attr(Py_3_13, expect(unsafe_code, reason = "a question to the C API"))]

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// What makes a lock of the standard library's; a module cannot be imported any more at the end.
static ALLOCATE_LOCK: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Remembers what is asked at the end.
pub(crate) fn learn(py: Python<'_>) -> PyResult<()> {
    let make = py.import("_thread")?.getattr("allocate_lock")?;
    ALLOCATE_LOCK.get_or_init(py, || make.unbind());
    Ok(())
}

/// Raises what the running Python raises for a wait in an interpreter that ends.
pub(crate) fn refuse_to_wait(py: Python<'_>) -> PyResult<()> {
    if !is_finalizing() {
        return Ok(());
    }
    let Some(make) = ALLOCATE_LOCK.get(py) else {
        return Ok(());
    };
    let lock = make.bind(py).call0()?;
    lock.call_method0("acquire")?;
    // A lock that nobody can give back: it waits no longer than it has to, or refuses.
    lock.call_method1("acquire", (true, 1e-9)).map(drop)
}

/// Does the interpreter end?
// By number: the question and the exception came with the C API of 3.13; before that every lock waits.
#[cfg(not(Py_3_13))]
pub(crate) const fn is_finalizing() -> bool {
    false
}

/// Does the interpreter end?
#[cfg(Py_3_13)]
pub(crate) fn is_finalizing() -> bool {
    // SAFETY: it reads a flag of the runtime's and asks nothing of its caller; the runtime exists,
    // because this thread is attached to it.
    unsafe { pyo3::ffi::Py_IsFinalizing() != 0 }
}
