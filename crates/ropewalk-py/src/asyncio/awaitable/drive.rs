//! How a native coroutine is driven: `send`, `throw`, `close`.
//!
//! Promise: each does what it does to a coroutine of Python's that awaits the same thing, with
//! the same exceptions.

#![expect(unsafe_code, reason = "awaiting goes through slots of C")]

use super::object::{CREATED, Claim, Object, RUNNING, SUSPENDED};
use super::work::Step;
use crate::names::{import, intern};
use crate::raised::Raised;
use pyo3::exceptions::{
    PyGeneratorExit, PyRuntimeError, PyStopIteration, PyTypeError, PyValueError,
};
use pyo3::ffi;
use pyo3::prelude::*;

/// What a coroutine answers.
pub(super) enum Answer {
    /// It is suspended, and hands this to whoever drives it.
    Yield(Py<PyAny>),
    /// It is done.
    Return(Py<PyAny>),
}

/// What `claim` refuses, as an exception.
fn refused(state: u32) -> PyErr {
    if state == RUNNING {
        PyValueError::new_err("coroutine already executing")
    } else {
        PyRuntimeError::new_err("cannot reuse already awaited coroutine")
    }
}

pub(super) fn send(object: &Object, argument: &Bound<'_, PyAny>) -> PyResult<Answer> {
    let py = argument.py();
    let mut claim = object.claim().map_err(refused)?;
    if claim.found == CREATED {
        if !argument.is_none() {
            claim.put_back();
            let why = "can't send non-None value to a just-started coroutine";
            return Err(PyTypeError::new_err(why));
        }
        let step = claim.start(py);
        return go_on(py, claim, step);
    }
    let Some(inner) = claim.inner().take() else {
        let step = claim.resume(py, Ok(argument.clone().unbind()));
        return go_on(py, claim, step);
    };
    let sent = send_to(inner.bind(py), argument);
    after_inner(py, claim, inner, sent)
}

pub(super) fn throw(py: Python<'_>, object: &Object, error: PyErr) -> PyResult<Answer> {
    let mut claim = object.claim().map_err(refused)?;
    if claim.found == CREATED {
        return Err(error);
    }
    let error = error.made(py);
    let Some(inner) = claim.inner().take() else {
        let step = claim.resume(py, Err(error));
        return go_on(py, claim, step);
    };
    if error.is_instance_of::<PyGeneratorExit>(py) {
        let error = close_inner(inner.bind(py)).err().unwrap_or(error);
        drop(inner);
        let step = claim.resume(py, Err(error));
        return go_on(py, claim, step);
    }
    let sent = match inner.bind(py).getattr_opt(intern!(py, "throw"))? {
        None => Err(error),
        Some(throw) => match throw.call1((error.into_value(py),)) {
            Ok(value) => Ok(Answer::Yield(value.unbind())),
            Err(error) => returned(py, error),
        },
    };
    after_inner(py, claim, inner, sent)
}

/// Returns what the coroutine returned instead of ending with `GeneratorExit`.
pub(super) fn close(py: Python<'_>, object: &Object) -> PyResult<Option<Py<PyAny>>> {
    let mut claim = match object.claim() {
        Ok(claim) => claim,
        Err(RUNNING) => return Err(refused(RUNNING)),
        Err(_) => return Ok(None),
    };
    if claim.found == CREATED {
        return Ok(None);
    }
    let closed = match claim.inner().take() {
        Some(inner) => close_inner(inner.bind(py)),
        None => Ok(()),
    };
    let error = closed.err().unwrap_or_else(|| PyGeneratorExit::new_err(()));
    let step = claim.resume(py, Err(error));
    match go_on(py, claim, step).made(py) {
        Ok(Answer::Return(value)) => Ok(Some(value)),
        Ok(Answer::Yield(_)) => {
            let why = "coroutine ignored GeneratorExit";
            Err(PyRuntimeError::new_err(why))
        }
        Err(error) if error.is_instance_of::<PyGeneratorExit>(py) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What comes of it when the awaited thing has answered.
fn after_inner(
    py: Python<'_>,
    mut claim: Claim<'_>,
    inner: Py<PyAny>,
    answer: PyResult<Answer>,
) -> PyResult<Answer> {
    let outcome = match answer {
        Ok(Answer::Yield(value)) => {
            *claim.inner() = Some(inner);
            claim.suspend();
            return Ok(Answer::Yield(value));
        }
        Ok(Answer::Return(value)) => Ok(value),
        Err(error) => Err(error),
    };
    drop(inner);
    let step = claim.resume(py, outcome);
    go_on(py, claim, step)
}

/// Takes steps until one has to wait, or was the last.
fn go_on(py: Python<'_>, mut claim: Claim<'_>, mut step: PyResult<Step>) -> PyResult<Answer> {
    loop {
        let awaited = match step {
            Ok(Step::Return(value)) => return Ok(Answer::Return(value)),
            Ok(Step::Wait(awaited)) => awaited,
            Ok(Step::Yield(value, inner)) => {
                *claim.inner() = inner;
                claim.origin().keep(py);
                claim.suspend();
                return Ok(Answer::Yield(value));
            }
            Err(error) => return Err(no_stop_iteration(py, error)),
        };
        step = match begin(awaited.into_bound(py)) {
            Ok(suspended @ Step::Yield(..)) => Ok(suspended),
            Ok(Step::Return(value) | Step::Wait(value)) => claim.resume(py, Ok(value)),
            Err(error) => claim.resume(py, Err(error)),
        };
    }
}

/// Begins to await something: what it returned, or the step that says what it waits for.
pub(crate) fn begin(awaited: Bound<'_, PyAny>) -> PyResult<Step> {
    let none = awaited.py().None().into_bound(awaited.py());
    let inner = iterator_of(awaited)?;
    Ok(match send_to(&inner, &none)? {
        Answer::Yield(value) => Step::Yield(value, Some(inner.unbind())),
        Answer::Return(value) => Step::Return(value),
    })
}

/// A `StopIteration` that leaves a coroutine would be taken for its end.
fn no_stop_iteration(py: Python<'_>, error: PyErr) -> PyErr {
    let error = error.made(py);
    if !error.is_instance_of::<PyStopIteration>(py) {
        return error;
    }
    let instead = PyRuntimeError::new_err("coroutine raised StopIteration").made(py);
    instead.set_cause(py, Some(error.clone_ref(py)));
    instead.set_context(py, Some(error));
    instead
}

/// A `StopIteration` from below is the end of what is awaited.
fn returned(py: Python<'_>, error: PyErr) -> PyResult<Answer> {
    let error = error.made(py);
    if !error.is_instance_of::<PyStopIteration>(py) {
        return Err(error);
    }
    let value = error.value(py).getattr(intern!(py, "value"))?;
    Ok(Answer::Return(value.unbind()))
}

fn send_to(inner: &Bound<'_, PyAny>, argument: &Bound<'_, PyAny>) -> PyResult<Answer> {
    let py = inner.py();
    let mut result = std::ptr::null_mut();
    // SAFETY: both are live objects, and `result` is where the answer goes.
    let status = unsafe { ffi::PyIter_Send(inner.as_ptr(), argument.as_ptr(), &raw mut result) };
    // SAFETY: the call returned a new reference, or null with an exception set.
    let value = unsafe { Bound::from_owned_ptr_or_err(py, result) }?.unbind();
    Ok(if status == ffi::PySendResult::PYGEN_NEXT {
        Answer::Yield(value)
    } else {
        Answer::Return(value)
    })
}

/// What `await` would iterate over.
fn iterator_of(awaited: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let kind = awaited.get_type_ptr();
    // SAFETY: the static type object lives as long as the interpreter.
    if kind == &raw mut ffi::PyCoro_Type {
        return Ok(awaited);
    }
    // SAFETY: the type of a live object is alive.
    let slots = unsafe { (*kind).tp_as_async };
    // SAFETY: null, or a table that lives as long as the type.
    let slots = unsafe { slots.as_ref() };
    let Some(slot) = slots.and_then(|slots| slots.am_await) else {
        // In the running Python's own words.
        let refuse = import(awaited.py(), "ropewalk._asyncio._coroutines")?;
        let refuse = refuse.getattr("refuse_to_await")?;
        refuse.call1((&awaited,))?;
        return Err(PyTypeError::new_err("this cannot be awaited"));
    };
    // SAFETY: the slot is of the object's own type, and this thread is attached.
    let iterator = unsafe { slot(awaited.as_ptr()) };
    // SAFETY: it returned a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(awaited.py(), iterator) }
}

fn close_inner(inner: &Bound<'_, PyAny>) -> PyResult<()> {
    match inner.getattr_opt(intern!(inner.py(), "close"))? {
        Some(close) => close.call0().map(drop),
        None => Ok(()),
    }
}

/// What a suspended coroutine awaits.
pub(super) fn awaited<'py>(py: Python<'py>, object: &Object) -> Option<Bound<'py, PyAny>> {
    let mut claim = object.claim().ok()?;
    let found = claim.found;
    let inner = claim.inner().as_ref().map(|inner| inner.bind(py).clone());
    claim.put_back();
    inner.filter(|_| found == SUSPENDED)
}
