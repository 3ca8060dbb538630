//! `threading.Barrier`.
//!
//! Promise: the action runs without any lock of ours; a failing one breaks the barrier. A barrier
//! that was never begun is no error here: its class has steps of its own, and `_begun` says so.

use crate::report::{MadeAt, Why};
use crate::timeout::Timeout;
use crate::wait::Interpreter;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyInt, PyTuple, PyType};
use ropewalk_park::{Deadline, Sleeper, Waiter};
use ropewalk_sync as engine;
use ropewalk_sync::BarrierError;
use std::sync::OnceLock;

/// The class `threading.BrokenBarrierError`, told by `ropewalk.threading`.
static BROKEN: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// A meeting point for threads; the base of `ropewalk.threading.Barrier`.
#[pyclass(frozen, subclass, module = "ropewalk._ropewalk.threading")]
#[derive(Debug, Default)]
pub(crate) struct BarrierEngine {
    engine: OnceLock<engine::Barrier>,
    made: MadeAt,
}

#[pymethods]
impl BarrierEngine {
    #[new]
    #[pyo3(signature = (*args, **_kwargs))]
    fn new(args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            engine: OnceLock::new(),
            made: MadeAt::here(args.py()),
        }
    }

    /// Sets the number of parties and the exception to raise, and says that it did: the engine
    /// counts with plain whole numbers only. The first call counts.
    fn _begin(&self, py: Python<'_>, parties: &Bound<'_, PyAny>, broken: Py<PyType>) -> bool {
        let parties = parties
            .cast_exact::<PyInt>()
            .map(|parties| parties.extract());
        let Ok(Ok(parties @ 1..=engine::Semaphore::MOST)) = parties else {
            return false;
        };
        self.engine.get_or_init(|| engine::Barrier::new(parties));
        BROKEN.get_or_init(py, || broken);
        true
    }

    /// Whether the engine is what waits: `_begin` was called.
    #[getter]
    fn _begun(&self) -> bool {
        self.engine.get().is_some()
    }

    /// Waits for the other parties; the last one calls `action`.
    fn _meet(
        &self,
        py: Python<'_>,
        timeout: Option<&Bound<'_, PyAny>>,
        action: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<usize> {
        let (timeout, refused) = match Timeout::of_repeated_waits(timeout) {
            Ok(timeout) => (timeout, None),
            Err(why) => (Timeout::Seconds(0.0), Some(why)),
        };
        let why = Why::anyone("Barrier", self, &self.made);
        let mut sleeper = Meeting {
            interpreter: Interpreter::new(py, timeout, why),
            refused,
        };
        let act = || match action {
            Some(action) if action.is_truthy()? => action.call0().map(drop),
            _ => Ok(()),
        };
        self.engine()?
            .wait(timeout.patience(), &mut sleeper, act)
            .map_err(|why| match why {
                BarrierError::Aborted(why) => why,
                BarrierError::Broken => broken(py),
            })
    }

    /// Make the barrier whole and empty. Threads that wait get `BrokenBarrierError`.
    fn reset(&self) -> PyResult<()> {
        self.engine()?.reset();
        Ok(())
    }

    /// Break the barrier. Threads that wait, and all that come, get `BrokenBarrierError`.
    fn abort(&self) -> PyResult<()> {
        self.engine()?.abort();
        Ok(())
    }

    /// How many threads let each other through.
    #[getter]
    fn parties(&self) -> PyResult<usize> {
        Ok(self.engine()?.parties())
    }

    /// How many threads wait at this moment.
    #[getter]
    fn n_waiting(&self) -> PyResult<usize> {
        Ok(self.engine()?.waiting())
    }

    /// True while the barrier is broken.
    #[getter]
    fn broken(&self) -> PyResult<bool> {
        Ok(self.engine()?.is_broken())
    }
}

/// Sleeps as any thread does; but who waits for the others and gave a time-out that is none, is
/// told so then. The last one does not wait, and is not.
struct Meeting<'py> {
    interpreter: Interpreter<'py>,
    refused: Option<PyErr>,
}

impl Sleeper for Meeting<'_> {
    type Abort = PyErr;

    fn sleep(&mut self, waiter: &Waiter, deadline: Deadline) -> PyResult<bool> {
        // The wait for the end of an action is without one.
        if deadline != Deadline::NEVER
            && let Some(why) = self.refused.take()
        {
            return Err(why);
        }
        self.interpreter.sleep(waiter, deadline)
    }
}

impl BarrierEngine {
    fn engine(&self) -> PyResult<&engine::Barrier> {
        self.engine.get().ok_or_else(|| {
            pyo3::exceptions::PyAttributeError::new_err("Barrier.__init__() was not called")
        })
    }
}

fn broken(py: Python<'_>) -> PyErr {
    match BROKEN.get(py) {
        Some(class) => PyErr::from_type(class.bind(py).clone(), ()),
        None => pyo3::exceptions::PyRuntimeError::new_err("the barrier is broken"),
    }
}
