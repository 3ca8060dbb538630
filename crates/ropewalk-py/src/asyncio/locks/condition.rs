//! `await condition.wait()` and `wait_for(predicate)`.
//!
//! Promise: whoever leaves `wait()`, in whichever way, holds the lock. The lock may be anybody's:
//! it is released and taken through the condition's `release` and `acquire`. Since Python 3.13 a
//! notification that ends in an exception is passed on to the next waiter.

use super::cancelled::{self, is_cancellation};
use crate::asyncio::awaitable::{Held, Origin, Step, Stop, Visit, Work, coroutine, future};
use crate::names::intern;
use crate::raised::Raised;
use pyo3::exceptions::{PyBaseException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyBool;

fn raised(py: Python<'_>, error: &Py<PyBaseException>) -> PyErr {
    PyErr::from_value(error.bind(py).clone().into_any())
}

/// `await condition.wait()`.
struct Wait {
    condition: Held<PyAny>,
    /// The future in `_waiters`, while it is waited for.
    waiter: Option<Held<PyAny>>,
    /// What the wait ended with; the lock is being taken back.
    ended: Option<Held<PyBaseException>>,
    /// A notification that comes to nothing goes to the next waiter.
    passes_on: bool,
}

impl Wait {
    fn begin(&mut self, py: Python<'_>) -> PyResult<Step> {
        let condition = self.condition.bind(py);
        let locked = condition.call_method0(intern!(py, "locked"))?;
        if !locked.is_truthy()? {
            let why = "cannot wait on un-acquired lock";
            return Err(PyRuntimeError::new_err(why));
        }
        cancelled::class(py)?;
        let make = || future(&condition.call_method0(intern!(py, "_get_loop"))?);
        let release = || condition.call_method0(intern!(py, "release"));
        let waiter = if self.passes_on {
            let waiter = make()?;
            release()?;
            waiter
        } else {
            release()?;
            match make() {
                Ok(waiter) => waiter,
                Err(error) => {
                    self.ended = Some(Held::new(error.made(py).into_value(py)));
                    return self.take_back(py);
                }
            }
        };
        let waiters = condition.getattr(intern!(py, "_waiters"))?;
        waiters.call_method1(intern!(py, "append"), (&waiter,))?;
        self.waiter = Some(Held::new(waiter.clone().unbind()));
        Ok(Step::Wait(waiter.unbind()))
    }

    fn take_back(&self, py: Python<'_>) -> PyResult<Step> {
        let acquiring = self.condition.call_method0(py, intern!(py, "acquire"))?;
        Ok(Step::Wait(acquiring))
    }

    /// Ends with an exception.
    fn fail(&self, py: Python<'_>, error: PyErr) -> PyResult<Step> {
        if self.passes_on {
            self.condition
                .call_method1(py, intern!(py, "_notify"), (1,))?;
        }
        Err(error)
    }

    fn go_on(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        if let Some(waiter) = self.waiter.take() {
            let waiters = self.condition.getattr(py, intern!(py, "_waiters"))?;
            let removed = waiters.call_method1(py, intern!(py, "remove"), (&*waiter,));
            let ended = outcome.and(removed).made(py).err();
            self.ended = ended.map(|error| Held::new(error.into_value(py)));
            return self.take_back(py);
        }
        match outcome {
            Ok(_) => match self.ended.take() {
                None => Ok(Step::Return(
                    PyBool::new(py, true).to_owned().into_any().unbind(),
                )),
                Some(error) => self.fail(py, raised(py, &error)),
            },
            Err(error) if is_cancellation(&error, py)? => {
                // The lock has to be taken back all the same. Before 3.13 the last of several
                // cancellations arrived as a new one, without what it was cancelled with.
                let last = if self.passes_on {
                    error
                } else {
                    PyErr::from_type(error.get_type(py), ()).made(py)
                };
                if let Some(before) = self.ended.take() {
                    last.set_context(py, Some(raised(py, &before)));
                }
                self.ended = Some(Held::new(last.into_value(py)));
                self.take_back(py)
            }
            Err(error) => self.fail(py, error),
        }
    }
}

impl Work for Wait {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Condition.wait",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        self.begin(py)
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        self.go_on(py, outcome)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.condition)?;
        visit.call(self.waiter.as_deref())?;
        visit.call(self.ended.as_deref())
    }
}

/// `await condition.wait_for(predicate)`.
struct WaitFor {
    condition: Held<PyAny>,
    predicate: Held<PyAny>,
}

impl WaitFor {
    fn ask(&self, py: Python<'_>) -> PyResult<Step> {
        let answer = self.predicate.call0(py)?;
        if answer.is_truthy(py)? {
            return Ok(Step::Return(answer));
        }
        let waiting = self.condition.call_method0(py, intern!(py, "wait"))?;
        Ok(Step::Wait(waiting))
    }
}

impl Work for WaitFor {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.locks",
        qualname: "Condition.wait_for",
    };

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        self.ask(py)
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.and_then(|_| self.ask(py))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.condition)?;
        visit.call(&*self.predicate)
    }
}

/// A coroutine that waits until `condition` is notified. `passes_on`: as since Python 3.13.
#[pyfunction]
pub(super) fn condition_wait(
    py: Python<'_>,
    condition: Py<PyAny>,
    passes_on: bool,
) -> PyResult<Bound<'_, PyAny>> {
    let wait = Wait {
        condition: Held::new(condition),
        waiter: None,
        ended: None,
        passes_on,
    };
    coroutine(py, wait)
}

/// A coroutine that waits until `predicate` is true.
#[pyfunction]
pub(super) fn condition_wait_for(
    py: Python<'_>,
    condition: Py<PyAny>,
    predicate: Py<PyAny>,
) -> PyResult<Bound<'_, PyAny>> {
    let wait = WaitFor {
        condition: Held::new(condition),
        predicate: Held::new(predicate),
    };
    coroutine(py, wait)
}
