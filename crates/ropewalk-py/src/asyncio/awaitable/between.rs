//! The coroutines that stand between a native one and what it waits for, where asyncio has several
//! and we have one.
//!
//! Promise: whoever follows `cr_await` (call graphs, debuggers) meets the same functions as in the
//! standard library. Such a coroutine is made for the look and can be looked at only.

use super::origin::Origin;
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

const fn origin(module: &'static str, qualname: &'static str) -> Origin {
    Origin { module, qualname }
}

/// Whose coroutine comes next when one of the first name waits; where the running Python has it.
static NEXT: [(&str, Origin); 9] = [
    (
        "Lock.__aenter__",
        origin("ropewalk._asyncio.locks", "Lock.acquire"),
    ),
    (
        "Semaphore.__aenter__",
        origin("ropewalk._asyncio.locks", "Semaphore.acquire"),
    ),
    (
        "StreamReader.__anext__",
        origin("ropewalk._asyncio.streams", "StreamReader.readline"),
    ),
    (
        "StreamReader.readline",
        origin("ropewalk._asyncio.streams", "StreamReader.readuntil"),
    ),
    (
        "StreamReader.readuntil",
        origin("ropewalk._asyncio.streams", "StreamReader._wait_for_data"),
    ),
    (
        "StreamReader.read",
        origin("ropewalk._asyncio.streams", "StreamReader._wait_for_data"),
    ),
    (
        "StreamReader.readexactly",
        origin("ropewalk._asyncio.streams", "StreamReader._wait_for_data"),
    ),
    (
        "TaskGroup.__aexit__",
        origin("ropewalk._asyncio.taskgroups", "TaskGroup._aexit"),
    ),
    ("wait", origin("asyncio.tasks", "_wait")),
];

fn next(origin: &Origin) -> Option<&'static Origin> {
    let found = NEXT.iter().find(|(name, _)| *name == origin.qualname);
    found.map(|(_, next)| next)
}

/// What a coroutine of `origin` awaits, to whoever looks; `awaited` is what it waits for.
pub(super) fn seen<'py>(
    origin: &Origin,
    awaited: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = awaited.py();
    let Some(next) = next(origin) else {
        return Ok(awaited);
    };
    if awaited.hasattr(intern!(py, "cr_await"))? || next.code(py)?.is_none() {
        return Ok(awaited);
    }
    let between = Between {
        origin: next,
        awaited: awaited.unbind(),
    };
    Ok(Bound::new(py, between)?.into_any())
}

/// One that waits.
#[pyclass(frozen, name = "coroutine")]
struct Between {
    origin: &'static Origin,
    awaited: Py<PyAny>,
}

#[pymethods]
impl Between {
    #[getter]
    fn __name__(&self) -> &'static str {
        self.origin.name()
    }

    #[getter]
    fn __qualname__(&self) -> &'static str {
        self.origin.qualname
    }

    #[getter]
    fn cr_await<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        seen(self.origin, self.awaited.bind(py).clone())
    }

    #[getter]
    fn cr_code<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.origin.code(py)
    }

    #[getter]
    fn cr_frame<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.origin.frame(py)
    }

    #[classattr]
    fn cr_origin() -> Option<u8> {
        None
    }

    #[classattr]
    fn cr_running() -> bool {
        false
    }

    #[classattr]
    fn cr_state() -> &'static str {
        "CORO_SUSPENDED"
    }

    #[classattr]
    fn cr_suspended() -> bool {
        true
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.awaited)
    }
}
