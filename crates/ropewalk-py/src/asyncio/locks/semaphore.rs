//! `asyncio.Semaphore` and `BoundedSemaphore`.
//! Promise: a permit that is there, with nobody waiting, is taken and given back without Python
//! code; a count that is no machine number is left to the standard library.

use super::Waiters;
use super::take::{self, Permit};
use crate::asyncio::awaitable::{Origin, quick};
use crate::names::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyTuple, PyType};
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

/// Permits for tasks; the base of `ropewalk.asyncio.Semaphore`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.asyncio.locks")]
#[derive(Debug)]
pub(crate) struct SemaphoreEngine {
    counts: ShortLock<Counts>,
    waiters: Waiters,
    plain: bool,
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
        Ok(Self {
            counts: ShortLock::default(),
            waiters: Waiters::default(),
            plain: cls.getattr(intern!(cls.py(), "_plain"))?.is_truthy()?,
        })
    }

    /// Whether `acquire`, `release` and `locked` are those of this class.
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
    fn get_waiters<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
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
        self.plain && self.waiters.are_surely_none() && self.counts.lock().take()
    }

    fn give_back_at_once(&self) -> bool {
        self.waiters.are_surely_none() && self.counts.lock().give_back()
    }

    fn try_take(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.plain && self.waiters.is_empty(py)? && self.counts.lock().take())
    }

    fn give_back(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, this) = (slf.py(), slf.get());
        if this.waiters.is_empty(py)? && this.counts.lock().give_back() {
            return Ok(());
        }
        slf.call_method0(intern!(py, "_release_slowly")).map(drop)
    }

    fn is_plain(&self) -> bool {
        self.plain
    }
}
