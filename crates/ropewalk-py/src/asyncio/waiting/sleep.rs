//! `sleep`.
//!
//! Promise: a sleep is over as the running Python's is, and a cancelled one takes its timer back.

use super::stock::Stock;
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::intern;
use pyo3::prelude::*;

/// `sleep(delay, result)`; `stock` is the standard library's.
#[pyfunction]
pub(super) fn sleep(
    py: Python<'_>,
    stock: Py<PyAny>,
    delay: Py<PyAny>,
    result: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    let work = Sleep {
        stock,
        delay,
        result,
        handle: None,
    };
    coroutine(py, work)
}

struct Sleep {
    stock: Py<PyAny>,
    delay: Py<PyAny>,
    result: Py<PyAny>,
    handle: Option<Py<PyAny>>,
}

impl Work for Sleep {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.tasks",
        qualname: "sleep",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let delay = self.delay.bind(py);
        if delay.le(0)? {
            // The task has its next turn in the loop's next round.
            return Ok(Step::Yield(py.None(), None));
        }
        if delay.ne(delay)? {
            // Not a number: what that means depends on the version.
            let arguments = (delay, self.result.bind(py));
            let stock = self.stock.bind(py).call1(arguments)?;
            return Ok(Step::Wait(stock.unbind()));
        }
        let event_loop = Stock::get(py)?.needed_running_loop(py)?;
        let future = event_loop.call_method0(intern!(py, "create_future"))?;
        let wake = wake(py)?;
        let arguments = (delay, wake, &future, self.result.bind(py));
        let handle = event_loop.call_method1(intern!(py, "call_later"), arguments)?;
        self.handle = Some(handle.unbind());
        Ok(Step::Wait(future.unbind()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        match self.handle.take() {
            Some(handle) => {
                handle.call_method0(py, intern!(py, "cancel"))?;
                outcome.map(Step::Return)
            }
            None => outcome.map(|_| Step::Return(self.result.clone_ref(py))),
        }
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.stock)?;
        visit.call(&self.delay)?;
        visit.call(&self.result)?;
        visit.call(&self.handle)
    }
}

/// Gives a future its result unless it was cancelled.
#[pyfunction]
fn _set_result_unless_cancelled(future: &Bound<'_, PyAny>, result: Py<PyAny>) -> PyResult<()> {
    let py = future.py();
    if future.call_method0(intern!(py, "cancelled"))?.is_truthy()? {
        return Ok(());
    }
    future
        .call_method1(intern!(py, "set_result"), (result,))
        .map(drop)
}

fn wake(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static WAKE: std::sync::OnceLock<Py<PyAny>> = std::sync::OnceLock::new();
    let make = || -> PyResult<_> {
        let function = wrap_pyfunction!(_set_result_unless_cancelled, py)?;
        Ok(function.into_any().unbind())
    };
    Ok(crate::names::once(&WAKE, make)?.bind(py))
}
