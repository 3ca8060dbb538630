//! Handles of callbacks that other threads hand in, where asyncio has a class of their own (since
//! Python 3.14): whoever cancels one waits while its callback runs.
//!
//! Promise: the lock of such a handle is the one that Python sees as `_lock`, held while its callback
//! runs, as in the standard library; what a cancelled handle lets go of is dropped outside of it.

#![expect(unsafe_code, reason = "slots at their offsets")]

use super::super::core::LoopCore;
use super::super::slots::Slot;
use super::kinds::{Kind, Kinds};
use super::make::{allocate_new, fill};
use crate::names::intern;
use crate::threading::RLock;
use pyo3::Borrowed;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

/// What was learnt of the class.
pub(in crate::asyncio::loops) struct Guarded {
    pub(in crate::asyncio::loops) class: Py<PyType>,
    pub(super) lock: Slot,
}

/// Makes such a handle.
pub(in crate::asyncio::loops) fn make_guarded<'py>(
    event_loop: &Bound<'py, LoopCore>,
    kinds: &Kinds,
    guarded: &Guarded,
    (callback, arguments): (Bound<'py, PyAny>, Bound<'py, PyTuple>),
    context: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let lock = Bound::new(event_loop.py(), RLock::default())?;
    let made = allocate_new(event_loop.py(), kinds, &guarded.class)?;
    fill(
        kinds,
        made.as_ptr(),
        event_loop,
        callback,
        arguments,
        context,
    );
    // SAFETY: just made, of the type in which the slot was found.
    unsafe { guarded.lock.fill(made.as_ptr(), lock.into_ptr()) };
    Ok(made)
}

/// Does `body` while this thread holds the handle's lock, if it is of a kind that has one.
pub(super) fn guarding<T>(
    kinds: &Kinds,
    handle: &Bound<'_, PyAny>,
    kind: Kind,
    body: impl FnOnce() -> PyResult<T>,
) -> PyResult<T> {
    match &kinds.guarded {
        Some(guarded) if kind == Kind::Guarded => under_lock(guarded, handle, body),
        _ => body(),
    }
}

fn under_lock<T>(
    guarded: &Guarded,
    handle: &Bound<'_, PyAny>,
    body: impl FnOnce() -> PyResult<T>,
) -> PyResult<T> {
    let py = handle.py();
    // SAFETY: the caller knows that it is a handle of this type. Owned, as others may run.
    let lock = unsafe { guarded.lock.get(handle) }.map(Borrowed::to_owned);
    let lock = lock.ok_or_else(|| PyAttributeError::new_err("_lock"))?;
    if let Ok(ours) = lock.cast_exact::<RLock>() {
        let _held = ours.get().hold(py)?;
        return body();
    }
    // Made by the class's own `__init__`, in debug mode, or put there by somebody.
    lock.call_method0(intern!(py, "__enter__"))?;
    let outcome = body();
    lock.call_method1(intern!(py, "__exit__"), (py.None(), py.None(), py.None()))?;
    outcome
}
