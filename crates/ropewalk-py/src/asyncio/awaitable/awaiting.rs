//! The simplest native coroutine: it awaits one thing.
//! Promise: it behaves as `async def awaiting(what): return await what` does.

use super::{Origin, Step, Stop, Visit, Work, coroutine};
use pyo3::prelude::*;

struct Awaiting(Option<Py<PyAny>>);

impl Work for Awaiting {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio._coroutines",
        qualname: "awaiting",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        Ok(Step::Wait(self.0.take().unwrap_or_else(|| py.None())))
    }

    fn resume(&mut self, _py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(Step::Return)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(self.0.as_ref())
    }
}

/// A coroutine that awaits `what` and returns its result.
#[pyfunction]
pub(super) fn awaiting(py: Python<'_>, what: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    coroutine(py, Awaiting(Some(what)))
}
