//! The shortest way from a call to a coroutine.
//!
//! Promise: making the coroutine runs no Python code and goes through no other call of Python's.

#![expect(unsafe_code, reason = "called with raw pointers by the method object")]

use super::class::coroutine;
use super::held::Held;
use super::work::Work;
use pyo3::PyTypeInfo;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::ffi::{CStr, c_void};

/// The name of the capsules that hold such a function.
pub(super) const NAME: &CStr = c"ropewalk.quick";

/// Makes a coroutine out of `self` and the argument after it (null where there is none). Null
/// without an exception: `self` is of another class.
pub(super) type Quick =
    unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;

/// A work that a method with at most one argument hands out.
pub(crate) trait Handed: Work {
    /// The engine's class.
    type Of: PyTypeInfo;

    /// The work of `object.method(argument)`; runs no Python code.
    fn new(py: Python<'_>, object: Held<Self::Of>, argument: Option<Held<PyAny>>) -> Self;
}

unsafe extern "C" fn make<W: Handed>(
    object: *mut ffi::PyObject,
    argument: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls methods with this thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: live objects, or null for no argument.
    let object = unsafe { Bound::from_borrowed_ptr(py, object) };
    let Ok(object) = object.cast_into::<W::Of>() else {
        return std::ptr::null_mut();
    };
    // SAFETY: as above.
    let argument = unsafe { Bound::from_borrowed_ptr_or_opt(py, argument) };
    let argument = argument.map(|argument| Held::new(argument.unbind()));
    match coroutine(py, W::new(py, Held::new(object.unbind()), argument)) {
        Ok(made) => made.into_ptr(),
        Err(error) => {
            error.restore(py);
            std::ptr::null_mut()
        }
    }
}

/// What `short_cut` takes as `engine`, for a work's method.
pub(crate) fn quick<W: Handed>(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let function: Quick = make::<W>;
    // SAFETY: a function of the extension, which is never unloaded; nothing is to be freed.
    let capsule = unsafe { ffi::PyCapsule_New(function as *mut c_void, NAME.as_ptr(), None) };
    // SAFETY: a new reference, or null with an exception set.
    let capsule = unsafe { Bound::from_owned_ptr_or_err(py, capsule) }?;
    Ok(capsule.cast_into::<PyCapsule>()?.into_any())
}

/// The function in such a capsule, if it is one.
pub(super) fn function_of(engine: &Bound<'_, PyAny>) -> Option<Quick> {
    // SAFETY: any object may be asked.
    if unsafe { ffi::PyCapsule_IsValid(engine.as_ptr(), NAME.as_ptr()) } == 0 {
        return None;
    }
    // SAFETY: a capsule of this name.
    let pointer = unsafe { ffi::PyCapsule_GetPointer(engine.as_ptr(), NAME.as_ptr()) };
    // SAFETY: capsules of this name are made above only, of functions of this type.
    Some(unsafe { std::mem::transmute::<*mut c_void, Quick>(pointer) })
}
