//! Handles and timers as a loop makes them.
//!
//! Promise: nobody sees one before all its slots are filled.

#![expect(
    unsafe_code,
    reason = "objects made with the C API, slots at their offsets"
)]

use super::super::core::LoopCore;
use super::kinds::{Kind, Kinds, kind_of, kinds};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple, PyType};

/// Makes a handle. The traceback is that of debug mode.
#[inline]
pub(in crate::asyncio::loops) fn make<'py>(
    event_loop: &Bound<'py, LoopCore>,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let kinds = kinds()?;
    let made = allocate(event_loop, kinds, Kind::Handle)?;
    fill(
        kinds,
        made.as_ptr(),
        event_loop,
        callback,
        arguments,
        context,
    );
    Ok(made)
}

/// Makes a timer that counts as scheduled.
#[inline]
pub(in crate::asyncio::loops) fn make_timer<'py>(
    event_loop: &Bound<'py, LoopCore>,
    when: Bound<'py, PyAny>,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let kinds = kinds()?;
    let made = allocate(event_loop, kinds, Kind::Timer)?;
    fill(
        kinds,
        made.as_ptr(),
        event_loop,
        callback,
        arguments,
        context,
    );
    let scheduled = PyBool::new(event_loop.py(), true).to_owned().into_any();
    // SAFETY: just made, of the type in which the slot was found.
    unsafe { kinds.when.fill(made.as_ptr(), when.into_ptr()) };
    // SAFETY: as above.
    unsafe { kinds.scheduled.fill(made.as_ptr(), scheduled.into_ptr()) };
    Ok(made)
}

/// An object with the slots of a spare, that the garbage collector does not know of.
///
/// What waits in a loop that runs cannot be garbage, as the loop is not; so the collector hears of a
/// handle only when it leaves the loop and somebody keeps it (`track_if_kept`), when it is put in a
/// loop that does not run, or when the loop stops running. Most handles never get that far, and a
/// collection has less to look at.
#[inline]
fn allocate<'py>(
    event_loop: &Bound<'py, LoopCore>,
    kinds: &Kinds,
    kind: Kind,
) -> PyResult<Bound<'py, PyAny>> {
    let py = event_loop.py();
    let state = &event_loop.get().state;
    match state.mine(|queues| queues.spares.of(kind).pop()) {
        Some(Some(spare)) => Ok(spare.use_again(py)),
        _ if kind == Kind::Timer => allocate_new(py, kinds, &kinds.timer),
        _ => allocate_new(py, kinds, &kinds.handle),
    }
}

/// A new object with the slots of a spare, that the garbage collector does not know of.
#[inline(never)]
pub(super) fn allocate_new<'py>(
    py: Python<'py>,
    kinds: &Kinds,
    class: &Py<PyType>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: a type of ours, of fixed size.
    let made = unsafe { ffi::PyType_GenericAlloc(class.as_ptr().cast(), 0) };
    // SAFETY: a new reference, or null with an exception.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
    // SAFETY: tracked by the call above.
    unsafe { ffi::PyObject_GC_UnTrack(made.as_ptr().cast()) };
    let no = PyBool::new(py, false).to_owned().into_any();
    for (slot, value) in [
        (kinds.cancelled, no.into_ptr()),
        (kinds.repr, py.None().into_ptr()),
        (kinds.traceback, py.None().into_ptr()),
    ] {
        // SAFETY: just made, of a type with these slots; nobody has seen it yet.
        unsafe { slot.fill(made.as_ptr(), value) };
    }
    Ok(made)
}

/// Lets the garbage collector know of a handle of ours.
#[inline]
pub(super) fn track(handle: &Bound<'_, PyAny>) {
    // SAFETY: a live object of a type that takes part in garbage collection.
    if unsafe { ffi::PyObject_GC_IsTracked(handle.as_ptr()) } == 0 {
        // SAFETY: as above, and not tracked.
        unsafe { ffi::PyObject_GC_Track(handle.as_ptr().cast()) };
    }
}

/// The same if it is one of ours.
pub(in crate::asyncio::loops) fn track_if_ours(handle: &Bound<'_, PyAny>) {
    if kinds().is_ok_and(|kinds| kind_of(kinds, handle.as_ptr()) != Kind::Foreign) {
        track(handle);
    }
}

/// A handle has left the loop's queues, and whoever calls has the reference that was there.
#[inline]
pub(super) fn track_if_kept(handle: &Bound<'_, PyAny>) {
    // SAFETY: a live object.
    if unsafe { ffi::Py_REFCNT(handle.as_ptr()) } > 1 {
        track(handle);
    }
}

#[inline]
pub(super) fn fill<'py>(
    kinds: &Kinds,
    made: *mut ffi::PyObject,
    event_loop: &Bound<'py, LoopCore>,
    callback: Bound<'py, PyAny>,
    arguments: Bound<'py, PyTuple>,
    context: Bound<'py, PyAny>,
) {
    for (slot, value) in [
        (kinds.callback, callback.into_ptr()),
        (kinds.arguments, arguments.into_ptr()),
        (kinds.context, context.into_ptr()),
        (kinds.event_loop, event_loop.clone().into_ptr()),
    ] {
        // SAFETY: just made, of a type with these slots; nobody has seen it yet.
        unsafe { slot.fill(made, value) };
    }
}
