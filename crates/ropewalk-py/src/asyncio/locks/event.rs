//! `asyncio.Event`.
//! Promise: whoever finds it set does not wait; whoever sets it with no waiter wakes nobody.

use super::Waiters;
use super::flag::Flag;
use crate::asyncio::awaitable::{Handed, Held, Origin, Step, Stop, Visit, Work, coroutine, quick};
use crate::names::intern;
use crate::timeout::Truth;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyTuple};
use pyo3::{PyTraverseError, PyVisit};

/// An event for tasks; the base of `ropewalk.asyncio.Event`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.locks")]
#[derive(Debug)]
pub(crate) struct EventEngine {
    value: Flag,
    waiters: Waiters,
}

#[pymethods]
impl EventEngine {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            value: Flag::default(),
            waiters: Waiters::default(),
        }
    }

    /// A coroutine that returns True as soon as the event is set.
    fn _wait<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        coroutine(slf.py(), Wait(Held::new(slf.clone().unbind())))
    }

    /// Set the event, and wake all who wait for it.
    fn set(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.waiters.are_surely_none() {
            this.value.put(true);
            return Ok(());
        }
        slf.call_method0(intern!(py, "_set_slowly")).map(drop)
    }

    /// Take back that the event is set.
    fn clear(&self) {
        self.value.put(false);
    }

    /// Whether the event is set.
    fn is_set(&self) -> bool {
        self.value.is_set()
    }

    #[getter(_value)]
    fn get_value(&self) -> bool {
        self.is_set()
    }

    #[setter(_value)]
    fn set_value(&self, value: Truth) {
        self.value.put(value.0);
    }

    #[getter(_waiters)]
    fn get_waiters<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.waiters.get(py)
    }

    #[setter(_waiters)]
    fn set_waiters(&self, waiters: &Bound<'_, PyAny>) {
        self.waiters.set(waiters);
    }

    #[classattr]
    fn _quick_wait(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Wait>(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.waiters.traverse(&visit)
    }

    fn __clear__(&self) {
        self.waiters.clear();
    }
}

/// `await event.wait()`.
struct Wait(Held<EventEngine>);

impl Work for Wait {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Event.wait",
    };

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let set = self.0.get().is_set();
        set.then(|| PyBool::new(py, true).to_owned().into_any().unbind())
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        if self.0.get().is_set() {
            return Ok(Step::Return(
                PyBool::new(py, true).to_owned().into_any().unbind(),
            ));
        }
        let waiting = self.0.call_method0(py, intern!(py, "_wait_slowly"))?;
        Ok(Step::Wait(waiting))
    }

    fn resume(&mut self, _py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(Step::Return)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.0)
    }
}

impl Handed for Wait {
    type Of = EventEngine;

    fn new(_py: Python<'_>, event: Held<EventEngine>, _argument: Option<Held<PyAny>>) -> Self {
        Self(event)
    }
}
