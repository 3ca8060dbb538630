//! Methods that take their arguments from the interpreter's stack, without a tuple or a dict made for
//! the call.
//!
//! Promise: an error or a panic of a method is an exception; errors about arguments are worded as
//! Python words them.

#![expect(unsafe_code, reason = "arguments as the interpreter passes them")]
#![expect(
    clippy::inline_always,
    reason = "what a call returns in memory is written once, not moved from frame to frame"
)]

use super::core::LoopCore;
use super::handle;
use crate::names::{intern, once};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use pyo3::types::{PyString, PySuper, PyTuple};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::OnceLock;

/// The names of a call that names the context only, by a string of its own: the first seen.
static CONTEXT_ONLY: OnceLock<Py<PyTuple>> = OnceLock::new();

/// The arguments of one call, taken apart.
pub(super) struct Call<'py, const LEADING: usize> {
    pub(super) leading: [Bound<'py, PyAny>; LEADING],
    pub(super) rest: Bound<'py, PyTuple>,
    pub(super) context: Option<Bound<'py, PyAny>>,
}

/// The arguments as the interpreter passes them.
#[derive(Clone, Copy)]
pub(super) struct Stack {
    first: *const *mut ffi::PyObject,
    positional: usize,
    names: *mut ffi::PyObject,
}

impl Stack {
    /// One argument.
    ///
    /// # Safety
    /// There are that many, positional ones and those with names together.
    #[inline]
    unsafe fn at(self, py: Python<'_>, index: usize) -> Bound<'_, PyAny> {
        // SAFETY: the caller vouches for the index.
        let place = unsafe { self.first.add(index) };
        // SAFETY: as above.
        let object = unsafe { *place };
        // SAFETY: the interpreter passes live objects.
        unsafe { Bound::from_borrowed_ptr(py, object) }
    }

    /// Whether values with names are among the arguments.
    #[inline]
    pub(super) fn has_names(self) -> bool {
        !self.names.is_null()
    }

    /// The first positional arguments, if there are so many.
    #[inline]
    pub(super) fn first_of<const COUNT: usize>(
        self,
        py: Python<'_>,
    ) -> Option<[Bound<'_, PyAny>; COUNT]> {
        // SAFETY: there are at least so many.
        let at = |index| unsafe { self.at(py, index) };
        (self.positional >= COUNT).then(|| std::array::from_fn(at))
    }

    /// The argument, if there is one alone, without a name.
    #[inline]
    pub(super) fn only(self, py: Python<'_>) -> Option<Bound<'_, PyAny>> {
        let alone = self.positional == 1 && !self.has_names();
        // SAFETY: there is one.
        alone.then(|| unsafe { self.at(py, 0) })
    }

    /// Calls the method that the class has from those behind `LoopCore`.
    #[inline(never)]
    pub(super) fn hand_on<'py>(
        self,
        event_loop: &Bound<'py, LoopCore>,
        name: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let class = event_loop.py().get_type::<LoopCore>();
        let method = PySuper::new(&class, event_loop.as_any())?.getattr(name)?;
        // SAFETY: a live object, and the arguments as the interpreter passed them.
        let result = unsafe {
            ffi::PyObject_Vectorcall(method.as_ptr(), self.first, self.positional, self.names)
        };
        // SAFETY: a new reference, or null with an exception.
        unsafe { Bound::from_owned_ptr_or_err(event_loop.py(), result) }
    }

    /// The first ones, the others as a tuple, and the context; `names` are those of the first.
    #[inline(always)]
    pub(super) fn take_apart<'py, const LEADING: usize>(
        self,
        py: Python<'py>,
        method: &str,
        names: [&str; LEADING],
    ) -> PyResult<Call<'py, LEADING>> {
        if self.names.is_null() && self.positional >= LEADING {
            return Ok(Call {
                // SAFETY: there are at least so many.
                leading: std::array::from_fn(|index| unsafe { self.at(py, index) }),
                rest: self.rest(py, LEADING)?,
                context: None,
            });
        }
        if self.positional >= LEADING && self.names_context_only(py) {
            // SAFETY: the one value with a name follows the positional ones.
            let context = unsafe { self.at(py, self.positional) };
            return Ok(Call {
                // SAFETY: there are at least so many.
                leading: std::array::from_fn(|index| unsafe { self.at(py, index) }),
                rest: self.rest(py, LEADING)?,
                context: (!context.is_none()).then_some(context),
            });
        }
        self.with_names(py, method, names)
    }

    /// Whether the only name is `context`, spelt by the very string that every caller's code shares,
    /// or in the very tuple of a caller that has its own, as asyncio's C code.
    #[inline]
    fn names_context_only(self, py: Python<'_>) -> bool {
        if CONTEXT_ONLY
            .get()
            .is_some_and(|known| known.as_ptr() == self.names)
        {
            return true;
        }
        // SAFETY: the names of a call are a tuple of strings.
        if self.names.is_null() || unsafe { ffi::PyTuple_GET_SIZE(self.names) } != 1 {
            return false;
        }
        // SAFETY: it has one item.
        let name = unsafe { ffi::PyTuple_GET_ITEM(self.names, 0) };
        name == intern!(py, "context").as_ptr()
    }

    /// A tuple of the positional arguments from one on.
    #[inline]
    pub(super) fn rest(self, py: Python<'_>, from: usize) -> PyResult<Bound<'_, PyTuple>> {
        if self.positional <= from {
            return Ok(handle::kinds()?.nothing.bind(py).clone());
        }
        self.tuple_from(py, from)
    }

    #[inline(never)]
    fn tuple_from(self, py: Python<'_>, from: usize) -> PyResult<Bound<'_, PyTuple>> {
        let count = self.positional.saturating_sub(from);
        // SAFETY: attached.
        let tuple = unsafe { ffi::PyTuple_New(count.cast_signed()) };
        // SAFETY: a new reference, or null with an exception.
        let tuple = unsafe { Bound::from_owned_ptr_or_err(py, tuple) }?;
        for index in 0..count {
            // SAFETY: `from + index` is less than the number of positional arguments.
            let item = unsafe { self.at(py, from + index) };
            // SAFETY: a new tuple that nobody has seen, and an index within it.
            unsafe {
                ffi::PyTuple_SET_ITEM(tuple.as_ptr(), index.cast_signed(), item.into_ptr());
            }
        }
        // SAFETY: made as a tuple.
        Ok(unsafe { tuple.cast_into_unchecked() })
    }

    #[inline(never)]
    fn with_names<'py, const LEADING: usize>(
        self,
        py: Python<'py>,
        method: &str,
        names: [&str; LEADING],
    ) -> PyResult<Call<'py, LEADING>> {
        let mut context = None;
        let mut leading: [Option<Bound<'py, PyAny>>; LEADING] = std::array::from_fn(|index| {
            // SAFETY: there are more positional ones than that.
            (index < self.positional).then(|| unsafe { self.at(py, index) })
        });
        if !self.names.is_null() {
            // SAFETY: the names of a call are a tuple of strings.
            let given = unsafe { Bound::from_borrowed_ptr(py, self.names) };
            let given = given.cast_into::<PyTuple>()?;
            if given.len() == 1 && given.get_item(0)?.eq(intern!(py, "context"))? {
                let known: PyResult<_> = once(&CONTEXT_ONLY, || Ok(given.clone().unbind()));
                known?;
            }
            for (index, name) in given.iter().enumerate() {
                // SAFETY: values with names follow the positional ones.
                let value = unsafe { self.at(py, self.positional + index) };
                let name = name.cast_into::<PyString>()?;
                let name = name.to_str()?;
                if name == "context" {
                    context = Some(value).filter(|value| !value.is_none());
                } else if let Some(place) = names.iter().position(|known| *known == name) {
                    if leading[place].replace(value).is_some() {
                        return Err(PyTypeError::new_err(format!(
                            "{method}() got multiple values for argument '{name}'"
                        )));
                    }
                } else {
                    return Err(PyTypeError::new_err(format!(
                        "{method}() got an unexpected keyword argument '{name}'"
                    )));
                }
            }
        }
        let missing: Vec<String> = (0..LEADING)
            .filter(|index| leading[*index].is_none())
            .map(|index| format!("'{}'", names[index]))
            .collect();
        if !missing.is_empty() {
            return Err(PyTypeError::new_err(format!(
                "{method}() missing {} required positional argument{}: {}",
                missing.len(),
                if missing.len() == 1 { "" } else { "s" },
                missing.join(" and ")
            )));
        }
        Ok(Call {
            leading: leading.map(|value| value.unwrap_or_else(|| py.None().into_bound(py))),
            rest: self.rest(py, LEADING)?,
            context,
        })
    }
}

/// Calls `body`; an error or a panic becomes the exception.
///
/// # Safety
/// `this` is a `LoopCore`, and the arguments are the interpreter's.
#[inline(always)]
pub(super) unsafe fn entered(
    body: impl for<'a, 'py> Fn(&'a Bound<'py, LoopCore>, Stack) -> PyResult<Bound<'py, PyAny>>,
    this: *mut ffi::PyObject,
    first: *const *mut ffi::PyObject,
    positional: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls its methods attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the interpreter passes a live object.
    let this = unsafe { Bound::from_borrowed_ptr(py, this) };
    // SAFETY: the method descriptor has checked that it is an instance of its class.
    let this = unsafe { this.cast_into_unchecked::<LoopCore>() };
    let stack = Stack {
        first,
        positional: positional.unsigned_abs(),
        names,
    };
    match catch_unwind(AssertUnwindSafe(|| body(&this, stack))) {
        Ok(Ok(result)) => result.into_ptr(),
        Ok(Err(error)) => {
            error.restore(py);
            null_mut()
        }
        Err(_) => {
            PyErr::new::<PanicException, _>("a method of the event loop").restore(py);
            null_mut()
        }
    }
}

/// A C function around a method's body.
macro_rules! raw {
    ($name:ident, $body:path) => {
        unsafe extern "C" fn $name(
            this: *mut ffi::PyObject,
            first: *const *mut ffi::PyObject,
            positional: ffi::Py_ssize_t,
            names: *mut ffi::PyObject,
        ) -> *mut ffi::PyObject {
            // SAFETY: called by the method descriptor made below, for an instance of `LoopCore`.
            unsafe { $crate::asyncio::loops::stack::entered($body, this, first, positional, names) }
        }
    };
}
pub(super) use raw;
