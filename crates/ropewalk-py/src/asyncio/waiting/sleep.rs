//! `sleep`.
//!
//! Promise: a sleep is over as the running Python's is, and a cancelled one takes its timer back.

#![expect(unsafe_code, reason = "numbers read where they are")]

use super::stock::Stock;
use crate::asyncio::awaitable::{Handed, Held, Origin, Step, Stop, Visit, Work, coroutine, quick};
use crate::names::{import, intern};
use pyo3::ffi;
use pyo3::prelude::*;

/// `sleep(delay, result)`.
#[pyfunction]
pub(super) fn sleep(
    py: Python<'_>,
    delay: Py<PyAny>,
    result: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    let work = Sleep {
        delay: Held::new(delay),
        result: Some(Held::new(result)),
        handle: None,
    };
    coroutine(py, work)
}

/// What a call with the delay alone goes to.
#[pyfunction]
pub(super) fn quick_sleep(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    quick::<Sleep>(py)
}

struct Sleep {
    delay: Held<PyAny>,
    /// None stands for None.
    result: Option<Held<PyAny>>,
    handle: Option<Py<PyAny>>,
}

impl Sleep {
    fn result(&self, py: Python<'_>) -> Py<PyAny> {
        match &self.result {
            Some(result) => result.clone_ref(py),
            None => py.None(),
        }
    }
}

impl Handed for Sleep {
    type Of = PyAny;

    fn new(_: Python<'_>, delay: Held<PyAny>, result: Option<Held<PyAny>>) -> Self {
        Self {
            delay,
            result,
            handle: None,
        }
    }
}

impl Work for Sleep {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.tasks",
        qualname: "sleep",
    };

    const TAKES_TURNS: bool = true;

    fn passes(&self) -> bool {
        is_no_time(self.delay.as_ptr())
    }

    fn over(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.handle.is_none().then(|| self.result(py))
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let delay = self.delay.bind(py);
        if delay.le(0)? {
            // The task has its next turn in the loop's next round.
            return Ok(Step::Yield(py.None(), None));
        }
        if delay.ne(delay)? {
            // Not a number: what that means depends on the version.
            let arguments = (delay, self.result(py));
            let tasks = import(py, Self::ORIGIN.module)?;
            let stock = tasks
                .getattr(intern!(py, "_stock_sleep"))?
                .call1(arguments)?;
            return Ok(Step::Wait(stock.unbind()));
        }
        let event_loop = Stock::get(py)?.needed_running_loop(py)?;
        let future = event_loop.call_method0(intern!(py, "create_future"))?;
        let wake = wake(py)?;
        let arguments = (delay, wake, &future, self.result(py));
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
            None => outcome.map(|_| Step::Return(self.result(py))),
        }
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.delay)?;
        visit.call(self.result.as_deref())?;
        visit.call(&self.handle)
    }
}

/// Whether a delay is one of the interpreter's own numbers, and not above zero.
#[inline]
fn is_no_time(delay: *mut ffi::PyObject) -> bool {
    // SAFETY: whoever calls has a reference to the object.
    if unsafe { ffi::PyLong_CheckExact(delay) } != 0 {
        let mut beyond = 0;
        // SAFETY: as above; it is an int, so that nothing is raised.
        let number = unsafe { ffi::PyLong_AsLongAndOverflow(delay, &raw mut beyond) };
        return beyond < 0 || (beyond == 0 && number <= 0);
    }
    // SAFETY: as above.
    if unsafe { ffi::PyFloat_CheckExact(delay) } == 0 {
        return false;
    }
    // SAFETY: a float.
    let number = unsafe { ffi::PyFloat_AS_DOUBLE(delay) };
    number <= 0.0
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
