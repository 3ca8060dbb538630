//! `asyncio.Lock`.
//! Promise: a free lock that nobody waits for is taken and given back without Python code, and a
//! lock that was given back goes to whoever has waited longest.

use super::cancelled::is_cancellation;
use super::flag::Flag;
use super::take::{self, Permit};
use super::{Home, Waiters};
use crate::asyncio::awaitable::{Origin, at_once, is_cancelled, is_done, quick, set_result};
use crate::asyncio::plain::Plain;
use crate::names::intern;
use crate::timeout::Truth;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};

/// The methods of Python's that the engine goes past.
const METHODS: &[&str] = &["acquire", "release", "_wake_up_first", "_get_loop"];

/// A lock for tasks; the base of `ropewalk.asyncio.Lock`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.locks")]
#[derive(Debug)]
pub(crate) struct LockEngine {
    locked: Flag,
    waiters: Waiters,
    home: Home,
    plain: Plain,
}

#[pymethods]
impl LockEngine {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        cls: &Bound<'_, PyType>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Ok(Self {
            locked: Flag::default(),
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

    /// A coroutine that takes the lock and returns True.
    fn _acquire<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        take::acquire(slf)
    }

    /// Give the lock back. `RuntimeError` is raised when it is not taken.
    fn release(slf: &Bound<'_, Self>) -> PyResult<()> {
        Self::give_back(slf)
    }

    /// Whether the lock is taken.
    fn locked(&self) -> bool {
        self.locked.is_set()
    }

    /// The coroutine that `async with` awaits first.
    fn _enter<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        take::enter(slf)
    }

    /// The coroutine that `async with` awaits last.
    fn _exit<'py>(
        slf: &Bound<'py, Self>,
        _kind: &Bound<'py, PyAny>,
        _error: &Bound<'py, PyAny>,
        _traceback: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        take::exit(slf)
    }

    #[getter(_locked)]
    fn get_locked(&self) -> bool {
        self.locked()
    }

    #[setter(_locked)]
    fn set_locked(&self, locked: Truth) {
        self.locked.put(locked.0);
    }

    #[getter(_waiters)]
    fn get_waiters<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.waiters.get(py)
    }

    #[setter(_waiters)]
    fn set_waiters(&self, waiters: &Bound<'_, PyAny>) {
        self.waiters.set(waiters);
    }

    #[classattr]
    fn _quick_acquire(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<take::Take<Self>>(py)
    }

    #[classattr]
    fn _quick_enter(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<take::Enter<Self>>(py)
    }

    #[classattr]
    fn _quick_exit(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        quick::<take::Exit<Self>>(py)
    }

    #[classattr]
    fn _quick_release(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        at_once::<take::GiveBack<Self>>(py)
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

impl Permit for LockEngine {
    const ACQUIRE: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Lock.acquire",
    };
    const ENTER: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Lock.__aenter__",
    };
    const EXIT: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Lock.__aexit__",
    };

    fn take_at_once(&self) -> bool {
        !self.locked() && self.waiters.are_surely_none() && self.locked.take()
    }

    fn give_back_at_once(&self) -> bool {
        let free = self.plain.is() && self.locked() && self.waiters.are_surely_none();
        if free {
            self.locked.put(false);
        }
        free
    }

    fn try_take(&self, py: Python<'_>) -> PyResult<bool> {
        if self.locked() {
            return Ok(false);
        }
        // Those who are cancelled have no claim, although they still stand in line.
        let before_us = self
            .waiters
            .find(py, |waiter| is_cancelled(waiter).map(|gone| !gone))?;
        Ok(before_us.is_none() && self.locked.take())
    }

    fn give_back(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.give_back_at_once() {
            return Ok(());
        }
        if this.plain.is() && this.locked() {
            this.locked.put(false);
            return this.wake_first(py);
        }
        slf.call_method0(intern!(py, "_release_slowly")).map(drop)
    }

    fn is_plain(&self) -> bool {
        self.plain.is()
    }

    fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    fn home(&self) -> &Home {
        &self.home
    }

    fn arrive(
        slf: &Bound<'_, Self>,
        _waiter: &Bound<'_, PyAny>,
        woken: PyResult<()>,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        match woken {
            Ok(()) => this.locked.put(true),
            Err(error) => {
                // Whoever was woken and does not take it lets the next one know.
                if is_cancellation(&error, py)? && !this.locked() {
                    this.wake_first(py)?;
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

impl LockEngine {
    /// Sees to it that the first in line will wake up.
    fn wake_first(&self, py: Python<'_>) -> PyResult<()> {
        match self.waiters.first(py)? {
            // If it is done, it is on its way already.
            Some(first) if !is_done(&first)? => set_result(&first, take::yes(py).bind(py)),
            _ => Ok(()),
        }
    }
}
