//! The iterator under `Executor.map()`.
//! Promise: results in the order of the calls; a result that was given out is not kept; a future
//! whose result could not be had is cancelled.

use super::future::FutureEngine;
use crate::error::{futures_names, in_generator};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_future::Deadline;
use ropewalk_park::ShortLock;
use std::time::Duration;

/// The results of futures, one after the other.
#[pyclass(frozen, module = "ropewalk._ropewalk.futures")]
#[derive(Debug)]
pub(crate) struct Results {
    /// The next one is the last.
    futures: ShortLock<Vec<Py<PyAny>>>,
    deadline: Option<Deadline>,
}

#[pymethods]
impl Results {
    #[new]
    fn new(futures: &Bound<'_, PyList>, timeout: Option<f64>) -> Self {
        let mut futures: Vec<_> = futures.iter().map(Bound::unbind).collect();
        futures.reverse();
        Self {
            futures: ShortLock::new(futures),
            deadline: timeout.map(|seconds| {
                Duration::try_from_secs_f64(seconds.max(0.0))
                    .map_or(Deadline::NEVER, Deadline::after)
            }),
        }
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(future) = self.futures.lock().pop() else {
            return Ok(None);
        };
        let timeout = match self.deadline.and_then(Deadline::remaining) {
            None => None,
            Some(left) => Some(left.as_secs_f64().into_pyobject(py)?.into_any()),
        };
        let future = future.into_bound(py);
        let is_plain = future.get_type().is(&futures_names(py)?.future);
        let result = match future.cast::<FutureEngine>() {
            Ok(engine) if is_plain => FutureEngine::result(engine, timeout.as_ref()),
            _ => future.call_method1(intern!(py, "result"), (timeout,)),
        };
        if result.is_err() {
            future.call_method0(intern!(py, "cancel"))?;
        }
        result.map(Some).map_err(|why| in_generator(py, why))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.futures.try_lock() {
            Some(futures) => futures.iter().try_for_each(|future| visit.call(future)),
            None => Ok(()),
        }
    }

    /// Cancels the futures whose results were not asked for.
    fn cancel_rest(&self, py: Python<'_>) -> PyResult<()> {
        let mut rest = std::mem::take(&mut *self.futures.lock());
        while let Some(future) = rest.pop() {
            future.call_method0(py, intern!(py, "cancel"))?;
        }
        Ok(())
    }
}
