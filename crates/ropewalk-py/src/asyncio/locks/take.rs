//! `acquire()` and `async with` of locks and semaphores.
//! Promise: what is free is taken in the first step; else the standard library waits.

use crate::asyncio::awaitable::{Handed, Held, Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::intern;
use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::PyBool;

/// Something that can be taken and given back.
pub(super) trait Permit: PyClass<Frozen = True> + Send + Sync {
    const ACQUIRE: &'static Origin;
    const ENTER: &'static Origin;
    const EXIT: &'static Origin;

    /// As `try_take`, as far as that is possible without running Python code.
    fn take_at_once(&self) -> bool;

    /// As `give_back`, as far as that is possible without running Python code.
    fn give_back_at_once(&self) -> bool;

    /// Takes it if it is free and nobody is before us.
    fn try_take(&self, py: Python<'_>) -> PyResult<bool>;

    /// Gives it back.
    fn give_back(slf: &Bound<'_, Self>) -> PyResult<()>;

    /// Whether `acquire` and `release` are the engine's, and no subclass's.
    fn is_plain(&self) -> bool;
}

/// `await permit.acquire()`.
pub(super) struct Take<P>(Held<P>);

impl<P: Permit> Work for Take<P> {
    const ORIGIN: &'static Origin = P::ACQUIRE;

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0.get().take_at_once().then(|| yes(py))
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let permit = self.0.bind(py);
        if permit.get().try_take(py)? {
            return Ok(Step::Return(yes(py)));
        }
        let waiting = permit
            .as_any()
            .call_method0(intern!(py, "_acquire_slowly"))?;
        Ok(Step::Wait(waiting.unbind()))
    }

    fn resume(&mut self, _py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(Step::Return)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.0)
    }
}

/// `__aenter__`: as `acquire`, but the result is None.
pub(super) struct Enter<P>(Held<P>);

impl<P: Permit> Work for Enter<P> {
    const ORIGIN: &'static Origin = P::ENTER;

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let permit = self.0.get();
        (permit.is_plain() && permit.take_at_once()).then(|| py.None())
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let permit = self.0.bind(py);
        let plain = permit.get().is_plain();
        if plain && permit.get().try_take(py)? {
            return Ok(Step::Return(py.None()));
        }
        let name = if plain {
            intern!(py, "_acquire_slowly")
        } else {
            intern!(py, "acquire")
        };
        Ok(Step::Wait(permit.as_any().call_method0(name)?.unbind()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(|_| Step::Return(py.None()))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.0)
    }
}

/// `__aexit__`: gives back, and lets the exception go on.
pub(super) struct Exit<P>(Held<P>);

impl<P: Permit> Work for Exit<P> {
    const ORIGIN: &'static Origin = P::EXIT;

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let permit = self.0.get();
        (permit.is_plain() && permit.give_back_at_once()).then(|| py.None())
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let permit = self.0.bind(py);
        if permit.get().is_plain() {
            P::give_back(permit)?;
        } else {
            permit.as_any().call_method0(intern!(py, "release"))?;
        }
        Ok(Step::Return(py.None()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(|_| Step::Return(py.None()))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.0)
    }
}

fn yes(py: Python<'_>) -> Py<PyAny> {
    PyBool::new(py, true).to_owned().into_any().unbind()
}

pub(super) fn acquire<'py, P: Permit>(slf: &Bound<'py, P>) -> PyResult<Bound<'py, PyAny>> {
    coroutine(slf.py(), Take(Held::new(slf.clone().unbind())))
}

pub(super) fn enter<'py, P: Permit>(slf: &Bound<'py, P>) -> PyResult<Bound<'py, PyAny>> {
    coroutine(slf.py(), Enter(Held::new(slf.clone().unbind())))
}

pub(super) fn exit<'py, P: Permit>(slf: &Bound<'py, P>) -> PyResult<Bound<'py, PyAny>> {
    coroutine(slf.py(), Exit(Held::new(slf.clone().unbind())))
}

impl<P: Permit> Handed for Take<P> {
    type Of = P;

    fn new(_py: Python<'_>, permit: Held<P>, _argument: Option<Held<PyAny>>) -> Self {
        Self(permit)
    }
}

impl<P: Permit> Handed for Enter<P> {
    type Of = P;

    fn new(_py: Python<'_>, permit: Held<P>, _argument: Option<Held<PyAny>>) -> Self {
        Self(permit)
    }
}

impl<P: Permit> Handed for Exit<P> {
    type Of = P;

    fn new(_py: Python<'_>, permit: Held<P>, _argument: Option<Held<PyAny>>) -> Self {
        Self(permit)
    }
}
