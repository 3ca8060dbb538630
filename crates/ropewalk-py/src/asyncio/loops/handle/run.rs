//! What becomes of a handle: its callback is called, or it is cancelled.
//!
//! Promise: a callback is called at most once by its loop, in its context; what it raises goes to
//! the loop's exception handler.

#![expect(unsafe_code, reason = "slots at their offsets, a call with the C API")]

use super::super::core::LoopCore;
use super::super::entry::{Entry, Inside, leaves_the_loop};
use super::super::slots::Slot;
use super::guarded::guarding;
use super::kinds::{Kind, Kinds, kind_of, kinds};
use super::make::{track, track_if_kept};
use super::spares::done_with;
use crate::handling::Handling;
use crate::names::intern;
use crate::raised::Raised;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple};
use pyo3::{Borrowed, ffi};
use std::ptr::null_mut;

/// Whether a handle is cancelled, as far as a look at it tells.
#[inline]
pub(in crate::asyncio::loops) fn is_cancelled(handle: &Bound<'_, PyAny>) -> bool {
    let Ok(kinds) = kinds() else { return false };
    if kind_of(kinds, handle.as_ptr()) == Kind::Foreign {
        return handle
            .getattr(intern!(handle.py(), "_cancelled"))
            .and_then(|flag| flag.is_truthy())
            .unwrap_or(false);
    }
    is_true(handle, kinds.cancelled)
}

/// Whether it is cancelled; never calls Python, so that it may be asked under a lock.
#[inline]
pub(in crate::asyncio::loops) fn is_cancelled_here(handle: &Bound<'_, PyAny>) -> bool {
    let Ok(kinds) = kinds() else { return false };
    kind_of(kinds, handle.as_ptr()) != Kind::Foreign && is_true(handle, kinds.cancelled)
}

#[inline]
fn is_true(handle: &Bound<'_, PyAny>, slot: Slot) -> bool {
    // SAFETY: the callers know that it is a handle of ours.
    let flag = unsafe { slot.get(handle) };
    // SAFETY: attached.
    flag.is_some_and(|flag| flag.as_ptr() == unsafe { ffi::Py_True() })
}

/// Where the callback of a handle of ours lies in memory; zero for others.
pub(in crate::asyncio::loops) fn callback_address(handle: &Bound<'_, PyAny>) -> usize {
    let Ok(kinds) = kinds() else { return 0 };
    if kind_of(kinds, handle.as_ptr()) == Kind::Foreign {
        return 0;
    }
    // SAFETY: a handle of ours, as was just seen; only the address is kept.
    let callback = unsafe { kinds.callback.get(handle) };
    callback.map_or(0, |callback| callback.as_ptr().addr())
}

/// A timer leaves the loop's timers.
pub(in crate::asyncio::loops) fn unschedule(timer: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = timer.py();
    let kinds = kinds()?;
    let flag = PyBool::new(py, false).to_owned().into_any();
    if kind_of(kinds, timer.as_ptr()) == Kind::Timer {
        track_if_kept(timer);
        // SAFETY: a timer of ours.
        drop(unsafe { kinds.scheduled.replace(timer, flag) });
        Ok(())
    } else {
        timer.setattr(intern!(py, "_scheduled"), flag)
    }
}

/// Runs a handle unless it is cancelled.
pub(in crate::asyncio::loops) fn run(
    handle: &Bound<'_, PyAny>,
    event_loop: &Bound<'_, LoopCore>,
) -> PyResult<()> {
    let kinds = kinds()?;
    let kind = kind_of(kinds, handle.as_ptr());
    if kind == Kind::Foreign {
        run_foreign(handle)
    } else {
        run_ours(kinds, handle, event_loop, kind)
    }
}

/// The same with the reference that was in the loop; if it is the last one, the handle becomes a
/// spare.
#[inline]
pub(in crate::asyncio::loops) fn run_last<'py>(
    handle: Bound<'py, PyAny>,
    event_loop: &Bound<'py, LoopCore>,
) -> PyResult<()> {
    let kinds = kinds()?;
    let kind = kind_of(kinds, handle.as_ptr());
    if kind == Kind::Foreign {
        return run_foreign(&handle);
    }
    let outcome = run_ours(kinds, &handle, event_loop, kind);
    done_with(kinds, handle, event_loop, kind);
    outcome
}

#[inline(never)]
fn run_foreign(handle: &Bound<'_, PyAny>) -> PyResult<()> {
    if !is_cancelled(handle) {
        handle.call_method0(intern!(handle.py(), "_run"))?;
    }
    Ok(())
}

#[inline]
fn run_ours(
    kinds: &Kinds,
    handle: &Bound<'_, PyAny>,
    event_loop: &Bound<'_, LoopCore>,
    kind: Kind,
) -> PyResult<()> {
    track_if_kept(handle);
    if is_true(handle, kinds.cancelled) {
        return Ok(());
    }
    guarding(kinds, handle, kind, || {
        // Cancelled by another thread while this one waited for it?
        if kind == Kind::Guarded && is_true(handle, kinds.cancelled) {
            return Ok(());
        }
        run_now(kinds, handle, event_loop)
    })
}

#[inline]
fn run_now(
    kinds: &Kinds,
    handle: &Bound<'_, PyAny>,
    event_loop: &Bound<'_, LoopCore>,
) -> PyResult<()> {
    match call(kinds, handle) {
        Ok(()) => Ok(()),
        Err(error) => failed(kinds, handle, event_loop, error),
    }
}

/// A callback has raised an exception: the loop's exception handler hears of it.
#[cold]
fn failed(
    kinds: &Kinds,
    handle: &Bound<'_, PyAny>,
    event_loop: &Bound<'_, LoopCore>,
    error: PyErr,
) -> PyResult<()> {
    let py = handle.py();
    let error = error.made(py);
    if leaves_the_loop(py, &error) {
        return Err(error);
    }
    // The exception handler may keep it.
    track(handle);
    let report = kinds.report.bind(py);
    let error = error.into_value(py);
    let _handling = Handling::begin(error.bind(py));
    report.call1((handle, &error, event_loop))?;
    Ok(())
}

#[inline]
pub(super) fn call(kinds: &Kinds, handle: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = handle.py();
    // A callback may cancel its own handle, so all three are owned for the time of the call.
    // SAFETY: the callers know that it is a handle of ours.
    let callback = unsafe { kinds.callback.get(handle) }.map(Borrowed::to_owned);
    // SAFETY: as above.
    let arguments = unsafe { kinds.arguments.get(handle) }.map(Borrowed::to_owned);
    // SAFETY: as above.
    let context = unsafe { kinds.context.get(handle) }.map(Borrowed::to_owned);
    let (Some(callback), Some(arguments), Some(context)) = (callback, arguments, context) else {
        return Err(PyRuntimeError::new_err("a slot of this handle was deleted"));
    };
    let arguments = match arguments.cast_into_exact::<PyTuple>() {
        Ok(tuple) => tuple,
        Err(other) => as_tuple(&other.into_inner())?,
    };
    let _inside = Inside::enter(&context)?;
    // SAFETY: live objects, an exact tuple; no keywords.
    let result = unsafe { ffi::PyObject_Call(callback.as_ptr(), arguments.as_ptr(), null_mut()) };
    // SAFETY: a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, result) }?;
    Ok(())
}

#[cold]
fn as_tuple<'py>(arguments: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let items = arguments.try_iter()?.collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(arguments.py(), items)
}

/// Cancels a handle, ours or another.
pub(in crate::asyncio::loops) fn cancel(handle: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = handle.py();
    let kinds = kinds()?;
    let kind = kind_of(kinds, handle.as_ptr());
    if kind == Kind::Foreign {
        handle.call_method0(intern!(py, "cancel"))?;
        return Ok(());
    }
    cancel_ours(kinds, handle, kind)
}

pub(super) fn cancel_ours(kinds: &Kinds, handle: &Bound<'_, PyAny>, kind: Kind) -> PyResult<()> {
    // Dropped when the handle's lock is free again.
    let left = guarding(kinds, handle, kind, || empty_cancelled(kinds, handle, kind))?;
    drop(left);
    Ok(())
}

/// What a handle lets go of when it is cancelled: callback, arguments, and the loop's reference.
type Left<'py> = (
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
    Option<Entry>,
);

fn empty_cancelled<'py>(
    kinds: &Kinds,
    handle: &Bound<'py, PyAny>,
    kind: Kind,
) -> PyResult<Left<'py>> {
    let py = handle.py();
    if is_true(handle, kinds.cancelled) {
        return Ok((None, None, None));
    }
    // SAFETY: a handle of ours, here and below.
    let event_loop = unsafe { kinds.event_loop.get(handle) }.map(Borrowed::to_owned);
    let core = event_loop.as_ref().and_then(LoopCore::of);
    let scheduled = kind == Kind::Timer && is_true(handle, kinds.scheduled);
    if kind == Kind::Timer
        && core.is_none()
        && let Some(event_loop) = &event_loop
    {
        event_loop.call_method1(intern!(py, "_timer_handle_cancelled"), (handle,))?;
    }
    let flag = PyBool::new(py, true).to_owned().into_any();
    // SAFETY: as above.
    drop(unsafe { kinds.cancelled.replace(handle, flag) });
    let debug = match (core, &event_loop) {
        (Some(core), _) => core.get().debug(),
        (None, Some(other)) => other.call_method0(intern!(py, "get_debug"))?.is_truthy()?,
        (None, None) => false,
    };
    if debug {
        let text = handle.repr()?.into_any();
        // SAFETY: as above.
        drop(unsafe { kinds.repr.replace(handle, text) });
    }
    let removed = core
        .filter(|_| scheduled)
        .and_then(|core| core.get().timer_cancelled(handle));
    if removed.is_some() {
        unschedule(handle)?;
    }
    // SAFETY: as above.
    let callback = unsafe { kinds.callback.replace(handle, py.None().into_bound(py)) };
    // SAFETY: as above.
    let arguments = unsafe { kinds.arguments.replace(handle, py.None().into_bound(py)) };
    Ok((callback, arguments, removed))
}
