//! `threading.Semaphore` and `BoundedSemaphore`.
//! Promise: taking a permit that is there is one compare-and-swap. A number that the engine cannot
//! count with is counted by the standard library's semaphore, which the Python class keeps beside
//! this one; until then there are no permits here and no room for any, so that every call finds it.

use crate::names::intern;
use crate::own::{Known, OwnMethods};
use crate::report::{MadeAt, Why};
use crate::timeout::{Given, Timeout, Truth};
use crate::wait::Interpreter;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString, PyTuple};
use ropewalk_facade::atomic::{AtomicBool, AtomicUsize, Ordering};
use ropewalk_sync as engine;

/// Permits that threads take and give back; the base of `ropewalk.threading.Semaphore`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.threading")]
#[derive(Debug)]
pub(crate) struct SemaphoreEngine {
    engine: engine::Semaphore,
    made: MadeAt,
    /// The most permits there may be. Relaxed: written by `_begin` only.
    most: AtomicUsize,
    /// Whether the permits are counted elsewhere, or nowhere: `__init__` was not called. Relaxed:
    /// written when the semaphore is made, or by who looks into it.
    elsewhere: AtomicBool,
    /// Whether `with` has to call a `release()` that is not ours.
    own: OwnMethods,
}

/// What others of its methods call.
const CALLED: &[&str] = &["release"];

static KNOWN: Known = Known::nothing();

#[pymethods]
impl SemaphoreEngine {
    #[new]
    #[pyo3(signature = (*args, **_kwargs))]
    fn new(args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            made: MadeAt::here(args.py()),
            engine: engine::Semaphore::new(0),
            most: AtomicUsize::new(0),
            elsewhere: AtomicBool::new(true),
            own: OwnMethods::default(),
        }
    }

    /// Sets the permits, and the most that there may be, and says that it did: the engine counts
    /// with plain whole numbers only.
    fn _begin(
        slf: &Bound<'_, Self>,
        value: &Bound<'_, PyAny>,
        most: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let most = match most {
            None => Some(engine::Semaphore::MOST),
            Some(most) => plain_count(most),
        };
        let (Some(value), Some(most)) = (plain_count(value), most) else {
            return Ok(false);
        };
        Self::begin(slf, value, most)?;
        Ok(true)
    }

    /// From now on the object that `_stock` names has the permits.
    fn _begin_elsewhere(slf: &Bound<'_, Self>) -> PyResult<()> {
        Self::begin(slf, 0, 0)?;
        slf.get().elsewhere.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the object that `_stock` names has the permits.
    #[getter(_elsewhere)]
    fn is_elsewhere(&self) -> bool {
        self.elsewhere.load(Ordering::Relaxed)
    }

    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        slf.get().own.set(slf, name, Some(value), CALLED)
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        slf.get().own.set(slf, name, None, CALLED)
    }

    /// Take a permit and return True.
    ///
    /// While there is none, wait: without an end, or at most `timeout` seconds. With `blocking`
    /// false do not wait. Return False if no permit was taken.
    #[pyo3(
        signature = (blocking=Truth(true), timeout=None),
        text_signature = "($self, blocking=True, timeout=None)"
    )]
    pub(super) fn acquire(
        slf: &Bound<'_, Self>,
        blocking: Truth,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        if !blocking.0 && timeout.is_some() {
            let why = "can't specify timeout for non-blocking acquire";
            return Err(PyValueError::new_err(why));
        }
        if slf.get().engine.try_acquire() {
            return Ok(true);
        }
        Self::acquire_contended(slf, blocking.0, timeout)
    }

    /// Give `n` permits back.
    #[pyo3(signature = (n=Given(None)), text_signature = "($self, n=1)")]
    pub(super) fn release(slf: &Bound<'_, Self>, n: Given<'_, '_>) -> PyResult<()> {
        let count = match n.0 {
            None => 1,
            Some(n) if slf.get().is_elsewhere() => return release_elsewhere(slf, &n),
            Some(n) if n.lt(1)? => return Err(PyValueError::new_err("n must be one or more")),
            Some(n) => n.extract()?,
        };
        Self::give_back(slf, count)
    }

    fn __enter__(slf: &Bound<'_, Self>) -> PyResult<bool> {
        if slf.get().engine.try_acquire() {
            return Ok(true);
        }
        Self::acquire_contended(slf, true, None)
    }

    fn __exit__(
        slf: &Bound<'_, Self>,
        _kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if slf.get().own.any() {
            return slf.call_method0(intern!(slf.py(), "release")).map(drop);
        }
        Self::give_back(slf, 1)
    }

    /// How many permits there are.
    #[getter]
    fn _value<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if slf.get().is_elsewhere() {
            return elsewhere(slf)?.getattr(intern!(py, "_value"));
        }
        Ok(slf.get().engine.permits().into_pyobject(py)?.into_any())
    }

    #[setter(_value)]
    fn set_value(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match value.extract() {
            Ok(count @ ..=engine::Semaphore::MOST) if !slf.get().is_elsewhere() => {
                slf.get().engine.change_permits(count);
                Ok(())
            }
            _ => set_elsewhere(slf, "_value", value),
        }
    }

    /// The most permits there may be.
    #[getter]
    fn _most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    #[setter(_most)]
    fn set_most(slf: &Bound<'_, Self>, most: &Bound<'_, PyAny>) -> PyResult<()> {
        match most.extract() {
            Ok(count) if !slf.get().is_elsewhere() => {
                slf.get().most.store(count, Ordering::Relaxed);
                Ok(())
            }
            _ => set_elsewhere(slf, "_initial_value", most),
        }
    }

    /// Forget who waited: for the one thread of a forked child.
    fn _at_fork_reinit(&self) {
        self.engine.reset_after_fork();
    }
}

impl SemaphoreEngine {
    fn begin(slf: &Bound<'_, Self>, value: usize, most: usize) -> PyResult<()> {
        let this = slf.get();
        this.engine.set_permits(value);
        this.most.store(most, Ordering::Relaxed);
        this.elsewhere.store(false, Ordering::Relaxed);
        let plain = slf.py().get_type::<Self>();
        this.own
            .note_known_class(&KNOWN, &slf.get_type(), &plain, CALLED)
    }

    #[cold]
    #[inline(never)]
    fn acquire_contended(
        slf: &Bound<'_, Self>,
        blocking: bool,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let (py, this) = (slf.py(), slf.get());
        if this.is_elsewhere() {
            return elsewhere(slf)?
                .call_method1(intern!(py, "acquire"), (blocking, timeout))?
                .is_truthy();
        }
        if !blocking {
            return Ok(false);
        }
        let timeout = Timeout::of_repeated_waits(timeout)?;
        this.engine.acquire(
            timeout.patience(),
            &mut Interpreter::new(py, timeout, this.why()),
        )
    }

    #[inline]
    pub(super) fn give_back(slf: &Bound<'_, Self>, count: usize) -> PyResult<()> {
        let this = slf.get();
        let most = this.most.load(Ordering::Relaxed);
        if this.engine.release(count, most).is_ok() {
            return Ok(());
        }
        Self::give_back_elsewhere(slf, count)
    }

    #[cold]
    #[inline(never)]
    fn give_back_elsewhere(slf: &Bound<'_, Self>, count: usize) -> PyResult<()> {
        if slf.get().is_elsewhere() {
            let count = count.into_pyobject(slf.py())?;
            return release_elsewhere(slf, &count);
        }
        let why = "Semaphore released too many times";
        Err(PyValueError::new_err(why))
    }
}

/// A plain whole number that the engine can count with.
fn plain_count(number: &Bound<'_, PyAny>) -> Option<usize> {
    let number = number.cast_exact::<PyInt>().ok()?;
    number
        .extract()
        .ok()
        .filter(|count| *count <= engine::Semaphore::MOST)
}

/// The standard library's semaphore that has the permits.
#[cold]
fn elsewhere<'py>(semaphore: &Bound<'py, SemaphoreEngine>) -> PyResult<Bound<'py, PyAny>> {
    semaphore.getattr(intern!(semaphore.py(), "_stock"))
}

#[cold]
fn release_elsewhere<'py>(
    semaphore: &Bound<'py, SemaphoreEngine>,
    count: &Bound<'py, PyAny>,
) -> PyResult<()> {
    elsewhere(semaphore)?
        .call_method1(intern!(semaphore.py(), "release"), (count,))
        .map(drop)
}

/// Sets a number there that the engine does not count with.
#[cold]
fn set_elsewhere(
    semaphore: &Bound<'_, SemaphoreEngine>,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    semaphore
        .call_method1(intern!(semaphore.py(), "_set_elsewhere"), (name, value))
        .map(drop)
}

impl SemaphoreEngine {
    /// What a thread waits for here.
    fn why(&self) -> Why<'_> {
        Why::anyone("Semaphore", self, &self.made)
    }
}
