//! What a wait does with its future, and what wakes it.
//!
//! Promise: a future of asyncio's own C class is reached without a look-up by name; any other is
//! asked by its methods.

#![expect(unsafe_code, reason = "calls with arguments on the stack")]

use crate::names::{intern, once};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::OnceLock;

/// The class, and its methods as plain functions of the future.
struct Class {
    itself: Py<PyAny>,
    done: Py<PyAny>,
    cancelled: Py<PyAny>,
    set_result: Py<PyAny>,
}

fn class(py: Python<'_>) -> PyResult<&'static Class> {
    static CLASS: OnceLock<Class> = OnceLock::new();
    once(&CLASS, || {
        let class = crate::names::import(py, "_asyncio")?.getattr(intern!(py, "Future"))?;
        let method = |name| PyResult::Ok(class.getattr(name)?.unbind());
        Ok(Class {
            done: method(intern!(py, "done"))?,
            cancelled: method(intern!(py, "cancelled"))?,
            set_result: method(intern!(py, "set_result"))?,
            itself: class.unbind(),
        })
    })
}

/// `future.name(*argument)`, where `method` is what the C class has under the name.
fn call<'py>(
    future: &Bound<'py, PyAny>,
    method: impl Fn(&'static Class) -> &'static Py<PyAny>,
    name: &Bound<'py, PyString>,
    argument: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = future.py();
    let class = class(py)?;
    if future.get_type_ptr().cast() != class.itself.as_ptr() {
        return match argument {
            None => future.call_method0(name),
            Some(argument) => future.call_method1(name, (argument,)),
        };
    }
    let given = [
        future.as_ptr(),
        argument.map_or(std::ptr::null_mut(), Bound::as_ptr),
    ];
    let count = 1 + usize::from(argument.is_some());
    let method = method(class).as_ptr();
    // SAFETY: a live method, and as many live arguments as the count says.
    let result =
        unsafe { ffi::PyObject_Vectorcall(method, given.as_ptr(), count, std::ptr::null_mut()) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, result) }
}

/// `future.done()`.
pub(crate) fn is_done(future: &Bound<'_, PyAny>) -> PyResult<bool> {
    let name = intern!(future.py(), "done");
    call(future, |class| &class.done, name, None)?.is_truthy()
}

/// `future.cancelled()`.
pub(crate) fn is_cancelled(future: &Bound<'_, PyAny>) -> PyResult<bool> {
    let name = intern!(future.py(), "cancelled");
    call(future, |class| &class.cancelled, name, None)?.is_truthy()
}

/// `future.set_result(result)`.
pub(crate) fn set_result<'py>(
    future: &Bound<'py, PyAny>,
    result: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let name = intern!(future.py(), "set_result");
    call(future, |class| &class.set_result, name, Some(result)).map(drop)
}
