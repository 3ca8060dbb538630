//! Timers that are in a list of Python's, because somebody has looked at `loop._scheduled`.
//!
//! Promise: the list is the heap; Python code keeps it (`_timers.py`), and this is how a turn of the
//! loop calls that code.

use super::core::LoopCore;
use crate::names::intern;
use pyo3::prelude::*;

/// Moves what the engine has into the list.
pub(super) fn gather(slf: &Bound<'_, LoopCore>) -> PyResult<()> {
    let this = slf.as_any();
    this.call_method0(intern!(slf.py(), "_gather_timers"))?;
    Ok(())
}

/// Forgets cancelled timers; when the first of the others is due.
pub(super) fn next(slf: &Bound<'_, LoopCore>) -> PyResult<Option<f64>> {
    let when = slf
        .as_any()
        .call_method0(intern!(slf.py(), "_next_timer"))?;
    when.extract()
}

/// Puts the timers that are due behind the ready entries.
pub(super) fn put_due(slf: &Bound<'_, LoopCore>) -> PyResult<()> {
    let this = slf.as_any();
    this.call_method0(intern!(slf.py(), "_put_due_timers"))?;
    Ok(())
}
