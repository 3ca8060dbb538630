//! What `__await__()` of a native coroutine gives to Python code: something to iterate over.
//!
//! Promise: it is a face of the coroutine and has no state of its own; an `await` never meets it.

use crate::names::intern;
use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// An iterator over the steps of a coroutine.
#[pyclass(
    frozen,
    name = "coroutine_wrapper",
    module = "ropewalk._ropewalk.asyncio.awaitable"
)]
pub(crate) struct Wrapper {
    coroutine: Py<PyAny>,
}

impl Wrapper {
    pub(super) fn new(coroutine: Py<PyAny>) -> Self {
        Self { coroutine }
    }
}

#[pymethods]
impl Wrapper {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let coroutine = self.coroutine.bind(py);
        coroutine.call_method0(intern!(py, "__next__"))
    }

    /// Go on with `arg` as the value of what is awaited.
    #[pyo3(signature = (arg, /))]
    fn send<'py>(&self, py: Python<'py>, arg: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let coroutine = self.coroutine.bind(py);
        coroutine.call_method1(intern!(py, "send"), (arg,))
    }

    /// Raise an exception where the coroutine waits.
    #[pyo3(signature = (*args))]
    fn throw<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let coroutine = self.coroutine.bind(py);
        coroutine.call_method1(intern!(py, "throw"), args)
    }

    /// Raise `GeneratorExit` where the coroutine waits.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let coroutine = self.coroutine.bind(py);
        coroutine.call_method0(intern!(py, "close"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.coroutine)
    }
}
