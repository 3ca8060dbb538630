//! `wait_for`, in its two ways: over a `Timeout` (from Python 3.12 on), and over a task of its own
//! before that.
//!
//! Promise: what ends in time ends here. A time-out or a cancellation is worked off by coroutines
//! of Python's that are given along: the standard library's own where it has them.

use super::callback::{Callback, callback};
use super::calls::new_future;
use super::children::{Maker, check_loop, ensure_future};
use super::stock::Stock;
use super::timeout::Timeout;
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work, begin, coroutine};
use crate::names::intern;
use crate::raised::Raised;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::ffi::CStr;

const ORIGIN: &Origin = &Origin {
    module: "ropewalk._asyncio.tasks",
    qualname: "wait_for",
};

/// From Python 3.12 on. `class` is the Python class over `Timeout`, `stock` the standard
/// library's `wait_for`.
#[pyfunction]
pub(super) fn wait_for(
    py: Python<'_>,
    stock: Py<PyAny>,
    class: Py<PyType>,
    fut: Py<PyAny>,
    timeout: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    let work = Within {
        stock,
        class,
        awaited: fut,
        seconds: timeout,
        timeout: None,
        ended: None,
    };
    coroutine(py, work)
}

struct Within {
    stock: Py<PyAny>,
    class: Py<PyType>,
    awaited: Py<PyAny>,
    seconds: Py<PyAny>,
    timeout: Option<Py<Timeout>>,
    /// How the awaited thing ended, while the standard library leaves the time-out.
    ended: Option<Box<PyResult<Py<PyAny>>>>,
}

impl Work for Within {
    const ORIGIN: &'static Origin = ORIGIN;

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let stock = Stock::get(py)?;
        let awaited = self.awaited.bind(py);
        let seconds = self.seconds.bind(py);
        let event_loop = stock.needed_running_loop(py)?;
        let task = match stock.current_task(py)? {
            Some(task) if seconds.is_none() || !seconds.le(0)? => task,
            _ => {
                let stock = self.stock.bind(py).call1((awaited, seconds))?;
                return Ok(Step::Wait(stock.unbind()));
            }
        };
        if let Some(native) = stock.native(awaited)
            && native.is_done()?
        {
            // There is nothing to wait for, so no time can be over meanwhile.
            return Ok(Step::Return(native.result()?.unbind()));
        }
        if seconds.is_none() {
            return Ok(Step::Wait(self.awaited.clone_ref(py)));
        }
        let when = event_loop.call_method0(intern!(py, "time"))?.add(seconds)?;
        let cancelling = stock.cancelling(&task)?;
        let begun = begin(awaited.clone())?;
        if let Step::Yield(..) = begun {
            // Now there is something to wait for, and so a time that can be over.
            let timeout = self.class.bind(py).call1((when,))?.cast_into::<Timeout>()?;
            timeout.get().enter_without_timer(stock, &task, cancelling);
            Timeout::arm(&timeout, &event_loop)?;
            self.timeout = Some(timeout.unbind());
        }
        Ok(begun)
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        if let Some(ended) = self.ended.take() {
            return match outcome {
                Ok(_) => (*ended).map(Step::Return),
                Err(error) => Err(after(py, error, *ended)),
            };
        }
        let Some(timeout) = &self.timeout else {
            return outcome.map(Step::Return);
        };
        let timeout = timeout.bind(py);
        if timeout.get().leave(py, Stock::get(py)?)? {
            return outcome.map(Step::Return);
        }
        let method = intern!(py, "_stock_exit");
        let leave = match &outcome {
            Ok(_) => timeout.call_method1(method, (py.None(), py.None(), py.None()))?,
            Err(error) => {
                let raised = (error.get_type(py), error.value(py), error.traceback(py));
                timeout.call_method1(method, raised)?
            }
        };
        self.ended = Some(Box::new(outcome));
        Ok(Step::Wait(leave.unbind()))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.stock)?;
        visit.call(&self.class)?;
        visit.call(&self.awaited)?;
        visit.call(&self.seconds)?;
        visit.call(&self.timeout)
    }
}

/// An error raised while another was being handled knows of it.
fn after(py: Python<'_>, error: PyErr, ended: PyResult<Py<PyAny>>) -> PyErr {
    if let Err(before) = ended
        && error.context(py).is_none()
        && !error.value(py).is(before.value(py))
    {
        error.set_context(py, Some(before));
    }
    error
}

/// What Python does to an exception that is raised while another is handled.
fn raised_while(py: Python<'_>, raised: PyErr, handled: PyErr) -> PyErr {
    let (raised, handled) = (raised.made(py), handled.made(py));
    if raised.value(py).is(handled.value(py)) {
        return raised;
    }
    // A chain that led back to the new one would have no end.
    let mut link = handled.clone_ref(py);
    while let Some(next) = link.context(py) {
        if next.value(py).is(raised.value(py)) {
            link.set_context(py, None);
            break;
        }
        link = next;
    }
    raised.set_context(py, Some(handled));
    raised
}

/// On Python 3.11. `stock` is the standard library's `wait_for`, `late` finishes one that was
/// cancelled or whose time is over: `late(future, callback, event_loop, error)`.
#[pyfunction]
pub(super) fn wait_for_task(
    py: Python<'_>,
    stock: Py<PyAny>,
    late: Py<PyAny>,
    fut: Py<PyAny>,
    timeout: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    let work = ByTask {
        stock,
        late,
        awaited: fut,
        seconds: timeout,
        handle: None,
        release: None,
        event_loop: None,
        stage: Stage::Handed,
    };
    coroutine(py, work)
}

struct ByTask {
    stock: Py<PyAny>,
    late: Py<PyAny>,
    /// First what was given, then its future.
    awaited: Py<PyAny>,
    seconds: Py<PyAny>,
    handle: Option<Py<PyAny>>,
    release: Option<Py<PyAny>>,
    event_loop: Option<Py<PyAny>>,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    /// What is waited for decides how it ends.
    Handed,
    /// The future or the time: whichever is first ends it.
    Waiting,
    /// Python works off what came in between.
    Late,
}

impl Work for ByTask {
    const ORIGIN: &'static Origin = ORIGIN;

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let stock = Stock::get(py)?;
        let awaited = self.awaited.bind(py);
        let seconds = self.seconds.bind(py);
        let event_loop = stock.needed_running_loop(py)?;
        if seconds.is_none() {
            return Ok(Step::Wait(self.awaited.clone_ref(py)));
        }
        if seconds.le(0)? {
            let stock = self.stock.bind(py).call1((awaited, seconds))?;
            return Ok(Step::Wait(stock.unbind()));
        }
        let waiter = new_future(&event_loop)?;
        let release = callback::<ReleaseWaiter>(&waiter)?;
        let native = stock.native(awaited);
        let is_done = match native {
            Some(native) => native.is_done()?,
            None => false,
        };
        if !is_done {
            // What is done already needs no timer: its result counts, whatever the time.
            let arguments = (seconds, &release);
            let handle = event_loop.call_method1(intern!(py, "call_later"), arguments)?;
            self.handle = Some(handle.unbind());
        }
        let future = if native.is_some() {
            check_loop(stock, awaited, &event_loop)?;
            awaited.clone()
        } else {
            ensure_future(stock, awaited, Some(&Maker::of(stock, &event_loop)?))?
        };
        match stock.native(&future) {
            Some(native) => native.add_done_callback(&release, None)?,
            None => {
                future.call_method1(intern!(py, "add_done_callback"), (&release,))?;
            }
        }
        self.awaited = future.unbind();
        self.release = Some(release.unbind());
        self.event_loop = Some(event_loop.unbind());
        self.stage = Stage::Waiting;
        Ok(Step::Wait(waiter.unbind()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        let ended = match self.stage {
            Stage::Handed => return outcome.map(Step::Return),
            Stage::Late => outcome.map(Step::Return),
            Stage::Waiting => match self.waited(py, outcome) {
                Ok(Step::Wait(late)) => return Ok(Step::Wait(late)),
                ended => ended,
            },
        };
        if let Some(handle) = self.handle.take() {
            handle.call_method0(py, intern!(py, "cancel"))?;
        }
        ended
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.stock)?;
        visit.call(&self.late)?;
        visit.call(&self.awaited)?;
        visit.call(&self.seconds)?;
        visit.call(&self.handle)?;
        visit.call(&self.release)?;
        visit.call(&self.event_loop)
    }
}

impl ByTask {
    fn waited(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        let error = match outcome {
            Ok(_) => None,
            Err(error) if error.is_instance(py, Stock::get(py)?.cancelled_error(py)) => Some(error),
            Err(error) => return Err(error),
        };
        let future = self.awaited.bind(py);
        let stock = Stock::get(py)?;
        if stock.is_done(future)? {
            let result = stock.result(future);
            return match (result, error) {
                (Ok(result), _) => Ok(Step::Return(result.unbind())),
                (Err(raised), Some(error)) => Err(raised_while(py, raised, error)),
                (Err(raised), None) => Err(raised),
            };
        }
        let arguments = (future, &self.release, &self.event_loop, error);
        let late = self.late.bind(py).call1(arguments)?;
        self.stage = Stage::Late;
        Ok(Step::Wait(late.unbind()))
    }
}

/// What wakes who waits, once: a callable of the future that is waited for.
struct ReleaseWaiter;

impl Callback for ReleaseWaiter {
    type Of = PyAny;

    const CALLED: &'static CStr = c"_release_waiter";

    fn called<'py>(waiter: &Bound<'py, PyAny>, _ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let py = waiter.py();
        let none = py.None().into_bound(py);
        Stock::get(py)?.finish(waiter, &none)
    }
}
