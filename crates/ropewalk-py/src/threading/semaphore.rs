//! `threading.Semaphore` and `BoundedSemaphore`.
//! Promise: taking a permit that is there is one compare-and-swap.

use crate::names::intern;
use crate::own::{Known, OwnMethods};
use crate::report::{MadeAt, Why};
use crate::timeout::{Given, Timeout, Truth};
use crate::wait::Interpreter;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use ropewalk_facade::atomic::{AtomicUsize, Ordering};
use ropewalk_sync as engine;

/// Permits that threads take and give back; the base of `ropewalk.threading.Semaphore`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.threading")]
#[derive(Debug)]
pub(crate) struct SemaphoreEngine {
    engine: engine::Semaphore,
    made: MadeAt,
    /// The most permits there may be. Relaxed: written by `_begin` only.
    most: AtomicUsize,
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
            engine: engine::Semaphore::new(1),
            most: AtomicUsize::new(engine::Semaphore::MOST),
            own: OwnMethods::default(),
        }
    }

    /// Sets the permits, and the most that there may be.
    fn _begin(slf: &Bound<'_, Self>, value: usize, most: Option<usize>) -> PyResult<()> {
        let this = slf.get();
        this.engine.set_permits(value);
        this.most
            .store(most.unwrap_or(engine::Semaphore::MOST), Ordering::Relaxed);
        let plain = slf.py().get_type::<Self>();
        this.own
            .note_known_class(&KNOWN, &slf.get_type(), &plain, CALLED)
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
        &self,
        py: Python<'_>,
        blocking: Truth,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        if !blocking.0 && timeout.is_some() {
            let why = "can't specify timeout for non-blocking acquire";
            return Err(PyValueError::new_err(why));
        }
        if self.engine.try_acquire() {
            return Ok(true);
        }
        if !blocking.0 {
            return Ok(false);
        }
        let timeout = Timeout::of_repeated_waits(timeout)?;
        self.engine.acquire(
            timeout.patience(),
            &mut Interpreter::new(py, timeout, self.why()),
        )
    }

    /// Give `n` permits back.
    #[pyo3(signature = (n=Given(None)), text_signature = "($self, n=1)")]
    pub(super) fn release(&self, n: Given<'_>) -> PyResult<()> {
        let count = match n.0 {
            None => 1,
            Some(n) if n.lt(1)? => return Err(PyValueError::new_err("n must be one or more")),
            Some(n) => n.extract()?,
        };
        self.give_back(count)
    }

    #[pyo3(
        signature = (blocking=Truth(true), timeout=None),
        text_signature = "($self, blocking=True, timeout=None)"
    )]
    fn __enter__(
        &self,
        py: Python<'_>,
        blocking: Truth,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        self.acquire(py, blocking, timeout)
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
        slf.get().give_back(1)
    }

    /// How many permits there are.
    #[getter]
    fn _value(&self) -> usize {
        self.engine.permits()
    }

    #[setter(_value)]
    fn set_value(&self, value: usize) {
        self.engine.set_permits(value);
    }

    /// The most permits there may be.
    #[getter]
    fn _most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    #[setter(_most)]
    fn set_most(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// Forget who waited: for the one thread of a forked child.
    fn _at_fork_reinit(&self) {
        self.engine.reset_after_fork();
    }
}

impl SemaphoreEngine {
    fn give_back(&self, count: usize) -> PyResult<()> {
        self.engine
            .release(count, self.most.load(Ordering::Relaxed))
            .map_err(|_| PyValueError::new_err("Semaphore released too many times"))
    }
}

impl SemaphoreEngine {
    /// What a thread waits for here.
    fn why(&self) -> Why<'_> {
        Why::anyone("Semaphore", self, &self.made)
    }
}
