//! Calling the callbacks of a future.
//! Promise: in the order in which they were added; an Exception of one is logged and the others
//! are called all the same.

use crate::error::futures_names;
use crate::names::intern;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

/// Calls them; what is no Exception (`SystemExit`) ends it.
#[inline]
pub(super) fn call_all(future: &Bound<'_, PyAny>, callbacks: Vec<Py<PyAny>>) -> PyResult<()> {
    for callback in callbacks {
        call(future, callback.bind(future.py()))?;
    }
    Ok(())
}

/// Calls one.
pub(super) fn call(future: &Bound<'_, PyAny>, callback: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = future.py();
    match callback.call1((future,)) {
        Err(why) if why.is_instance_of::<PyException>(py) => {
            let rare = futures_names(py)?.rare.bind(py);
            rare.call_method1(intern!(py, "log_callback"), (future, why.into_value(py)))
                .map(drop)
        }
        other => other.map(drop),
    }
}
