//! `acquire()` and `async with` of locks and semaphores.
//! Promise: what is free is taken in the first step; else the task stands in line, and whichever
//! way it leaves the line, the permit it was given is used or passed on.

use super::cancelled;
use super::{Home, Waiters};
use crate::asyncio::awaitable::{AtOnce, Handed, Held, Origin, Step, Stop, Visit, Work, coroutine};
use crate::names::intern;
use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::PyBool;
use std::marker::PhantomData;

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

    /// Whether all methods that the engine relies on are its own, and no subclass's.
    fn is_plain(&self) -> bool;

    /// Those who stand in line.
    fn waiters(&self) -> &Waiters;

    /// The loop it belongs to.
    fn home(&self) -> &Home;

    /// Ends a wait: `waiter` has left the line. Ok: the permit is the caller's.
    fn arrive(
        slf: &Bound<'_, Self>,
        waiter: &Bound<'_, PyAny>,
        woken: PyResult<()>,
    ) -> PyResult<()>;
}

/// Taking a permit, in one step or after a wait.
struct Acquiring<P> {
    permit: Held<P>,
    /// The future in the line that is waited for.
    waiter: Option<Held<PyAny>>,
}

impl<P: Permit> Acquiring<P> {
    fn of(permit: Held<P>) -> Self {
        Self {
            permit,
            waiter: None,
        }
    }

    /// Takes it, or says what to wait for.
    fn begin(&mut self, py: Python<'_>) -> PyResult<Option<Step>> {
        let permit = self.permit.bind(py);
        let this = permit.get();
        if this.try_take(py)? {
            return Ok(None);
        }
        if !this.is_plain() {
            let waiting = permit
                .as_any()
                .call_method0(intern!(py, "_acquire_slowly"))?;
            return Ok(Some(Step::Wait(waiting.unbind())));
        }
        cancelled::class(py)?;
        let waiter = this.home().future(permit.as_any())?;
        this.waiters().append(&waiter)?;
        self.waiter = Some(Held::new(waiter.clone().unbind()));
        Ok(Some(Step::Wait(waiter.unbind())))
    }

    /// Goes on after the wait; Ok: it is taken.
    fn go_on(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<()> {
        let woken = outcome.map(drop);
        let Some(waiter) = self.waiter.take() else {
            return woken;
        };
        let (permit, waiter) = (self.permit.bind(py), waiter.bind(py));
        permit.get().waiters().take_out(waiter)?;
        P::arrive(permit, waiter, woken)
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.permit)?;
        visit.call(self.waiter.as_deref())
    }
}

/// `await permit.acquire()`.
pub(super) struct Take<P>(Acquiring<P>);

impl<P: Permit> Work for Take<P> {
    const ORIGIN: &'static Origin = P::ACQUIRE;

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.0.permit.get().take_at_once().then(|| yes(py))
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let step = self.0.begin(py)?;
        Ok(step.unwrap_or_else(|| Step::Return(yes(py))))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        self.0.go_on(py, outcome)?;
        Ok(Step::Return(yes(py)))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        self.0.traverse(visit)
    }
}

/// `__aenter__`: as `acquire`, but the result is None.
pub(super) struct Enter<P>(Acquiring<P>);

impl<P: Permit> Work for Enter<P> {
    const ORIGIN: &'static Origin = P::ENTER;

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let permit = self.0.permit.get();
        (permit.is_plain() && permit.take_at_once()).then(|| py.None())
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        if self.0.permit.get().is_plain() {
            let step = self.0.begin(py)?;
            return Ok(step.unwrap_or_else(|| Step::Return(py.None())));
        }
        let permit = self.0.permit.bind(py);
        let acquiring = permit.as_any().call_method0(intern!(py, "acquire"))?;
        Ok(Step::Wait(acquiring.unbind()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        self.0.go_on(py, outcome)?;
        Ok(Step::Return(py.None()))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        self.0.traverse(visit)
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

/// True.
pub(super) fn yes(py: Python<'_>) -> Py<PyAny> {
    PyBool::new(py, true).to_owned().into_any().unbind()
}

pub(super) fn acquire<'py, P: Permit>(slf: &Bound<'py, P>) -> PyResult<Bound<'py, PyAny>> {
    coroutine(
        slf.py(),
        Take(Acquiring::of(Held::new(slf.clone().unbind()))),
    )
}

pub(super) fn enter<'py, P: Permit>(slf: &Bound<'py, P>) -> PyResult<Bound<'py, PyAny>> {
    coroutine(
        slf.py(),
        Enter(Acquiring::of(Held::new(slf.clone().unbind()))),
    )
}

pub(super) fn exit<'py, P: Permit>(slf: &Bound<'py, P>) -> PyResult<Bound<'py, PyAny>> {
    coroutine(slf.py(), Exit(Held::new(slf.clone().unbind())))
}

impl<P: Permit> Handed for Take<P> {
    type Of = P;

    fn new(_py: Python<'_>, permit: Held<P>, _argument: Option<Held<PyAny>>) -> Self {
        Self(Acquiring::of(permit))
    }
}

impl<P: Permit> Handed for Enter<P> {
    type Of = P;

    fn new(_py: Python<'_>, permit: Held<P>, _argument: Option<Held<PyAny>>) -> Self {
        Self(Acquiring::of(permit))
    }
}

impl<P: Permit> Handed for Exit<P> {
    type Of = P;

    fn new(_py: Python<'_>, permit: Held<P>, _argument: Option<Held<PyAny>>) -> Self {
        Self(permit)
    }
}

/// `release()`.
pub(super) struct GiveBack<P>(PhantomData<P>);

impl<P: Permit> AtOnce for GiveBack<P> {
    type Of = P;

    fn act(py: Python<'_>, permit: &P, _argument: Option<&Py<PyAny>>) -> Option<Py<PyAny>> {
        permit.give_back_at_once().then(|| py.None())
    }
}
