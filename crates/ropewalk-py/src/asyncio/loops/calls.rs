//! `call_soon`, `call_later`, `call_at`, `call_soon_threadsafe`, `time`: called with their arguments
//! where they lie, without a tuple or a dict made for the call.
//!
//! Promise: signature, checks and errors are the standard library's; in debug mode its checks are
//! made by the running Python's own code.

#![expect(
    unsafe_code,
    reason = "methods that take their arguments from the interpreter's stack"
)]

use super::core::{LoopCore, OWN_TIME};
use super::entry::{Entry, copy_context};
use super::handle;
use super::state;
use crate::names::intern;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString, PyTuple};
use ropewalk_reactor::nanos_from_seconds;
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

/// The arguments of one call, taken apart.
struct Call<'py, const LEADING: usize> {
    leading: [Bound<'py, PyAny>; LEADING],
    rest: Bound<'py, PyTuple>,
    context: Option<Bound<'py, PyAny>>,
}

/// The arguments as the interpreter passes them.
#[derive(Clone, Copy)]
struct Stack {
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

    #[inline]
    fn take_apart<'py, const LEADING: usize>(
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

    /// Whether the only name is `context`, spelt by the very string that every caller's code shares.
    #[inline]
    fn names_context_only(self, py: Python<'_>) -> bool {
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
    fn rest(self, py: Python<'_>, from: usize) -> PyResult<Bound<'_, PyTuple>> {
        let count = self.positional.saturating_sub(from);
        // SAFETY: attached. An empty tuple is always the same one.
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
            for (index, name) in given.cast_into::<PyTuple>()?.iter().enumerate() {
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

/// Makes a handle as the loop's mode wants it.
#[inline]
pub(super) fn new_handle<'py>(
    slf: &Bound<'py, LoopCore>,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    if slf.get().debug() {
        return traced(slf, None, &callback, &arguments, context);
    }
    let context = match context {
        Some(context) => context,
        None => copy_context(slf.py())?,
    };
    handle::make(slf, callback, arguments, context)
}

/// Makes a handle or a timer by its Python constructor, which notes where the call came from.
#[cold]
fn traced<'py>(
    slf: &Bound<'py, LoopCore>,
    when: Option<&Bound<'py, PyAny>>,
    callback: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
    context: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let kinds = handle::kinds()?;
    match when {
        None => kinds
            .handle
            .bind(py)
            .call1((callback, arguments, slf, context)),
        Some(when) => {
            let made = kinds
                .timer
                .bind(py)
                .call1((when, callback, arguments, slf, context))?;
            made.setattr(intern!(py, "_scheduled"), true)?;
            Ok(made)
        }
    }
}

/// Debug mode's checks, by the running Python's own methods.
#[cold]
fn check(
    slf: &Bound<'_, LoopCore>,
    callback: &Bound<'_, PyAny>,
    method: &str,
    thread: bool,
) -> PyResult<()> {
    let py = slf.py();
    let this = slf.as_any();
    if thread {
        this.call_method0(intern!(py, "_check_thread"))?;
    }
    this.call_method1(intern!(py, "_check_callback"), (callback, method))?;
    Ok(())
}

fn call_soon<'py>(slf: &Bound<'py, LoopCore>, stack: Stack) -> PyResult<Bound<'py, PyAny>> {
    let core = slf.get();
    let call = stack.take_apart(slf.py(), "call_soon", ["callback"])?;
    core.check_usable()?;
    let [callback] = call.leading;
    if core.debug() {
        check(slf, &callback, "call_soon", true)?;
    }
    let handle = new_handle(slf, callback, call.rest, call.context)?;
    state::put(&core.state, Entry::Handle(handle.clone().unbind()));
    Ok(handle)
}

fn call_soon_threadsafe<'py>(
    slf: &Bound<'py, LoopCore>,
    stack: Stack,
) -> PyResult<Bound<'py, PyAny>> {
    let core = slf.get();
    let call = stack.take_apart(slf.py(), "call_soon_threadsafe", ["callback"])?;
    core.check_usable()?;
    let [callback] = call.leading;
    if core.debug() {
        check(slf, &callback, "call_soon_threadsafe", false)?;
    }
    let handle = new_handle(slf, callback, call.rest, call.context)?;
    state::put(&core.state, Entry::Handle(handle.clone().unbind()));
    slf.as_any()
        .call_method0(intern!(slf.py(), "_write_to_self"))?;
    Ok(handle)
}

fn call_later<'py>(slf: &Bound<'py, LoopCore>, stack: Stack) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let call = stack.take_apart(py, "call_later", ["delay", "callback"])?;
    let [delay, callback] = call.leading;
    if delay.is_none() {
        return Err(PyTypeError::new_err("delay must not be None"));
    }
    let now = if slf.get().has_own(OWN_TIME) {
        slf.as_any().call_method0(intern!(py, "time"))?
    } else if let Ok(delay) = delay.cast_exact::<PyFloat>() {
        let when = LoopCore::seconds() + delay.value();
        return at(
            slf,
            PyFloat::new(py, when).into_any(),
            when,
            callback,
            call.rest,
            call.context,
        );
    } else {
        PyFloat::new(py, LoopCore::seconds()).into_any()
    };
    let when = now.add(delay)?;
    let seconds = when.extract()?;
    at(slf, when, seconds, callback, call.rest, call.context)
}

fn call_at<'py>(slf: &Bound<'py, LoopCore>, stack: Stack) -> PyResult<Bound<'py, PyAny>> {
    let call = stack.take_apart(slf.py(), "call_at", ["when", "callback"])?;
    let [when, callback] = call.leading;
    if when.is_none() {
        return Err(PyTypeError::new_err("when cannot be None"));
    }
    let seconds = if let Ok(when) = when.cast_exact::<PyFloat>() {
        when.value()
    } else if when.is_instance_of::<PyInt>() {
        when.extract().unwrap_or(f64::INFINITY)
    } else {
        when.extract()?
    };
    at(slf, when, seconds, callback, call.rest, call.context)
}

fn at<'py>(
    slf: &Bound<'py, LoopCore>,
    when: Bound<'py, PyAny>,
    seconds: f64,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let core = slf.get();
    core.check_usable()?;
    let timer = if core.debug() {
        check(slf, &callback, "call_at", true)?;
        traced(slf, Some(&when), &callback, &arguments, context)?
    } else {
        let context = match context {
            Some(context) => context,
            None => copy_context(slf.py())?,
        };
        handle::make_timer(slf, when, callback, arguments, context)?
    };
    state::put_timer(&core.state, nanos_from_seconds(seconds), &timer);
    Ok(timer)
}

type Body = for<'a, 'py> fn(&'a Bound<'py, LoopCore>, Stack) -> PyResult<Bound<'py, PyAny>>;

/// Calls `body`; an error or a panic becomes the exception.
///
/// # Safety
/// `this` is a `LoopCore`, and the arguments are the interpreter's.
#[inline]
unsafe fn entered(
    body: Body,
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

macro_rules! raw {
    ($name:ident, $body:path) => {
        unsafe extern "C" fn $name(
            this: *mut ffi::PyObject,
            first: *const *mut ffi::PyObject,
            positional: ffi::Py_ssize_t,
            names: *mut ffi::PyObject,
        ) -> *mut ffi::PyObject {
            // SAFETY: called by the method descriptor made below, for an instance of `LoopCore`.
            unsafe { entered($body, this, first, positional, names) }
        }
    };
}

raw!(raw_call_soon, call_soon);
raw!(raw_call_soon_threadsafe, call_soon_threadsafe);
raw!(raw_call_later, call_later);
raw!(raw_call_at, call_at);

unsafe extern "C" fn raw_time(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls its methods attached.
    unsafe { ffi::PyFloat_FromDouble(LoopCore::seconds()) }
}

/// Puts the methods in the class.
pub(super) fn add_methods(class: &Bound<'_, PyAny>) -> PyResult<()> {
    let fast = |function| ffi::PyMethodDefPointer {
        PyCFunctionFastWithKeywords: function,
    };
    let keywords = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    let methods: [(&CStr, ffi::PyMethodDefPointer, i32, &CStr); 5] = [
        (
            c"call_soon",
            fast(raw_call_soon),
            keywords,
            c"call_soon($self, callback, *args, context=None)\n--\n\nCall it in the next run of ready callbacks; return its Handle.",
        ),
        (
            c"call_soon_threadsafe",
            fast(raw_call_soon_threadsafe),
            keywords,
            c"call_soon_threadsafe($self, callback, *args, context=None)\n--\n\nAs call_soon(), from any thread.",
        ),
        (
            c"call_later",
            fast(raw_call_later),
            keywords,
            c"call_later($self, delay, callback, *args, context=None)\n--\n\nCall it after so many seconds; return its TimerHandle.",
        ),
        (
            c"call_at",
            fast(raw_call_at),
            keywords,
            c"call_at($self, when, callback, *args, context=None)\n--\n\nCall it at a time of the loop's clock; return its TimerHandle.",
        ),
        (
            c"time",
            ffi::PyMethodDefPointer {
                PyCFunction: raw_time,
            },
            ffi::METH_NOARGS,
            c"time($self, /)\n--\n\nReturn the time of the loop's clock, in seconds.",
        ),
    ];
    for (name, ml_meth, ml_flags, doc) in methods {
        // The descriptor refers to its definition for ever.
        let definition = Box::leak(Box::new(ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth,
            ml_flags,
            ml_doc: doc.as_ptr(),
        }));
        // SAFETY: a type object and a definition that is never freed.
        let made = unsafe { ffi::PyDescr_NewMethod(class.as_ptr().cast(), definition) };
        // SAFETY: a new reference, or null with an exception.
        let made = unsafe { Bound::from_owned_ptr_or_err(class.py(), made) }?;
        class.setattr(PyString::new(class.py(), &name.to_string_lossy()), made)?;
    }
    Ok(())
}
