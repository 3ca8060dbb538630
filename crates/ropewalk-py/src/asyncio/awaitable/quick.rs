//! The shortest way from a call to a coroutine.
//!
//! Promise: making the coroutine runs no Python code and goes through no other call of Python's.

#![expect(unsafe_code, reason = "called with raw pointers by the method object")]

use super::class::coroutine;
use super::held::Held;
use super::work::Work;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::PyCapsule;
use pyo3::{Borrowed, PyClass, PyTypeInfo};
use std::ffi::{CStr, c_void};

/// The name of the capsules that hold such a function.
pub(super) const NAME: &CStr = c"ropewalk.quick";

/// Makes a coroutine out of, or does something with, `self` and the argument after it (null where there is none). Null
/// without an exception: nothing was done, and the method has to be called.
pub(super) type Quick =
    unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;

/// A work that a method with at most one argument hands out.
pub(crate) trait Handed: Work {
    /// The engine's class.
    type Of: PyTypeInfo;

    /// The work of `object.method(argument)`; runs no Python code.
    fn new(py: Python<'_>, object: Held<Self::Of>, argument: Option<Held<PyAny>>) -> Self;
}

/// Whether an object is of a class or of one derived from it.
///
/// Python's classes have the engine's class as their base, or as the base of their base; to see
/// that takes less than to search the whole order of classes.
#[inline]
fn is_a(object: *mut ffi::PyObject, class: *mut ffi::PyTypeObject) -> bool {
    // SAFETY: a live object.
    let kind = unsafe { ffi::Py_TYPE(object) };
    let mut base = kind;
    for _ in 0..3 {
        if base == class {
            return true;
        }
        // SAFETY: a live type, as the type of a live object, or a base of such a one, is.
        base = unsafe { (*base).tp_base };
        if base.is_null() {
            return false;
        }
    }
    // SAFETY: live types.
    unsafe { ffi::PyType_IsSubtype(kind, class) != 0 }
}

unsafe extern "C" fn make<W: Handed>(
    object: *mut ffi::PyObject,
    argument: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls methods with this thread attached.
    let py = unsafe { Python::assume_attached() };
    if !is_a(object, W::Of::type_object_raw(py)) {
        return std::ptr::null_mut();
    }
    // SAFETY: a live object.
    let object = unsafe { Bound::from_borrowed_ptr(py, object) };
    // SAFETY: of this class, as is asked above.
    let object = unsafe { object.cast_into_unchecked::<W::Of>() };
    // SAFETY: a live object, or null for no argument.
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

/// What a plain method with at most one argument does, where that takes no Python code.
pub(crate) trait AtOnce {
    /// The engine's class.
    type Of: PyClass<Frozen = True> + Sync;

    /// The method's result. None: nothing has happened, and the method has to be called.
    fn act(py: Python<'_>, object: &Self::Of, argument: Option<&Py<PyAny>>) -> Option<Py<PyAny>>;
}

unsafe extern "C" fn act<A: AtOnce>(
    object: *mut ffi::PyObject,
    argument: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls methods with this thread attached.
    let py = unsafe { Python::assume_attached() };
    if !is_a(object, A::Of::type_object_raw(py)) {
        return std::ptr::null_mut();
    }
    // SAFETY: a live object of this class, which the caller keeps alive.
    let object = unsafe { Borrowed::from_ptr(py, object) };
    // SAFETY: of this class, as is asked above.
    let object = unsafe { object.cast_unchecked::<A::Of>() };
    // SAFETY: a live object, or null for no argument; the caller keeps it alive.
    let argument = unsafe { Borrowed::from_ptr_or_opt(py, argument) };
    let argument = argument.as_deref().map(Bound::as_unbound);
    A::act(py, object.get(), argument).map_or(std::ptr::null_mut(), Py::into_ptr)
}

/// A method with at most one argument, called with as few arguments as it takes.
pub(crate) trait Direct {
    /// The engine's class.
    type Of: PyTypeInfo;

    /// What the method does; the argument is there if the method has one.
    fn call(object: &Bound<'_, Self::Of>, argument: Option<&Py<PyAny>>) -> PyResult<Py<PyAny>>;
}

unsafe extern "C" fn go<D: Direct>(
    object: *mut ffi::PyObject,
    argument: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls methods with this thread attached.
    let py = unsafe { Python::assume_attached() };
    if !is_a(object, D::Of::type_object_raw(py)) {
        return std::ptr::null_mut();
    }
    // SAFETY: a live object of this class, which the caller keeps alive.
    let object = unsafe { Borrowed::from_ptr(py, object) };
    // SAFETY: of this class, as is asked above.
    let object = unsafe { object.cast_unchecked::<D::Of>() };
    // SAFETY: a live object, or null for no argument; the caller keeps it alive.
    let argument = unsafe { Borrowed::from_ptr_or_opt(py, argument) };
    let argument = argument.as_deref().map(Bound::as_unbound);
    match D::call(&object, argument) {
        Ok(result) => result.into_ptr(),
        Err(error) => {
            error.restore(py);
            std::ptr::null_mut()
        }
    }
}

/// What `face` takes as `quick`.
pub(crate) fn direct<D: Direct>(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    capsule(py, go::<D>)
}

/// The argument of a method that has one.
pub(crate) fn given<'py>(
    py: Python<'py>,
    argument: Option<&Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let missing = || pyo3::exceptions::PyTypeError::new_err("an argument is missing");
    Ok(argument.ok_or_else(missing)?.bind(py).clone())
}

/// Declares `quick_methods()`: a capsule for each `"Engine.method"`, for `face`.
macro_rules! direct_methods {
    ($($name:literal of $class:ty, |$object:ident, $argument:ident| $body:expr;)*) => {
        /// Ways around Python's call for methods that are called with few arguments.
        #[pyo3::pyfunction]
        pub(crate) fn quick_methods(
            py: pyo3::Python<'_>,
        ) -> pyo3::PyResult<pyo3::Bound<'_, pyo3::types::PyDict>> {
            use pyo3::types::PyDictMethods;
            let all = pyo3::types::PyDict::new(py);
            $({
                struct Way;
                impl $crate::asyncio::awaitable::Direct for Way {
                    type Of = $class;

                    fn call(
                        $object: &pyo3::Bound<'_, $class>,
                        $argument: Option<&pyo3::Py<pyo3::PyAny>>,
                    ) -> pyo3::PyResult<pyo3::Py<pyo3::PyAny>> {
                        $body
                    }
                }
                all.set_item($name, $crate::asyncio::awaitable::direct::<Way>(py)?)?;
            })*
            Ok(all)
        }
    };
}
pub(crate) use direct_methods;

/// What `short_cut` takes as `engine`, for a plain method.
pub(crate) fn at_once<A: AtOnce>(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    capsule(py, act::<A>)
}

/// What `short_cut` takes as `engine`, for a work's method.
pub(crate) fn quick<W: Handed>(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    capsule(py, make::<W>)
}

fn capsule(py: Python<'_>, function: Quick) -> PyResult<Bound<'_, PyAny>> {
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
