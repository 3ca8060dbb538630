//! `wait`: for some of many futures.
//!
//! Promise: who is called back, when, and what is in the two sets is the running Python's. Futures
//! of other kinds than asyncio's own, and whatever is refused, are a case for the standard library.

use super::awaiters::Awaiter;
use super::callback::{Callback, callback};
use super::calls::new_future;
use super::native::Native;
use super::stock::Stock;
use crate::asyncio::awaitable::{Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::intern;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use std::ffi::CStr;

/// What ends the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    FirstCompleted,
    FirstException,
    AllCompleted,
}

impl Until {
    fn named(name: &Bound<'_, PyAny>) -> Option<Self> {
        match name.cast_exact::<PyString>().ok()?.to_str().ok()? {
            "FIRST_COMPLETED" => Some(Self::FirstCompleted),
            "FIRST_EXCEPTION" => Some(Self::FirstException),
            "ALL_COMPLETED" => Some(Self::AllCompleted),
            _ => None,
        }
    }
}

/// Wakes who waits when enough futures are done, or when the time is over. It has the name of the
/// function that asyncio puts there, because a task's repr shows it among the callbacks.
#[pyclass(frozen, name = "_wait", module = "asyncio.tasks")]
#[derive(Debug)]
struct Completion {
    missing: AtomicUsize,
    until: Until,
    waiter: Py<PyAny>,
    awaiter: Awaiter,
}

#[pymethods]
impl Completion {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(self.awaiter.task())?;
        visit.call(&self.waiter)
    }
}

impl Callback for Completion {
    type Of = Self;

    const CALLED: &'static CStr = c"_on_completion";

    fn called<'py>(this: &Bound<'py, Self>, ended: Option<Bound<'py, PyAny>>) -> PyResult<()> {
        let (py, completion) = (this.py(), this.get());
        let stock = Stock::get(py)?;
        if let Some(future) = ended {
            // One by one: who counts holds the future's end, and ends come in order.
            let before = completion.missing.fetch_sub(1, Ordering::Relaxed);
            let enough = before <= 1
                || match completion.until {
                    Until::FirstCompleted => true,
                    Until::FirstException => has_failed(stock, &future)?,
                    Until::AllCompleted => false,
                };
            if enough {
                completion.end(stock, py)?;
            }
            return completion.awaiter.discard_from(stock, &future);
        }
        completion.end(stock, py)
    }
}

impl Completion {
    /// The wait is over.
    fn end(&self, stock: &'static Stock, py: Python<'_>) -> PyResult<()> {
        let none = py.None().into_bound(py);
        stock.finish(self.waiter.bind(py), &none)
    }
}

fn has_failed(stock: &'static Stock, future: &Bound<'_, PyAny>) -> PyResult<bool> {
    let native = needed(stock, future)?;
    Ok(!native.is_cancelled()? && !native.exception()?.is_none())
}

fn needed<'a, 'py>(
    stock: &'static Stock,
    future: &'a Bound<'py, PyAny>,
) -> PyResult<Native<'a, 'py>> {
    stock
        .native(future)
        .ok_or_else(|| PyTypeError::new_err("not a future of asyncio's own class"))
}

/// `wait(fs, timeout=timeout, return_when=return_when)`; `stock` is the standard library's.
#[pyfunction]
pub(super) fn wait(
    py: Python<'_>,
    stock: Py<PyAny>,
    fs: Py<PyAny>,
    timeout: Py<PyAny>,
    return_when: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    let work = Wait {
        stock,
        given: fs,
        seconds: timeout,
        until: return_when,
        futures: None,
        callback: None,
        handle: None,
        awaiter: Awaiter::default(),
    };
    coroutine(py, work)
}

struct Wait {
    stock: Py<PyAny>,
    given: Py<PyAny>,
    seconds: Py<PyAny>,
    until: Py<PyAny>,
    /// None when the standard library waits.
    futures: Option<Py<PySet>>,
    callback: Option<Py<PyAny>>,
    handle: Option<Py<PyAny>>,
    awaiter: Awaiter,
}

impl Work for Wait {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.tasks",
        qualname: "wait",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let stock = Stock::get(py)?;
        let until = Until::named(self.until.bind(py));
        let futures = futures_of(stock, self.given.bind(py))?;
        let (Some(until), Some(futures)) = (until, futures) else {
            let named = PyDict::new(py);
            named.set_item(intern!(py, "timeout"), &self.seconds)?;
            named.set_item(intern!(py, "return_when"), &self.until)?;
            let handed = self.stock.bind(py).call((&self.given,), Some(&named))?;
            return Ok(Step::Wait(handed.unbind()));
        };
        let event_loop = stock.needed_running_loop(py)?;
        let waiter = new_future(&event_loop)?;
        self.awaiter = Awaiter::current(stock, py)?;
        let completion = Completion {
            missing: AtomicUsize::new(futures.len()),
            until,
            waiter: waiter.clone().unbind(),
            awaiter: self.awaiter.clone_ref(py),
        };
        let callback = callback::<Completion>(&Bound::new(py, completion)?)?;
        let seconds = self.seconds.bind(py);
        if !seconds.is_none() {
            let arguments = (seconds, &callback);
            let handle = event_loop.call_method1(intern!(py, "call_later"), arguments)?;
            self.handle = Some(handle.unbind());
        }
        for future in &futures {
            needed(stock, &future)?.add_done_callback(&callback, None)?;
            self.awaiter.add_to(stock, &future)?;
        }
        self.futures = Some(futures.unbind());
        self.callback = Some(callback.unbind());
        Ok(Step::Wait(waiter.unbind()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        let (Some(futures), Some(callback)) = (&self.futures, &self.callback) else {
            return outcome.map(Step::Return);
        };
        let stock = Stock::get(py)?;
        if let Some(handle) = &self.handle {
            handle.call_method0(py, intern!(py, "cancel"))?;
        }
        let (done, pending) = (PySet::empty(py)?, PySet::empty(py)?);
        for future in futures.bind(py) {
            let native = needed(stock, &future)?;
            self.awaiter.discard_from(stock, &future)?;
            if native.is_done()? {
                // Nobody is to be called back by it any more.
                done.add(future)?;
            } else {
                native.remove_done_callback(callback.bind(py))?;
                pending.add(future)?;
            }
        }
        outcome?;
        let both = PyTuple::new(py, [done, pending])?;
        Ok(Step::Return(both.into_any().unbind()))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&self.stock)?;
        visit.call(&self.given)?;
        visit.call(&self.seconds)?;
        visit.call(&self.until)?;
        visit.call(&self.futures)?;
        visit.call(&self.callback)?;
        visit.call(self.awaiter.task())?;
        visit.call(&self.handle)
    }
}

/// The set of the futures, if they are asyncio's own and at least one.
fn futures_of<'py>(
    stock: &'static Stock,
    given: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PySet>>> {
    // To go through any of these runs no Python code, and may be done again.
    let is_usual = given.is_exact_instance_of::<PyList>()
        || given.is_exact_instance_of::<PySet>()
        || given.is_exact_instance_of::<PyTuple>();
    if !is_usual {
        return Ok(None);
    }
    for future in given.try_iter()? {
        if stock.native(&future?).is_none() {
            return Ok(None);
        }
    }
    let class = given.py().get_type::<PySet>();
    let set = class.call1((given,))?.cast_into::<PySet>()?;
    Ok((!set.is_empty()).then_some(set))
}
