//! `shield`: a future whose cancellation goes no further.
//!
//! Promise: what the end of one future does to the other, and when, is the running Python's.

use super::callback::{Callback, callback};
use super::calls::new_future;
use super::children::ensure_future;
use super::stock::Stock;
use crate::names::intern;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::ffi::CStr;

/// The inner future has ended: a callable of the outer one.
struct InnerDone;

/// The outer future has ended: a callable of the inner one.
struct OuterDone;

impl Callback for InnerDone {
    type Of = PyAny;

    const CALLED: &'static CStr = c"_inner_done_callback";

    fn called<'py>(outer: &Bound<'py, PyAny>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let (py, inner) = (outer.py(), needed(ended)?);
        let stock = Stock::get(py)?;
        if stock.is_cancelled(outer)? {
            if !stock.is_cancelled(&inner)? {
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

fn needed(ended: Option<Bound<'_, PyAny>>) -> PyResult<Bound<'_, PyAny>> {
    ended.ok_or_else(|| PyTypeError::new_err("a future is needed"))
}

/// Two of one future are equal, so that one can be taken back by another.
#[inline(never)]
fn inner_done<'py>(outer: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    callback::<InnerDone>(outer)
}

/// `shield(argument)`.
#[pyfunction]
pub(super) fn shield<'py>(argument: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let stock = Stock::get(argument.py())?;
    let inner = ensure_future(stock, argument, None)?;
    if stock.is_done(&inner)? {
        return Ok(inner);
    }
    let outer = new_future(&stock.loop_of(&inner)?)?;
    stock.call_when_done(&inner, &inner_done(&outer)?)?;
    stock.call_when_done(&outer, &callback::<OuterDone>(&inner)?)?;
    Ok(outer)
}
