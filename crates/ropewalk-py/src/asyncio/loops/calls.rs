//! `call_soon`, `call_later`, `call_at`, `call_soon_threadsafe`, `time`: called with their arguments
//! where they lie, without a tuple or a dict made for the call.
//!
//! Promise: signature, checks and errors are the standard library's; in debug mode its checks are
//! made by the running Python's own code.

#![expect(
    unsafe_code,
    reason = "methods that take their arguments from the interpreter's stack"
)]
#![expect(
    clippy::inline_always,
    reason = "what a call returns in memory is written once, not moved from frame to frame"
)]

use super::core::{LoopCore, OWN_CALLS, OWN_POLL, OWN_TIME, OWN_TIMERS, OWN_WAKE};
use super::entry::{Entry, copy_context};
use super::futures;
use super::handle;
use super::listed;
use super::readers;
use super::stack::{Stack, entered, raw};
use super::state;
use crate::names::intern;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString, PyTuple};
use std::ffi::CStr;
use std::ptr::null_mut;

/// Makes a handle as the loop's mode wants it.
#[inline(always)]
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

/// Makes a handle of the kind for callbacks that another thread hands in.
fn guarded<'py>(
    slf: &Bound<'py, LoopCore>,
    kinds: &handle::Kinds,
    guarded: &handle::Guarded,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    if slf.get().debug() {
        let class = guarded.class.bind(py);
        let made = class.call1((callback, arguments, slf, context))?;
        let traceback = made.getattr(intern!(py, "_source_traceback"))?;
        if traceback.is_truthy()? {
            // The line of the class's own `__init__`.
            traceback.del_item(-1)?;
        }
        return Ok(made);
    }
    let context = match context {
        Some(context) => context,
        None => copy_context(py)?,
    };
    handle::make_guarded(slf, kinds, guarded, (callback, arguments), context)
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

#[inline(always)]
fn call_soon<'py>(slf: &Bound<'py, LoopCore>, stack: Stack) -> PyResult<Bound<'py, PyAny>> {
    let core = slf.get();
    let call = stack.take_apart(slf.py(), "call_soon", ["callback"])?;
    core.check_usable()?;
    let [callback] = call.leading;
    if core.debug() {
        check(slf, &callback, "call_soon", true)?;
    }
    if core.has_own(OWN_CALLS) {
        let context = call.context;
        let name = intern!(slf.py(), "_call_soon");
        return slf
            .as_any()
            .call_method1(name, (callback, call.rest, context));
    }
    let handle = new_handle(slf, callback, call.rest, call.context)?;
    state::put(
        slf.py(),
        &core.state,
        Entry::Handle(handle.clone().unbind()),
    );
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
    let mut in_tray = 0;
    let kinds = handle::kinds()?;
    let handle = if let Some(kind) = &kinds.guarded {
        // The stock loop puts such a handle in without asking `_call_soon`.
        let handle = guarded(slf, kinds, kind, callback, call.rest, call.context)?;
        let entry = Entry::Handle(handle.clone().unbind());
        in_tray = state::put_and_count(slf.py(), &core.state, entry);
        handle
    } else if core.has_own(OWN_CALLS) {
        let context = call.context;
        let name = intern!(slf.py(), "_call_soon");
        slf.as_any()
            .call_method1(name, (callback, call.rest, context))?
    } else {
        let handle = new_handle(slf, callback, call.rest, call.context)?;
        let entry = Entry::Handle(handle.clone().unbind());
        in_tray = state::put_and_count(slf.py(), &core.state, entry);
        handle
    };
    if core.has_own(OWN_POLL | OWN_WAKE) {
        slf.as_any()
            .call_method0(intern!(slf.py(), "_write_to_self"))?;
    } else if !core.state.is_mine() {
        // The thread that runs the loop looks before it lets it sleep.
        core.rouse();
    }
    core.room
        .wait_if_crowded(slf.py(), in_tray, || core.state.is_filled());
    Ok(handle)
}

fn call_later<'py>(slf: &Bound<'py, LoopCore>, stack: Stack) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let call = stack.take_apart(py, "call_later", ["delay", "callback"])?;
    let [delay, callback] = call.leading;
    if delay.is_none() {
        return Err(PyTypeError::new_err("delay must not be None"));
    }
    if slf.get().has_own(OWN_CALLS) {
        let when = slf.as_any().call_method0(intern!(py, "time"))?.add(delay)?;
        return schedule_by_name(slf, when, callback, &call.rest, call.context);
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

/// `self.call_at(...)`, which may be somebody else's.
#[cold]
fn schedule_by_name<'py>(
    slf: &Bound<'py, LoopCore>,
    when: Bound<'py, PyAny>,
    callback: Bound<'py, PyAny>,
    rest: &Bound<'py, PyTuple>,
    context: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let arguments: Vec<Bound<'py, PyAny>> = [when, callback].into_iter().chain(rest).collect();
    let keywords = PyDict::new(py);
    keywords.set_item(intern!(py, "context"), context)?;
    let call_at = slf.as_any().getattr(intern!(py, "call_at"))?;
    call_at.call(PyTuple::new(py, arguments)?, Some(&keywords))
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
    state::put_timer(&core.state, seconds, &timer);
    if core.has_own(OWN_TIMERS) {
        listed::gather(slf)?;
    }
    Ok(timer)
}

raw!(raw_call_soon, call_soon);
raw!(raw_call_soon_threadsafe, call_soon_threadsafe);
raw!(raw_call_later, call_later);
raw!(raw_call_at, call_at);
raw!(raw_create_task, futures::create_task);
raw!(raw_add_reader, readers::add_reader);
raw!(raw_add_writer, readers::add_writer);
raw!(raw_remove_reader, readers::remove_reader);
raw!(raw_remove_writer, readers::remove_writer);

unsafe extern "C" fn raw_get_debug(
    this: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls its methods attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the interpreter passes a live object.
    let this = unsafe { Bound::from_borrowed_ptr(py, this) };
    // SAFETY: the method descriptor has checked that it is an instance of its class.
    let this = unsafe { this.cast_into_unchecked::<LoopCore>() };
    PyBool::new(py, this.get().debug()).to_owned().into_ptr()
}

unsafe extern "C" fn raw_create_future(
    this: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the method descriptor made below, for an instance of `LoopCore`.
    unsafe {
        entered(
            |this, _| futures::create_future(this),
            this,
            null_mut(),
            0,
            null_mut(),
        )
    }
}

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
    let plain = |function| ffi::PyMethodDefPointer {
        PyCFunction: function,
    };
    let methods: [Method; 11] = [
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
            c"add_reader",
            fast(raw_add_reader),
            keywords,
            c"add_reader($self, fd, callback, *args)\n--\n\nCall it whenever the descriptor can be read.",
        ),
        (
            c"add_writer",
            fast(raw_add_writer),
            keywords,
            c"add_writer($self, fd, callback, *args)\n--\n\nCall it whenever the descriptor can be written.",
        ),
        (
            c"remove_reader",
            fast(raw_remove_reader),
            keywords,
            c"remove_reader($self, fd)\n--\n\nCall nothing for reading any more; return whether there was a callback.",
        ),
        (
            c"remove_writer",
            fast(raw_remove_writer),
            keywords,
            c"remove_writer($self, fd)\n--\n\nCall nothing for writing any more; return whether there was a callback.",
        ),
        (
            c"time",
            plain(raw_time),
            ffi::METH_NOARGS,
            c"time($self, /)\n--\n\nReturn the time of the loop's clock, in seconds.",
        ),
        (
            c"get_debug",
            plain(raw_get_debug),
            ffi::METH_NOARGS,
            c"get_debug($self, /)\n--\n\nReturn whether the loop is in debug mode.",
        ),
        (
            c"create_future",
            plain(raw_create_future),
            ffi::METH_NOARGS,
            c"create_future($self, /)\n--\n\nCreate a Future object attached to the loop.",
        ),
    ];
    for method in methods {
        add(class, method)?;
    }
    Ok(())
}

/// Puts `create_task` in the class; whether it takes any keyword is as in the running Python.
pub(super) fn add_create_task(class: &Bound<'_, PyAny>, any_keywords: bool) -> PyResult<()> {
    let doc = if any_keywords {
        c"create_task($self, coro, **kwargs)\n--\n\nSchedule a coroutine object; return its task."
    } else {
        c"create_task($self, coro, *, name=None, context=None)\n--\n\nSchedule a coroutine object; return its task."
    };
    let call = ffi::PyMethodDefPointer {
        PyCFunctionFastWithKeywords: raw_create_task,
    };
    let flags = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    add(class, (c"create_task", call, flags, doc))
}

type Method = (&'static CStr, ffi::PyMethodDefPointer, i32, &'static CStr);

/// Puts one method in the class.
fn add(class: &Bound<'_, PyAny>, (name, ml_meth, ml_flags, doc): Method) -> PyResult<()> {
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
    Ok(())
}
