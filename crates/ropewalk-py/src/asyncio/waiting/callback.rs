//! Callbacks of the engine: callables of C that belong to an object.
//!
//! Promise: whoever looks at one sees a built-in method of the object, with its name.

#![expect(
    unsafe_code,
    reason = "functions that Python calls, made with the C API"
)]

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::impl_::trampoline::{MethodDef, fastcall_cfunction_with_keywords};
use pyo3::prelude::*;
use std::ffi::CStr;

/// What is called.
pub(super) trait Callback: 'static {
    /// The class of the object that it belongs to.
    type Of;

    const CALLED: &'static CStr;

    /// A future has ended; or, without an argument, a time is over.
    fn called<'py>(this: &Bound<'py, Self::Of>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()>;
}

struct Call<T>(std::marker::PhantomData<T>);

impl<T: Callback> Call<T> {
    const DEFINITION: &'static ffi::PyMethodDef = &ffi::PyMethodDef {
        ml_name: T::CALLED.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: fastcall_cfunction_with_keywords::<Self>,
        },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: std::ptr::null(),
    };
}

impl<T: Callback> MethodDef<fastcall_cfunction_with_keywords::Func> for Call<T> {
    const METH: fastcall_cfunction_with_keywords::Func = call::<T>;
}

unsafe fn call<T: Callback>(
    py: Python<'_>,
    this: *mut ffi::PyObject,
    first: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    if count > 1 || !names.is_null() {
        return Err(PyTypeError::new_err(format!(
            "{}() takes at most one argument, without a name",
            T::CALLED.to_string_lossy()
        )));
    }
    // SAFETY: the object that the callable was made with, which it keeps alive.
    let this = unsafe { Bound::from_borrowed_ptr(py, this) };
    // SAFETY: `callback` makes callables with objects of this class only.
    let this = unsafe { this.cast_into_unchecked::<T::Of>() };
    let ended = if count == 1 {
        // SAFETY: there is one argument.
        let ended = unsafe { *first };
        // SAFETY: Python passes live objects.
        Some(unsafe { Bound::from_borrowed_ptr(py, ended) })
    } else {
        None
    };
    T::called(&this, ended)?;
    Ok(py.None().into_ptr())
}

/// A callable of the object.
pub(super) fn callback<'py, T: Callback>(this: &Bound<'py, T::Of>) -> PyResult<Bound<'py, PyAny>> {
    let definition = std::ptr::from_ref(Call::<T>::DEFINITION).cast_mut();
    let none = std::ptr::null_mut();
    // SAFETY: a definition that is never freed and that Python only reads; a live object.
    let made = unsafe { ffi::PyCFunction_NewEx(definition, this.as_ptr(), none) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(this.py(), made) }
}
