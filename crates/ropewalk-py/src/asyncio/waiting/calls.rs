//! Calls of Python methods with keyword arguments, without a tuple or a dict in between.

#![expect(unsafe_code, reason = "pyo3 calls with keywords through a dict only")]

use crate::names::{intern, once};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use std::sync::OnceLock;

/// The names of a call's keyword arguments, made at their first use.
#[derive(Debug)]
pub(super) struct Keywords {
    texts: &'static [&'static str],
    names: OnceLock<Py<PyTuple>>,
}

pub(super) static CONTEXT: Keywords = Keywords::of(&["context"]);
pub(super) static LOOP: Keywords = Keywords::of(&["loop"]);
pub(super) static NAME: Keywords = Keywords::of(&["name"]);
pub(super) static NAME_AND_CONTEXT: Keywords = Keywords::of(&["name", "context"]);

impl Keywords {
    const fn of(texts: &'static [&'static str]) -> Self {
        Self {
            texts,
            names: OnceLock::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn names<'py>(&'static self, py: Python<'py>) -> PyResult<&'py Bound<'py, PyTuple>> {
        let make = || {
            let texts = self.texts.iter().map(|text| PyString::intern(py, text));
            PyTuple::new(py, texts).map(Bound::unbind)
        };
        Ok(once(&self.names, make)?.bind(py))
    }
}

/// `callable(...)`: the last of the arguments are those that have names.
pub(super) fn call<'py, const COUNT: usize>(
    callable: &Bound<'py, PyAny>,
    arguments: [&Bound<'py, PyAny>; COUNT],
    keywords: &'static Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    let py = callable.py();
    let pointers = arguments.map(Bound::as_ptr);
    let positional = COUNT.saturating_sub(keywords.texts.len());
    let names = keywords.names(py)?;
    // SAFETY: the pointers are of objects borrowed for the call, as many with names at the end as
    // there are names.
    let result = unsafe {
        ffi::PyObject_Vectorcall(
            callable.as_ptr(),
            pointers.as_ptr(),
            positional,
            names.as_ptr(),
        )
    };
    // SAFETY: the call returned a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, result) }
}

/// `object.method(...)`: the last of the arguments are those that have names.
pub(super) fn call_method<'py, const COUNT: usize>(
    object: &Bound<'py, PyAny>,
    method: &Bound<'py, PyString>,
    arguments: [&Bound<'py, PyAny>; COUNT],
    keywords: &'static Keywords,
) -> PyResult<Bound<'py, PyAny>> {
    const ROOM: usize = 6;
    const { assert!(COUNT < ROOM, "more arguments than there is room for") };
    let py = object.py();
    let mut pointers = [std::ptr::null_mut(); ROOM];
    pointers[0] = object.as_ptr();
    for (pointer, argument) in pointers[1..].iter_mut().zip(arguments) {
        *pointer = argument.as_ptr();
    }
    let positional = (1 + COUNT).saturating_sub(keywords.texts.len());
    let names = keywords.names(py)?;
    // SAFETY: the pointers are of objects borrowed for the call: the object itself, `positional`
    // counting it, and the arguments, as many with names at the end as there are names.
    let result = unsafe {
        ffi::PyObject_VectorcallMethod(
            method.as_ptr(),
            pointers.as_ptr(),
            positional,
            names.as_ptr(),
        )
    };
    // SAFETY: the call returned a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, result) }
}

/// `class(argument, **named)`, for a class whose constructor neither keeps nor changes `named`.
pub(super) fn make<'py>(
    class: &Bound<'py, PyType>,
    argument: &Bound<'py, PyAny>,
    named: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let arguments = PyTuple::new(py, [argument])?;
    // SAFETY: a class, a tuple and a dict with strings for keys, alive during the call.
    let made = unsafe { ffi::PyObject_Call(class.as_ptr(), arguments.as_ptr(), named.as_ptr()) };
    // SAFETY: the call returned a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, made) }
}

unsafe extern "C" {
    /// What a class or its bases have under a name: borrowed, or null without an exception. Every
    /// version from 3.11 to 3.14 exports it.
    fn _PyType_Lookup(
        class: *mut ffi::PyTypeObject,
        name: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

/// Do the instances of a class find `expected` under this name, if they have none of their own?
#[inline]
pub(super) fn class_has(
    class: *mut ffi::PyTypeObject,
    name: &Bound<'_, PyString>,
    expected: &Py<PyAny>,
) -> bool {
    // SAFETY: the class of a living object, and a string; the result is only compared.
    let found = unsafe { _PyType_Lookup(class, name.as_ptr()) };
    found == expected.as_ptr()
}

/// The dict of an object that has one.
#[inline]
pub(super) fn dict_of<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    // SAFETY: a living object.
    let dict = unsafe { ffi::PyObject_GenericGetDict(object.as_ptr(), std::ptr::null_mut()) };
    // SAFETY: a new reference, or null with an exception set.
    let dict = unsafe { Bound::from_owned_ptr_or_err(object.py(), dict) }?;
    Ok(dict.cast_into::<PyDict>()?)
}

/// `event_loop.create_future()`.
pub(super) fn new_future<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    event_loop.call_method0(intern!(event_loop.py(), "create_future"))
}

/// A copy of the current context.
pub(super) fn copy_context(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: `py` says that this thread is attached.
    let context = unsafe { ffi::PyContext_CopyCurrent() };
    // SAFETY: it is a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, context) }
}

/// Is it a coroutine of the interpreter's own kind?
#[inline]
pub(super) fn is_plain_coroutine(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: only the type of a living object is looked at.
    unsafe { ffi::PyCoro_CheckExact(object.as_ptr()) != 0 }
}
