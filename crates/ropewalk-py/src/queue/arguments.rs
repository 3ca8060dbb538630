//! The arguments of a queue's methods. Promise: what the standard library's queue takes is taken.

use super::class::QueueEngine;
use super::engine::Engine;
use crate::asyncio::awaitable::leads_to;
use crate::error::Refusal;
use crate::names::{intern, once};
use crate::timeout::{Flag, Timeout};
use pyo3::exceptions::{PyAttributeError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyString};
use std::sync::OnceLock;

/// The method `name` if a subclass has its own: the `_nowait` methods are defined in terms of it.
pub(super) fn overridden<'py>(
    queue: &Bound<'py, QueueEngine>,
    name: &Bound<'py, PyString>,
    cached: &'static OnceLock<Py<PyAny>>,
) -> PyResult<bool> {
    let py = queue.py();
    let own = once(cached, || {
        py.get_type::<QueueEngine>()
            .getattr(name)
            .map(Bound::unbind)
    })?;
    let found = queue.get_type().getattr(name)?;
    Ok(queue.get().own.any() || !leads_to(&found, own.bind(py)))
}

/// The exception of an operation that has no other outcome.
pub(super) fn exception(refusal: Refusal<()>) -> PyErr {
    match refusal {
        Refusal::Raise(why, _) => why,
        Refusal::GoInside(()) => PyRuntimeError::new_err("the queue's inside was just handed over"),
    }
}

/// `maxsize` as the engine counts it: zero for no bound; `None` when it is not a plain number.
pub(super) fn bound_of(maxsize: &Bound<'_, PyAny>) -> Option<usize> {
    if let Ok(number) = maxsize.cast_exact::<PyFloat>() {
        let number = number.value();
        let bounded = number.is_finite() && number > 0.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and a bound beyond all memory saturates"
        )]
        return Some(if bounded { number.ceil() as usize } else { 0 });
    }
    if !maxsize.is_instance_of::<PyInt>() {
        return None;
    }
    // A negative number means no bound, and so does one beyond all memory.
    Some(
        maxsize
            .extract::<i64>()
            .ok()
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(0),
    )
}

/// `max_items` of `get_many`: `None` for as many as there are.
pub(super) fn at_least_one(max_items: Option<isize>) -> PyResult<usize> {
    match max_items.map(usize::try_from) {
        None => Ok(usize::MAX),
        Some(Ok(count @ 1..)) => Ok(count),
        Some(_) => Err(PyValueError::new_err(
            "'max_items' must be at least 1, or None for as many as there are",
        )),
    }
}

/// What `put` and `get` say when `Queue.__init__` has not run.
pub(super) fn not_begun(name: &str) -> PyErr {
    PyAttributeError::new_err(format!("{name}: the queue's __init__() was not called"))
}

/// The keyword arguments `block=False`.
pub(super) fn without_waiting(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let options = PyDict::new(py);
    options.set_item(intern!(py, "block"), false)?;
    Ok(options)
}

/// The arguments of `put`. Like the standard library's they only count when there is a bound,
/// and after shut-down nothing is asked of them.
#[inline]
pub(super) fn put_timeout(
    engine: &Engine,
    block: &Flag<'_, '_>,
    timeout: Option<&Bound<'_, PyAny>>,
) -> PyResult<Timeout> {
    match (block, timeout) {
        (Flag::Known(true), None) => Ok(Timeout::None),
        (Flag::Known(false), None) => Ok(Timeout::NotAtAll),
        _ if !engine.is_bounded() || !engine.is_open() => Ok(Timeout::None),
        _ => Timeout::from_arguments(block.truth()?, timeout),
    }
}

/// The arguments of `get`: once the queue is shut down and empty nothing is asked of them.
#[inline]
pub(super) fn get_timeout(
    engine: &Engine,
    block: &Flag<'_, '_>,
    timeout: Option<&Bound<'_, PyAny>>,
) -> PyResult<Timeout> {
    match (block, timeout) {
        (Flag::Known(true), None) => Ok(Timeout::None),
        (Flag::Known(false), None) => Ok(Timeout::NotAtAll),
        _ if !engine.is_open() && engine.len() == 0 => Ok(Timeout::None),
        _ => Timeout::from_arguments(block.truth()?, timeout),
    }
}
