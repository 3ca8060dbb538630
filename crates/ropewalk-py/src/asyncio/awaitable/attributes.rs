//! The attributes that a coroutine of Python's has, for native ones.
//!
//! Promise: each is read from the object's state when it is asked for; none can be set.

#![expect(
    unsafe_code,
    reason = "a C function that Python calls with raw pointers"
)]

use super::between;
use super::drive;
use super::object::{CREATED, DONE, Object, RUNNING, SUSPENDED};
use super::slots::{object, through};
use crate::names::intern;
use pyo3::ffi;
use pyo3::impl_::trampoline::{MethodDef, binaryfunc};
use pyo3::prelude::*;
use std::ffi::{CStr, c_void};

/// An attribute's value.
type Look = for<'py> fn(Python<'py>, &Object) -> PyResult<Bound<'py, PyAny>>;

fn string<'py>(py: Python<'py>, text: &str) -> Bound<'py, PyAny> {
    pyo3::types::PyString::intern(py, text).into_any()
}

fn boolean(py: Python<'_>, value: bool) -> Bound<'_, PyAny> {
    pyo3::types::PyBool::new(py, value).to_owned().into_any()
}

fn or_none<'py>(py: Python<'py>, value: Option<Bound<'py, PyAny>>) -> Bound<'py, PyAny> {
    value.unwrap_or_else(|| py.None().into_bound(py))
}

/// The standard library's coroutine that does a native one's work, under the same name. Whoever
/// looks sees its place and what it waits for, as if there were but one.
fn stand_in<'py>(py: Python<'py>, this: &Object) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(inner) = drive::awaited(py, this) else {
        return Ok(None);
    };
    let Some(code) = inner.getattr_opt(intern!(py, "cr_code"))? else {
        return Ok(None);
    };
    if code.is_none() {
        return Ok(None);
    }
    let same = code
        .getattr(intern!(py, "co_qualname"))?
        .eq(this.origin().qualname)?;
    Ok(same.then_some(inner))
}

/// The attribute that coroutines of Python's have since 3.15.
pub(super) const STATE: &CStr = c"cr_state";

/// The attributes, by the names that coroutines of Python's have them under.
pub(super) const ATTRIBUTES: [(&CStr, Look); 9] = [
    (c"__name__", |py, this| Ok(string(py, this.origin().name()))),
    (c"__qualname__", |py, this| {
        Ok(string(py, this.origin().qualname))
    }),
    (c"cr_running", |py, this| {
        Ok(boolean(py, this.state() == RUNNING))
    }),
    (c"cr_suspended", |py, this| {
        Ok(boolean(py, this.state() == SUSPENDED))
    }),
    (c"cr_await", |py, this| {
        Ok(match stand_in(py, this)? {
            Some(inner) => inner.getattr(intern!(py, "cr_await"))?,
            None => match drive::awaited(py, this) {
                Some(awaited) => between::seen(this.origin(), awaited)?,
                None => py.None().into_bound(py),
            },
        })
    }),
    (c"cr_origin", |py, _| Ok(py.None().into_bound(py))),
    (c"cr_code", |py, this| {
        Ok(or_none(py, this.origin().code(py)?))
    }),
    (c"cr_frame", |py, this| {
        if this.state() == DONE {
            return Ok(py.None().into_bound(py));
        }
        match stand_in(py, this)? {
            Some(inner) => inner.getattr(intern!(py, "cr_frame")),
            None => Ok(or_none(py, this.origin().frame(py)?)),
        }
    }),
    // The last one: left out where Python's own have none.
    (STATE, |py, this| {
        let state = match this.state() {
            CREATED => "CORO_CREATED",
            SUSPENDED => "CORO_SUSPENDED",
            DONE => "CORO_CLOSED",
            _ => "CORO_RUNNING",
        };
        Ok(string(py, state))
    }),
];

unsafe fn look(
    py: Python<'_>,
    this: *mut ffi::PyObject,
    which: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    // Not an object: the attribute's place in the table, as `class` has said it.
    let (_, look) = ATTRIBUTES[which.addr()];
    Ok(look(py, object(this))?.into_ptr())
}

pub(super) unsafe extern "C" fn get_attribute(
    this: *mut ffi::PyObject,
    which: *mut c_void,
) -> *mut ffi::PyObject {
    // SAFETY: called as Python called this getter; `look` makes no object of `which`.
    unsafe { through!(binaryfunc, look)(this, which.cast()) }
}
