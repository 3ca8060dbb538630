//! `asyncio.Event`.
//! Promise: whoever finds it set does not wait; whoever sets it with no waiter wakes nobody.

use super::flag::Flag;
use super::take::yes;
use super::{Home, Waiters};
use crate::asyncio::awaitable::{
    AtOnce, Handed, Held, Origin, Step, Stop, Visit, Work, at_once, coroutine, is_done, quick,
    set_result,
};
use crate::asyncio::plain::Plain;
use crate::names::intern;
use crate::timeout::Truth;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};

/// The methods of Python's that the engine goes past.
const METHODS: &[&str] = &["_get_loop"];

/// An event for tasks; the base of `ropewalk.asyncio.Event`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.locks")]
#[derive(Debug)]
pub(crate) struct EventEngine {
    value: Flag,
    waiters: Waiters,
    home: Home,
    plain: Plain,
}

#[pymethods]
impl EventEngine {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        cls: &Bound<'_, PyType>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Ok(Self {
            value: Flag::default(),
            waiters: Waiters::default(),
            home: Home::default(),
            plain: Plain::of(cls, METHODS)?,
        })
    }

    /// Whether no method that the engine relies on is overridden: what a subclass says.
    #[classattr]
    fn _plain() -> bool {
        true
    }

    /// A coroutine that returns True as soon as the event is set.
    fn _wait<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        coroutine(slf.py(), Wait::of(Held::new(slf.clone().unbind())))
    }

    /// Set the event, and wake all who wait for it.
    fn set(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.is_set() {
            return Ok(());
        }
        this.value.put(true);
        if this.waiters.are_surely_none() {
            return Ok(());
        }
        // Each leaves the line itself, in its turn.
        this.waiters.for_each(py, |waiter| {
            if is_done(waiter)? {
                return Ok(());
            }
            set_result(waiter, yes(py).bind(py))
        })
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
    fn get_waiters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.waiters.get_or_make(py)
    }

    #[setter(_waiters)]
    fn set_waiters(&self, waiters: &Bound<'_, PyAny>) {
        self.waiters.set(waiters);
    }

    #[classattr]
    fn _quick_wait(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<Wait>(py)
    }

    #[classattr]
    fn _quick_set(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        at_once::<Set>(py)
    }

    #[classattr]
    fn _quick_clear(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        at_once::<Clear>(py)
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        slf.get().plain.set(slf, name, Some(value))
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        slf.get().plain.set(slf, name, None)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.home.traverse(&visit)?;
        self.waiters.traverse(&visit)
    }

    fn __clear__(&self) {
        self.home.clear();
        self.waiters.clear();
    }
}

/// `await event.wait()`.
struct Wait {
    event: Held<EventEngine>,
    /// The future in the line that is waited for.
    waiter: Option<Held<PyAny>>,
}

impl Wait {
    fn of(event: Held<EventEngine>) -> Self {
        Self {
            event,
            waiter: None,
        }
    }
}

impl Work for Wait {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Event.wait",
    };

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.event.get().is_set().then(|| yes(py))
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let event = self.event.bind(py);
        let this = event.get();
        if this.is_set() {
            return Ok(Step::Return(yes(py)));
        }
        if !this.plain.is() {
            let waiting = event.as_any().call_method0(intern!(py, "_wait_slowly"))?;
            return Ok(Step::Wait(waiting.unbind()));
        }
        let waiter = this.home.future(event.as_any())?;
        this.waiters.append(&waiter)?;
        self.waiter = Some(Held::new(waiter.clone().unbind()));
        Ok(Step::Wait(waiter.unbind()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        let Some(waiter) = self.waiter.take() else {
            return outcome.map(Step::Return);
        };
        self.event.get().waiters.take_out(waiter.bind(py))?;
        outcome.map(|_| Step::Return(yes(py)))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.event)?;
        visit.call(self.waiter.as_deref())
    }
}

impl Handed for Wait {
    type Of = EventEngine;

    fn new(_py: Python<'_>, event: Held<EventEngine>, _argument: Option<Held<PyAny>>) -> Self {
        Self::of(event)
    }
}

/// `set()`.
struct Set;

impl AtOnce for Set {
    type Of = EventEngine;

    fn act(
        py: Python<'_>,
        event: &EventEngine,
        _argument: Option<&Py<PyAny>>,
    ) -> Option<Py<PyAny>> {
        if !event.waiters.are_surely_none() {
            return None;
        }
        event.value.put(true);
        Some(py.None())
    }
}

/// `clear()`.
struct Clear;

impl AtOnce for Clear {
    type Of = EventEngine;

    fn act(
        py: Python<'_>,
        event: &EventEngine,
        _argument: Option<&Py<PyAny>>,
    ) -> Option<Py<PyAny>> {
        event.clear();
        Some(py.None())
    }
}
