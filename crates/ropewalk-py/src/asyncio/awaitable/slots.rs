//! The C functions of the class: what Python calls.
//!
//! Promise: each only translates for `drive`. They are entered through `PyO3`'s own trampolines,
//! as generated methods are: those mark the thread as attached without asking Python, which also
//! holds while the interpreter ends, and turn a panic into an exception. (They are internal to
//! `PyO3`: what uses them here does so by the macro below.)

#![expect(
    unsafe_code,
    reason = "C functions that Python calls with raw pointers"
)]

use super::class::FREE;
use super::drive::{self, Answer};
use super::object::{CREATED, DONE, Object};
use super::stop;
use super::work::{Stop, Visit};
use super::wrapper::Wrapper;
use crate::names::intern;
use pyo3::exceptions::{PyBaseException, PyTypeError};
use pyo3::ffi;
use pyo3::impl_::trampoline::{MethodDef, binaryfunc, inquiry, iternextfunc, reprfunc, unaryfunc};
use pyo3::prelude::*;
use pyo3::types::{PyTraceback, PyTuple, PyType};
use ropewalk_facade::atomic::Ordering;
use std::ffi::{CString, c_int, c_void};

/// A trampoline of `PyO3` to one function.
macro_rules! through {
    ($trampoline:ident, $function:ident) => {{
        struct Target;
        impl MethodDef<$trampoline::Func> for Target {
            const METH: $trampoline::Func = $function;
        }
        $trampoline::<Target>
    }};
}
pub(super) use through;

/// What Python calls the class with is an object of the class, alive during the call.
pub(super) fn object<'a>(this: *mut ffi::PyObject) -> &'a Object {
    // SAFETY: the functions here are only reached through the slots and methods of the class,
    // with an object of it that the caller keeps alive; all its fields are shared ones.
    unsafe { &*this.cast::<Object>() }
}

fn argument(py: Python<'_>, pointer: *mut ffi::PyObject) -> Bound<'_, PyAny> {
    // SAFETY: Python calls with live objects.
    unsafe { Bound::from_borrowed_ptr(py, pointer) }
}

/// Raises `StopIteration(value)` for whoever iterates over a coroutine.
fn stop_iterating(value: &Bound<'_, PyAny>, this: *mut ffi::PyObject) {
    // An `await` has the only reference and lets go of it at once. Whoever keeps the coroutine
    // might keep an exception with it that holds the result.
    // SAFETY: a live object.
    if unsafe { ffi::Py_REFCNT(this) } == 1 {
        let spent = stop::raise_again(value);
        if !spent.is_null() {
            object(this).body.spent.store(spent, Ordering::Relaxed);
            return;
        }
    }
    stop::raise(value);
}

/// Raises `StopIteration(value)`: the end of a coroutine for callers that know no better.
fn stop_with(py: Python<'_>, value: Py<PyAny>) -> *mut ffi::PyObject {
    stop::raise(&value.into_bound(py));
    std::ptr::null_mut()
}

fn yielded_or_stop(py: Python<'_>, answer: Answer) -> *mut ffi::PyObject {
    match answer {
        Answer::Yield(value) => value.into_ptr(),
        Answer::Return(value) => stop_with(py, value),
    }
}

unsafe fn either(
    py: Python<'_>,
    this: *mut ffi::PyObject,
    sent: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    match drive::send(object(this), &argument(py, sent))? {
        Answer::Yield(value) | Answer::Return(value) => Ok(value.into_ptr()),
    }
}

/// The end of a coroutine whose first step is the last and runs no Python code; else null, and
/// nothing has happened. Needs no trampoline, because nothing in it counts references by `Py`.
#[inline]
fn at_once(this: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: Python calls slots with this thread attached.
    let py = unsafe { Python::assume_attached() };
    let Some(mut claim) = object(this).claim_created() else {
        return std::ptr::null_mut();
    };
    if let Some(value) = claim.at_once(py) {
        return value.into_ptr();
    }
    claim.put_back();
    std::ptr::null_mut()
}

/// A step that runs no Python code, if the next one is of that kind; else nothing has happened.
#[inline]
fn short_step(this: *mut ffi::PyObject) -> Option<(ffi::PySendResult, *mut ffi::PyObject)> {
    // SAFETY: Python calls slots with this thread attached.
    let py = unsafe { Python::assume_attached() };
    let object = object(this);
    if !object.takes_turns() {
        let value = at_once(this);
        return (!value.is_null()).then_some((ffi::PySendResult::PYGEN_RETURN, value));
    }
    let mut claim = object.claim().ok()?;
    if claim.found == CREATED {
        if let Some(value) = claim.at_once(py) {
            return Some((ffi::PySendResult::PYGEN_RETURN, value.into_ptr()));
        }
        if claim.passes() {
            claim.suspend();
            return Some((ffi::PySendResult::PYGEN_NEXT, py.None().into_ptr()));
        }
    } else if let Some(value) = claim.over(py) {
        return Some((ffi::PySendResult::PYGEN_RETURN, value.into_ptr()));
    }
    claim.put_back();
    None
}

/// `am_send`: the answer's kind is the result, so no exception is needed.
pub(super) unsafe extern "C" fn am_send(
    this: *mut ffi::PyObject,
    sent: *mut ffi::PyObject,
    result: *mut *mut ffi::PyObject,
) -> ffi::PySendResult {
    // SAFETY: the static object lives as long as the interpreter.
    if sent == unsafe { ffi::Py_None() }
        && let Some((kind, value)) = short_step(this)
    {
        // SAFETY: the caller gave the place for the result.
        unsafe { result.write(value) };
        return kind;
    }
    // SAFETY: called as Python called this slot.
    let value = unsafe { through!(binaryfunc, either)(this, sent) };
    // SAFETY: the caller gave the place for the result.
    unsafe { result.write(value) };
    if value.is_null() {
        ffi::PySendResult::PYGEN_ERROR
    } else if object(this).state() == DONE {
        ffi::PySendResult::PYGEN_RETURN
    } else {
        ffi::PySendResult::PYGEN_NEXT
    }
}

unsafe fn next(py: Python<'_>, this: *mut ffi::PyObject) -> PyResult<*mut ffi::PyObject> {
    match drive::send(object(this), &py.None().into_bound(py))? {
        Answer::Yield(value) => Ok(value.into_ptr()),
        // The end without an exception stands for `StopIteration(None)`.
        Answer::Return(value) if value.is_none(py) => Ok(std::ptr::null_mut()),
        Answer::Return(value) => {
            stop_iterating(value.bind(py), this);
            Ok(std::ptr::null_mut())
        }
    }
}

unsafe fn send(
    py: Python<'_>,
    this: *mut ffi::PyObject,
    sent: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    let answer = drive::send(object(this), &argument(py, sent))?;
    Ok(yielded_or_stop(py, answer))
}

unsafe fn throw(
    py: Python<'_>,
    this: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    let arguments = argument(py, arguments);
    let arguments = arguments.cast::<PyTuple>()?;
    let error = thrown(arguments)?;
    let answer = drive::throw(py, object(this), error)?;
    Ok(yielded_or_stop(py, answer))
}

/// The exception that `throw(type[, value[, traceback]])` is about.
fn thrown(arguments: &Bound<'_, PyTuple>) -> PyResult<PyErr> {
    let py = arguments.py();
    if arguments.is_empty() || arguments.len() > 3 {
        let bound = if arguments.is_empty() {
            "at least 1"
        } else {
            "at most 3"
        };
        let count = arguments.len();
        let why = format!(
            "throw expected {bound} argument{}, got {count}",
            if count == 0 { "" } else { "s" }
        );
        return Err(PyTypeError::new_err(why));
    }
    // By number: a deprecation of the language begins with a minor release.
    if cfg!(Py_3_12) && arguments.len() > 1 {
        let why = c"the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.";
        PyErr::warn(
            py,
            &py.get_type::<pyo3::exceptions::PyDeprecationWarning>(),
            why,
            1,
        )?;
    }
    let given = arguments.get_item(0)?;
    let given_value = arguments.get_item(1).ok().filter(|value| !value.is_none());
    let traceback = arguments.get_item(2).ok().filter(|value| !value.is_none());
    let error = if given.is_instance_of::<PyBaseException>() {
        if given_value.is_some() {
            let why = "instance exception may not have a separate value";
            return Err(PyTypeError::new_err(why));
        }
        given
    } else {
        let class = given
            .cast::<PyType>()
            .ok()
            .filter(|class| class.is_subclass_of::<PyBaseException>().unwrap_or(false));
        let Some(class) = class else {
            let name = given.get_type().name()?;
            let why = format!(
                "exceptions must be classes or instances deriving from BaseException, not {name}"
            );
            return Err(PyTypeError::new_err(why));
        };
        match given_value {
            None => class.call0()?,
            Some(value) if value.is_instance(class)? => value,
            Some(value) => match value.cast::<PyTuple>() {
                Ok(values) => class.call1(values)?,
                Err(_) => class.call1((value,))?,
            },
        }
    };
    if let Some(traceback) = traceback {
        if !traceback.is_instance_of::<PyTraceback>() {
            let why = "throw() third argument must be a traceback object";
            return Err(PyTypeError::new_err(why));
        }
        error.setattr(intern!(py, "__traceback__"), traceback)?;
    }
    Ok(PyErr::from_value(error))
}

unsafe fn wrap(
    py: Python<'_>,
    this: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    let wrapper = Wrapper::new(argument(py, this).unbind());
    Ok(Bound::new(py, wrapper)?.into_any().into_ptr())
}

unsafe fn close(
    py: Python<'_>,
    this: *mut ffi::PyObject,
    _nothing: *mut ffi::PyObject,
) -> PyResult<*mut ffi::PyObject> {
    let returned = drive::close(py, object(this))?;
    Ok(match returned {
        // By number: the language, which minor releases change.
        Some(value) if cfg!(Py_3_13) => value.into_ptr(),
        _ => py.None().into_ptr(),
    })
}

/// What `__await__` says of a coroutine that is its own iterator already.
unsafe fn refuse(_py: Python<'_>, _this: *mut ffi::PyObject) -> PyResult<*mut ffi::PyObject> {
    let why = "coroutine is being awaited already";
    Err(pyo3::exceptions::PyRuntimeError::new_err(why))
}

unsafe fn repr(py: Python<'_>, this: *mut ffi::PyObject) -> PyResult<*mut ffi::PyObject> {
    let text = format!(
        "<coroutine object {} at {this:p}>",
        object(this).origin().qualname
    );
    Ok(text.into_pyobject(py)?.into_ptr())
}

/// Says that the coroutine was never awaited: by the module `warnings`, or without it when the
/// interpreter has none any more.
#[cold]
fn warn_unawaited(coroutine: &Bound<'_, PyAny>, qualname: &str) -> PyResult<()> {
    let py = coroutine.py();
    let module = py.import(intern!(py, "warnings"));
    let warn = module.and_then(|module| module.getattr(intern!(py, "_warn_unawaited_coroutine")));
    if let Ok(warn) = warn {
        return warn.call1((coroutine,)).map(drop);
    }
    let text = CString::new(format!("coroutine '{qualname}' was never awaited"))?;
    let class = py.get_type::<pyo3::exceptions::PyRuntimeWarning>();
    PyErr::warn(py, &class, &text, 1)
}

/// What happens to a coroutine that nobody can reach any more.
#[expect(clippy::unnecessary_wraps, reason = "the trampoline's signature")]
unsafe fn finish(py: Python<'_>, this: *mut ffi::PyObject) -> PyResult<c_int> {
    let coroutine = argument(py, this);
    let raised = PyErr::take(py);
    let done = match object(this).state() {
        CREATED => warn_unawaited(&coroutine, object(this).origin().qualname),
        _ => drive::close(py, object(this)).map(drop),
    };
    if let Err(error) = done {
        error.write_unraisable(py, Some(&coroutine));
    }
    if let Some(raised) = raised {
        raised.restore(py);
    }
    Ok(0)
}

pub(super) unsafe extern "C" fn finalize(this: *mut ffi::PyObject) {
    object(this).body.finalized.store(true, Ordering::Relaxed);
    if object(this).state() != DONE {
        // SAFETY: called as Python called this slot.
        unsafe { through!(inquiry, finish)(this) };
    }
}

/// Lets go of all that the coroutine holds.
#[expect(clippy::unnecessary_wraps, reason = "the trampoline's signature")]
unsafe fn forget(_py: Python<'_>, this: *mut ffi::PyObject) -> PyResult<c_int> {
    drop(object(this).claim());
    Ok(0)
}

pub(super) unsafe extern "C" fn clear(this: *mut ffi::PyObject) -> c_int {
    // SAFETY: called as Python called this slot.
    unsafe { through!(inquiry, forget)(this) }
}

pub(super) unsafe extern "C" fn traverse(
    this: *mut ffi::PyObject,
    call: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: Python's collector calls this with its visitor.
    let mut visit = unsafe { Visit::new(call, argument) };
    // SAFETY: an object of a heap type, which has its type alive.
    let kind = unsafe { ffi::Py_TYPE(this) };
    // SAFETY: the visitor takes any live object; the type is one, and a heap type's objects own it.
    let stop = unsafe { call(kind.cast(), argument) };
    if stop != 0 {
        return stop;
    }
    // SAFETY: this is the collector's call.
    match unsafe { object(this).traverse(&mut visit) } {
        Ok(()) => 0,
        Err(Stop(stop)) => stop,
    }
}

pub(super) unsafe extern "C" fn dealloc(this: *mut ffi::PyObject) {
    let body = &object(this).body;
    // By number: where `stop` keeps a spare one, and that is a matter of layout.
    if cfg!(Py_3_12) {
        let spent = body.spent.load(Ordering::Relaxed);
        if !spent.is_null() {
            body.spent.store(std::ptr::null_mut(), Ordering::Relaxed);
            // SAFETY: the dying object that Python gave.
            unsafe { end(this) };
            // Last, because the result may die with it, and run Python code.
            // SAFETY: what `raise_again` gave for this coroutine.
            unsafe { stop::give_back(spent) };
            return;
        }
    }
    // SAFETY: the dying object that Python gave.
    unsafe { end(this) };
}

/// Ends an object: it is kept for the next one, or freed.
///
/// # Safety
///
/// As of a dealloc.
#[inline]
unsafe fn end(this: *mut ffi::PyObject) {
    let body = &object(this).body;
    let clean = body.weak.is_null() && !body.finalized.load(Ordering::Relaxed);
    // SAFETY: of the list's class, tracked since it was made, and not finalized; DONE, so it holds
    // nothing and its room is free.
    if clean && object(this).state() == DONE && unsafe { FREE.give(this) } {
        return;
    }
    // SAFETY: the dying object that Python gave.
    unsafe { free(this) };
}

/// Ends an object that is not kept.
///
/// # Safety
///
/// As of a dealloc.
#[cold]
unsafe fn free(this: *mut ffi::PyObject) {
    // The collector must not see an object without references while Python code runs.
    // SAFETY: it was tracked when it was made.
    unsafe { ffi::PyObject_GC_UnTrack(this.cast()) };
    if !object(this).body.weak.is_null() {
        // SAFETY: the object's list of weak references, with the object still whole.
        unsafe { ffi::PyObject_ClearWeakRefs(this) };
    }
    if object(this).state() != DONE {
        // Tracked, because it may stay alive.
        // SAFETY: still whole, and untracked above.
        unsafe { ffi::PyObject_GC_Track(this.cast()) };
        // SAFETY: called from a dealloc, with a count of zero.
        if unsafe { ffi::PyObject_CallFinalizerFromDealloc(this) } < 0 {
            // Somebody has it again.
            return;
        }
        // SAFETY: tracked above.
        unsafe { ffi::PyObject_GC_UnTrack(this.cast()) };
    }
    if object(this).state() != DONE {
        // SAFETY: called with the dying object, that nobody else knows of.
        unsafe { through!(inquiry, forget)(this) };
    }
    // SAFETY: still an object, of a heap type.
    let kind = unsafe { ffi::Py_TYPE(this) };
    // SAFETY: its memory is from the collector's allocator; work and inner are dropped.
    unsafe { ffi::PyObject_GC_Del(this.cast()) };
    // SAFETY: objects of heap types own a reference to their type.
    unsafe { ffi::Py_DECREF(kind.cast()) };
}

/// A method or slot with one argument.
pub(super) type Binary =
    unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;
/// A slot without arguments.
pub(super) type Unary = unsafe extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject;

pub(super) const SEND: Binary = through!(binaryfunc, send);
pub(super) const THROW: Binary = through!(binaryfunc, throw);
pub(super) const CLOSE: Binary = through!(binaryfunc, close);
pub(super) const WRAP: Binary = through!(binaryfunc, wrap);

/// `tp_iternext`: as `send(None)`, and an end with None needs no exception.
pub(super) unsafe extern "C" fn iternext(this: *mut ffi::PyObject) -> *mut ffi::PyObject {
    let value = at_once(this);
    if value.is_null() {
        // SAFETY: called as Python called this slot.
        return unsafe { through!(iternextfunc, next)(this) };
    }
    // SAFETY: Python calls slots with this thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the reference was owned.
    let value = unsafe { Bound::from_owned_ptr(py, value) };
    if !value.is_none() {
        stop_iterating(&value, this);
    }
    std::ptr::null_mut()
}

/// `am_await`: all but the refusal needs no trampoline.
pub(super) unsafe extern "C" fn awaited(this: *mut ffi::PyObject) -> *mut ffi::PyObject {
    let state = object(this).state();
    if state == CREATED || state == DONE {
        // SAFETY: a live object.
        unsafe { ffi::Py_INCREF(this) };
        return this;
    }
    // SAFETY: called as Python called this slot.
    unsafe { through!(unaryfunc, refuse)(this) }
}
pub(super) const REPR: Unary = through!(reprfunc, repr);
