//! `__exit__` of a lock, called by hand with fewer arguments than `with` gives.
//!
//! Promise: it is refused, in the same words, where the running Python's own locks refuse it; that
//! is tried on one of them, each time. Nothing is released before.

use crate::names::{import, intern};
use crate::timeout::Given;
use pyo3::Borrowed;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Errors as the lock that `_thread.make()` makes does.
#[cold]
pub(super) fn odd_exit(py: Python<'_>, make: &str, given: [Given<'_, '_>; 2]) -> PyResult<()> {
    let theirs = import(py, "_thread")?.getattr(make)?.call0()?;
    theirs.call_method0(intern!(py, "acquire"))?;
    let given = given
        .into_iter()
        .filter_map(|argument| argument.0.map(Borrowed::to_owned));
    let arguments: Vec<_> = given.collect();
    let exit = theirs.getattr(intern!(py, "__exit__"))?;
    exit.call1(PyTuple::new(py, arguments)?).map(drop)
}
