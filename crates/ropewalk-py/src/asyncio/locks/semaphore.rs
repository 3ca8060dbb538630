//! `asyncio.Semaphore` and `BoundedSemaphore`.
//! Promise: a permit that is there, with nobody waiting, is taken and given back without Python
//! code; a count that is no machine number is left to the standard library.

use super::cancelled::is_cancellation;
use super::take::{self, Permit};
use super::{Home, Waiters};
use crate::asyncio::awaitable::{Origin, at_once, is_cancelled, is_done, quick, set_result};
use crate::asyncio::plain::Plain;
use crate::names::intern;
use crate::own::Known;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;

/// A number that Python code set.
#[derive(Debug, Default)]
enum Count {
    #[default]
    Unset,
    Small(i64),
    Other(Py<PyAny>),
}

impl Count {
    fn of(value: &Bound<'_, PyAny>) -> Self {
        let small = value.cast_exact::<PyInt>().ok();
        match small.and_then(|small| small.extract().ok()) {
            Some(small) => Self::Small(small),
            None => Self::Other(value.clone().unbind()),
        }
    }

    fn object<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match self {
            Self::Unset => None,
            Self::Small(small) => Some(small_int(py, *small)),
            Self::Other(object) => Some(object.bind(py).clone()),
        }
    }
}

fn small_int(py: Python<'_>, value: i64) -> Bound<'_, PyAny> {
    PyInt::new(py, value).into_any()
}

#[derive(Debug, Default)]
struct Counts {
    permits: Count,
    /// The most there may be, in a `BoundedSemaphore`.
    bound: Count,
}

impl Counts {
    /// Takes a permit if there is one. The standard library counts below zero as well.
    fn take(&mut self) -> bool {
        match &mut self.permits {
            Count::Small(permits) if *permits != 0 && *permits != i64::MIN => {
                *permits -= 1;
                true
            }
            _ => false,
        }
    }

    /// Whether there is a permit.
    fn some(&self) -> bool {
        matches!(self.permits, Count::Small(permits) if permits != 0 && permits != i64::MIN)
    }

    /// Whether the count is above zero.
    fn positive(&self) -> bool {
        matches!(self.permits, Count::Small(permits) if permits > 0)
    }

    /// Counts a permit that is somebody's from now on.
    fn hand_out(&mut self) {
        if let Count::Small(permits) = &mut self.permits {
            *permits = permits.saturating_sub(1);
        }
    }

    /// Counts a permit that nobody uses.
    fn put_back(&mut self) {
        if let Count::Small(permits) = &mut self.permits {
            *permits = permits.saturating_add(1);
        }
    }

    /// Gives a permit back if there is room for it.
    fn give_back(&mut self) -> bool {
        let room = match self.bound {
            Count::Unset => i64::MAX,
            Count::Small(bound) => bound,
            Count::Other(_) => i64::MIN,
        };
        match &mut self.permits {
            Count::Small(permits) if *permits < room => {
                *permits += 1;
                true
            }
            _ => false,
        }
    }
}

/// The methods of Python's that the engine goes past.
const METHODS: &[&str] = &["acquire", "release", "locked", "_wake_up_next", "_get_loop"];

/// What a class says of itself, in bits.
const PLAIN: u8 = 1;
const PASSES_ON: u8 = 2;

static KNOWN: Known = Known::nothing();

fn what_it_says(class: &Bound<'_, PyType>) -> PyResult<u8> {
    let says = |name| class.getattr(name)?.is_truthy();
    let mut bits = 0;
    if says(intern!(class.py(), "_plain"))? {
        bits |= PLAIN;
    }
    if says(intern!(class.py(), "_passes_on"))? {
        bits |= PASSES_ON;
    }
    Ok(bits)
}

/// Permits for tasks; the base of `ropewalk.asyncio.Semaphore`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.locks")]
#[derive(Debug)]
pub(crate) struct SemaphoreEngine {
    counts: ShortLock<Counts>,
    waiters: Waiters,
    home: Home,
    plain: Plain,
    /// Whoever leaves the line wakes as many others as there are permits, as since Python 3.13.
    passes_on: bool,
}

#[pymethods]
impl SemaphoreEngine {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        cls: &Bound<'_, PyType>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let said = KNOWN.bits_of(cls, || what_it_says(cls))?;
        Ok(Self {
            counts: ShortLock::default(),
            waiters: Waiters::default(),
            home: Home::default(),
            plain: Plain::new(said & PLAIN != 0, METHODS),
            passes_on: said & PASSES_ON != 0,
        })
    }

    /// Which way of leaving the line is the running Python's: what the class above says.
    #[classattr]
    fn _passes_on() -> bool {
        false
    }

    /// Whether no method that the engine relies on is overridden: what a subclass says.
    #[classattr]
    fn _plain() -> bool {
        true
    }

    /// A coroutine that takes a permit and returns True.
    fn _acquire<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        take::acquire(slf)
    }

    /// Give a permit back.
    fn release(slf: &Bound<'_, Self>) -> PyResult<()> {
        Self::give_back(slf)
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

    #[getter(_value)]
    fn get_value<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.counts.lock().permits.object(py)
    }

    #[setter(_value)]
    fn set_value(&self, value: &Bound<'_, PyAny>) {
        let count = Count::of(value);
        let old = std::mem::replace(&mut self.counts.lock().permits, count);
        drop(old);
    }

    #[getter(_bound_value)]
    fn get_bound_value<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.counts.lock().bound.object(py)
    }

    #[setter(_bound_value)]
    fn set_bound_value(&self, value: &Bound<'_, PyAny>) {
        let count = Count::of(value);
        let old = std::mem::replace(&mut self.counts.lock().bound, count);
        drop(old);
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
        if let Some(counts) = self.counts.try_lock() {
            for count in [&counts.permits, &counts.bound] {
                if let Count::Other(object) = count {
                    visit.call(object)?;
                }
            }
        }
        self.waiters.traverse(&visit)
    }

    fn __clear__(&self) {
        self.home.clear();
        self.waiters.clear();
        let old = std::mem::take(&mut *self.counts.lock());
        drop(old);
    }
}

impl Permit for SemaphoreEngine {
    const ACQUIRE: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Semaphore.acquire",
    };
    const ENTER: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Semaphore.__aenter__",
    };
    const EXIT: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Semaphore.__aexit__",
    };

    fn take_at_once(&self) -> bool {
        self.plain.is() && self.waiters.are_surely_none() && self.counts.lock().take()
    }

    fn give_back_at_once(&self) -> bool {
        self.plain.is() && self.waiters.are_surely_none() && self.counts.lock().give_back()
    }

    fn try_take(&self, py: Python<'_>) -> PyResult<bool> {
        if !self.plain.is() || !self.counts.lock().some() {
            return Ok(false);
        }
        // Those who are cancelled have no claim, although they still stand in line.
        let before_us = self
            .waiters
            .find(py, |waiter| is_cancelled(waiter).map(|gone| !gone))?;
        Ok(before_us.is_none() && self.counts.lock().take())
    }

    fn give_back(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.plain.is() && this.waiters.is_empty(py)? && this.counts.lock().give_back() {
            return Ok(());
        }
        if this.plain.is() && this.counts.lock().give_back() {
            return this.wake_next(py).map(drop);
        }
        slf.call_method0(intern!(py, "_release_slowly")).map(drop)
    }

    fn is_plain(&self) -> bool {
        // A count that is no machine number is the standard library's business.
        self.plain.is() && !matches!(self.counts.lock().permits, Count::Other(_))
    }

    fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    fn home(&self) -> &Home {
        &self.home
    }

    fn arrive(
        slf: &Bound<'_, Self>,
        waiter: &Bound<'_, PyAny>,
        woken: PyResult<()>,
    ) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        let given_up = match &woken {
            Ok(()) => false,
            Err(error) => is_cancellation(error, py)?,
        };
        // The permit that came with the wake-up is given back.
        let returned = given_up && is_done(waiter)? && !is_cancelled(waiter)?;
        if returned {
            this.counts.lock().put_back();
        }
        if this.passes_on {
            loop {
                // Not in one condition: the count is needed to wake somebody.
                let more = this.counts.lock().positive();
                if !more || !this.wake_next(py)? {
                    break;
                }
            }
        } else if returned || (woken.is_ok() && this.counts.lock().positive()) {
            this.wake_next(py)?;
        }
        woken
    }
}

impl SemaphoreEngine {
    /// Gives a permit to the first in line who is not on its way yet; whether there is one.
    fn wake_next(&self, py: Python<'_>) -> PyResult<bool> {
        let Some(waiter) = self.waiters.first_pending(py)? else {
            return Ok(false);
        };
        self.counts.lock().hand_out();
        set_result(&waiter, take::yes(py).bind(py))?;
        Ok(true)
    }
}
