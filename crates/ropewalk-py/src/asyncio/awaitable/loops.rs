//! Futures, for works that wait.
//! Promise: a loop may be anybody's: all that is asked of it is `create_future`.

#![allow(dead_code, reason = "each part takes what it needs")]

use crate::names::intern;
use pyo3::prelude::*;

/// A new future of `event_loop`: hand it to `Step::Wait`, and `set_result` to wake the waiter.
pub(crate) fn future<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    event_loop.call_method0(intern!(event_loop.py(), "create_future"))
}
