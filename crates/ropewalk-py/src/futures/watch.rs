//! Waiting for several futures at once.
//!
//! Promise: futures of the engine report to one gate; any other object that looks like a future
//! (one of the standard library's, or one that was looked into) gets an object among its
//! `_waiters` that reports for it.

use super::future::FutureEngine;
use super::starving::{Wait, WaitingWorker, waiting_for};
use crate::error::futures_names;
use crate::names::intern;
use crate::report::{MadeAt, Why};
use crate::timeout::Timeout;
use crate::wait::Interpreter;
use pyo3::prelude::*;
use pyo3::types::PySet;
use ropewalk_future::{Gate, Patience, Phase, Report, Until};
use std::sync::Arc;

static MADE: MadeAt = MadeAt::UNKNOWN;

/// What stands among the `_waiters` of a future that the engine does not keep.
#[pyclass(frozen, module = "ropewalk._ropewalk.futures")]
#[derive(Debug)]
pub(crate) struct ReportTo(pub(super) Report);

#[pymethods]
impl ReportTo {
    /// Which gate it reports to.
    #[getter(_gate)]
    fn gate(&self) -> usize {
        address(&self.0.gate)
    }

    fn add_result(&self, _future: &Bound<'_, PyAny>) {
        self.report(false);
    }

    fn add_exception(&self, _future: &Bound<'_, PyAny>) {
        self.report(true);
    }

    fn add_cancelled(&self, _future: &Bound<'_, PyAny>) {
        self.report(false);
    }
}

impl ReportTo {
    fn report(&self, failed: bool) {
        self.0.tell(failed).now();
    }
}

/// Whether a future is complete, and whether it failed.
pub(super) fn look_at(future: &Bound<'_, PyAny>) -> PyResult<(bool, bool)> {
    if let Ok(engine) = future.cast::<FutureEngine>() {
        let life = &engine.get().life;
        match life.phase() {
            Phase::HandedOver => {}
            Phase::Finished => return Ok((true, life.read(Result::is_err).unwrap_or(false))),
            phase => return Ok((phase.is_complete(), false)),
        }
    }
    let rare = futures_names(future.py())?.rare.bind(future.py());
    rare.call_method1(intern!(future.py(), "look_at"), (future,))?
        .extract()
}

/// Parts a set of futures: those that are complete, the others, and whether one failed.
#[pyfunction]
pub(crate) fn sort_out<'py>(
    futures: &Bound<'py, PySet>,
) -> PyResult<(Bound<'py, PySet>, Vec<Py<PyAny>>, bool)> {
    let done = PySet::empty(futures.py())?;
    let mut others = Vec::new();
    let mut any_failed = false;
    for future in futures {
        let (complete, failed) = look_at(&future)?;
        any_failed |= failed;
        if complete {
            done.add(future)?;
        } else {
            others.push(future.unbind());
        }
    }
    Ok((done, others, any_failed))
}

/// One watched future: how it was watched.
#[derive(Debug)]
enum Watched {
    Engine(Py<FutureEngine>),
    Other(Py<PyAny>, Py<ReportTo>),
}

/// A gate and the futures that report to it.
#[derive(Debug)]
pub(super) struct Watchers {
    gate: Arc<Gate>,
    watched: Vec<Option<Watched>>,
}

impl Watchers {
    /// Has all of these report.
    pub(super) fn begin(py: Python<'_>, until: Until, futures: Vec<Py<PyAny>>) -> PyResult<Self> {
        let gate = Arc::new(Gate::new(until, futures.len()));
        let mut watched = Vec::with_capacity(futures.len());
        for (key, future) in futures.into_iter().enumerate() {
            watched.push(Some(watch(py, &gate, key, future)?));
        }
        Ok(Self { gate, watched })
    }

    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Takes the futures out that have reported since the last time, in their order.
    pub(super) fn take_reported(&mut self) -> Vec<Py<PyAny>> {
        let keys = self.gate.take();
        let take = |key| self.watched.get_mut(key).and_then(Option::take);
        keys.into_iter()
            .filter_map(take)
            .map(|watched| match watched {
                Watched::Engine(future) => future.into_any(),
                Watched::Other(future, _) => future,
            })
            .collect()
    }

    /// Shows those that are watched.
    pub(super) fn each<E>(
        &self,
        mut look: impl FnMut(&Py<PyAny>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.watched.iter().flatten().try_for_each(|one| match one {
            Watched::Engine(future) => look(future.as_any()),
            Watched::Other(future, _) => look(future),
        })
    }

    /// Counts this thread as one that waits for its own executor, if it does.
    pub(super) fn waiting(
        &self,
        py: Python<'_>,
        until: Until,
        endless: bool,
    ) -> PyResult<WaitingWorker> {
        let futures = self.watched.iter().flatten().filter_map(|one| match one {
            Watched::Engine(future) => Some(future),
            Watched::Other(..) => None,
        });
        let others = self.watched.iter().flatten();
        let others = others
            .into_iter()
            .any(|one| matches!(one, Watched::Other(..)));
        let wait = Wait {
            futures,
            others,
            until,
            endless,
        };
        waiting_for(py, wait)
    }

    /// How to sleep at the gate.
    pub(super) fn sleeper<'w>(
        py: Python<'w>,
        gate: &'w Arc<Gate>,
        timeout: Timeout,
        kind: &'static str,
    ) -> Interpreter<'w> {
        Interpreter::new(py, timeout, Why::anyone(kind, &**gate, &MADE))
    }

    /// Has none of those that are left report.
    pub(super) fn end(self, py: Python<'_>) -> PyResult<()> {
        for watched in self.watched.into_iter().flatten() {
            match watched {
                Watched::Engine(future) => {
                    if !future.get().life.unwatch(&self.gate) {
                        let rare = futures_names(py)?.rare.bind(py);
                        let gate = address(&self.gate);
                        rare.call_method1(intern!(py, "forget_reports"), (future, gate))?;
                    }
                }
                Watched::Other(future, report) => {
                    let rare = futures_names(py)?.rare.bind(py);
                    rare.call_method1(intern!(py, "unwatch"), (future, report))?;
                }
            }
        }
        Ok(())
    }
}

fn address(gate: &Arc<Gate>) -> usize {
    Arc::as_ptr(gate).addr()
}

fn watch(py: Python<'_>, gate: &Arc<Gate>, key: usize, future: Py<PyAny>) -> PyResult<Watched> {
    if let Ok(engine) = future.bind(py).cast::<FutureEngine>()
        && engine.get().life.watch(gate, key)
    {
        return Ok(Watched::Engine(engine.clone().unbind()));
    }
    let gate = Arc::clone(gate);
    let report = Py::new(py, ReportTo(Report { gate, key }))?;
    let rare = futures_names(py)?.rare.bind(py);
    rare.call_method1(intern!(py, "watch"), (&future, &report))?;
    Ok(Watched::Other(future, report))
}

/// One call of `wait()`.
#[pyclass(frozen, module = "ropewalk._ropewalk.futures")]
#[derive(Debug)]
pub(crate) struct Watch;

#[pymethods]
impl Watch {
    /// Waits for these futures, until one, one that failed, or all of them are complete; returns
    /// those that are.
    #[staticmethod]
    fn wait(
        py: Python<'_>,
        futures: Vec<Py<PyAny>>,
        until: &str,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Vec<Py<PyAny>>> {
        let until = match until {
            "FIRST_COMPLETED" => Until::Any,
            "FIRST_EXCEPTION" => Until::Failure,
            _ => Until::All,
        };
        let time = Timeout::of_one_wait(timeout)?;
        let mut watchers = Watchers::begin(py, until, futures)?;
        let waiting = watchers.waiting(py, until, time == Timeout::None);
        let waited = waiting.and_then(|_waiting| {
            let gate = watchers.gate();
            let mut sleeper = Watchers::sleeper(py, gate, time, "futures.wait");
            gate.wait(time.patience(), &mut sleeper)
        });
        let reported = watchers.take_reported();
        watchers.end(py)?;
        waited.map(|_| reported)
    }
}

/// Waits at the gate until something was reported; false when time ran out.
pub(super) fn wait_for_report(
    py: Python<'_>,
    gate: &Arc<Gate>,
    patience: Patience,
) -> PyResult<bool> {
    let mut sleeper = Watchers::sleeper(py, gate, Timeout::None, "futures.as_completed");
    gate.wait(patience, &mut sleeper)
}
