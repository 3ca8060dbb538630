//! `add_reader`, `add_writer`, `remove_reader`, `remove_writer`.
//!
//! Promise: what the standard library's methods do, in their order. A call that is not of the usual
//! kind, and a loop part of which is Python code of the user's, is left to them.

use super::calls::new_handle;
use super::core::{LoopCore, OWN_POLL, OWN_WATCH};
use super::entry::Watcher;
use super::io::direction_of;
use super::stack::Stack;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt};
use std::os::fd::RawFd;

/// The descriptor, if it is a plain number and no transport's.
fn plain(event_loop: &Bound<'_, LoopCore>, given: &Bound<'_, PyAny>) -> PyResult<Option<RawFd>> {
    let py = event_loop.py();
    let descriptor = match given.cast_exact::<PyInt>().map(|number| number.extract()) {
        Ok(Ok(number)) if number >= 0 => number,
        _ => return Ok(None),
    };
    let transports = event_loop.as_any().getattr(intern!(py, "_transports"))?;
    let known = match transports.getattr_opt(intern!(py, "data"))? {
        Some(data) => match data.cast_exact::<PyDict>() {
            Ok(data) => !data.is_empty() && data.contains(given)?,
            Err(_) => true,
        },
        None => true,
    };
    Ok((!known).then_some(descriptor))
}

#[inline]
fn is_native(core: &LoopCore) -> bool {
    !core.has_own(OWN_POLL | OWN_WATCH)
}

fn add<'py>(
    slf: &Bound<'py, LoopCore>,
    stack: Stack,
    write: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = slf.py();
    if stack.has_names() || !is_native(slf.get()) {
        return Ok(None);
    }
    let Some([given, callback]) = stack.first_of(py) else {
        return Ok(None);
    };
    let Some(descriptor) = plain(slf, &given)? else {
        return Ok(None);
    };
    slf.get().check_usable()?;
    let handle = new_handle(slf, callback, stack.rest(py, 2)?, None)?;
    let watcher = Watcher::Handle(handle.unbind());
    LoopCore::watch(slf, descriptor, direction_of(write), watcher)?;
    Ok(Some(py.None().into_bound(py)))
}

fn remove<'py>(
    slf: &Bound<'py, LoopCore>,
    stack: Stack,
    write: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = slf.py();
    let Some(given) = stack.only(py).filter(|_| is_native(slf.get())) else {
        return Ok(None);
    };
    let Some(descriptor) = plain(slf, &given)? else {
        return Ok(None);
    };
    let removed = slf
        .get()
        .unwatch_here(py, descriptor, direction_of(write))?;
    Ok(Some(PyBool::new(py, removed).to_owned().into_any()))
}

pub(super) fn add_reader<'py>(
    slf: &Bound<'py, LoopCore>,
    stack: Stack,
) -> PyResult<Bound<'py, PyAny>> {
    match add(slf, stack, false)? {
        Some(result) => Ok(result),
        None => stack.hand_on(slf, intern!(slf.py(), "add_reader")),
    }
}

pub(super) fn add_writer<'py>(
    slf: &Bound<'py, LoopCore>,
    stack: Stack,
) -> PyResult<Bound<'py, PyAny>> {
    match add(slf, stack, true)? {
        Some(result) => Ok(result),
        None => stack.hand_on(slf, intern!(slf.py(), "add_writer")),
    }
}

pub(super) fn remove_reader<'py>(
    slf: &Bound<'py, LoopCore>,
    stack: Stack,
) -> PyResult<Bound<'py, PyAny>> {
    match remove(slf, stack, false)? {
        Some(result) => Ok(result),
        None => stack.hand_on(slf, intern!(slf.py(), "remove_reader")),
    }
}

pub(super) fn remove_writer<'py>(
    slf: &Bound<'py, LoopCore>,
    stack: Stack,
) -> PyResult<Bound<'py, PyAny>> {
    match remove(slf, stack, true)? {
        Some(result) => Ok(result),
        None => stack.hand_on(slf, intern!(slf.py(), "remove_writer")),
    }
}
