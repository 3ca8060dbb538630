//! `shield`: a future whose cancellation goes no further.
//!
//! Promise: what the end of one future does to the other, and when, is the running Python's.

use super::awaiters::Awaiter;
use super::callback::{Callback, callback};
use super::calls::new_future;
use super::children::ensure_future;
use super::stock::Stock;
use crate::names::intern;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::ffi::CStr;

/// The inner future has ended: a callable of the outer one.
struct InnerDone;

/// The outer future has ended: a callable of the inner one.
struct OuterDone;

/// The same where futures know who awaits them: a callable of the inner one and the awaiting task.
struct OuterDoneOfAwaited;

/// The inner future has ended and is awaited no more: a callable of the task that awaited it.
struct NotAwaited;

impl Callback for InnerDone {
    type Of = PyAny;

    const CALLED: &'static CStr = c"_inner_done_callback";

    fn called<'py>(outer: &Bound<'py, PyAny>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let (py, inner) = (outer.py(), needed(ended)?);
        let stock = Stock::get(py)?;
        if stock.is_cancelled(outer)? {
            if stock.shield_retrieves && !stock.is_cancelled(&inner)? {
                // Nobody wants to know, so nothing is logged about it.
                stock.exception(&inner)?;
            }
            return Ok(());
        }
        if stock.is_cancelled(&inner)? {
            return outer.call_method0(intern!(py, "cancel")).map(drop);
        }
        let exception = stock.exception(&inner)?;
        let told = if exception.is_none() {
            outer.call_method1(intern!(py, "set_result"), (stock.result(&inner)?,))
        } else {
            outer.call_method1(intern!(py, "set_exception"), (exception,))
        };
        told.map(drop)
    }
}

impl Callback for OuterDone {
    type Of = PyAny;

    const CALLED: &'static CStr = c"_outer_done_callback";

    fn called<'py>(inner: &Bound<'py, PyAny>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let (py, outer) = (inner.py(), needed(ended)?);
        if Stock::get(py)?.is_done(inner)? {
            return Ok(());
        }
        let method = intern!(py, "remove_done_callback");
        inner.call_method1(method, (inner_done(&outer)?,)).map(drop)
    }
}

impl Callback for OuterDoneOfAwaited {
    type Of = PyTuple;

    const CALLED: &'static CStr = c"_outer_done_callback";

    fn called<'py>(both: &Bound<'py, PyTuple>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let (inner, task) = both.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>)>()?;
        OuterDone::called(&inner, ended)?;
        let stock = Stock::get(both.py())?;
        if stock.is_done(&inner)? {
            return Ok(());
        }
        let method = intern!(both.py(), "remove_done_callback");
        inner.call_method1(method, (not_awaited(&task)?,))?;
        Awaiter::of(stock, Some(&task)).discard_from(stock, &inner)
    }
}

impl Callback for NotAwaited {
    type Of = PyAny;

    const CALLED: &'static CStr = c"_clear_awaited_by_callback";

    fn called<'py>(task: &Bound<'py, PyAny>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let stock = Stock::get(task.py())?;
        Awaiter::of(stock, Some(task)).discard_from(stock, &needed(ended)?)
    }
}

fn needed(ended: Option<Bound<'_, PyAny>>) -> PyResult<Bound<'_, PyAny>> {
    ended.ok_or_else(|| PyTypeError::new_err("a future is needed"))
}

/// Two of one future are equal, so that one can be taken back by another.
#[inline(never)]
fn inner_done<'py>(outer: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    callback::<InnerDone>(outer)
}

#[inline(never)]
fn not_awaited<'py>(task: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    callback::<NotAwaited>(task)
}

/// `shield(argument)`.
#[pyfunction]
pub(super) fn shield<'py>(argument: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let stock = Stock::get(argument.py())?;
    let inner = ensure_future(stock, argument, None)?;
    if stock.is_done(&inner)? {
        return Ok(inner);
    }
    let event_loop = stock.loop_of(&inner)?;
    let outer = new_future(&event_loop)?;
    let awaiter = Awaiter::of(stock, stock.awaiting_task(&event_loop)?.as_ref());
    awaiter.add_to(stock, &inner)?;
    let outer_done = match awaiter.task() {
        None => callback::<OuterDone>(&inner)?,
        Some(task) => {
            let task = task.bind(argument.py());
            stock.call_when_done(&inner, &not_awaited(task)?)?;
            let both = PyTuple::new(argument.py(), [&inner, task])?;
            callback::<OuterDoneOfAwaited>(&both)?
        }
    };
    stock.call_when_done(&inner, &inner_done(&outer)?)?;
    stock.call_when_done(&outer, &outer_done)?;
    Ok(outer)
}
