//! `await queue.join()`.
//! Promise: it waits for `_finished` while there are unfinished tasks, and only then.

use super::engine::QueueEngine;
use crate::asyncio::awaitable::{Handed, Held, Origin, Step, Stop, Visit, Work};
use crate::names::intern;
use pyo3::prelude::*;

pub(super) struct Join(Held<QueueEngine>);

impl Join {
    pub(super) fn of(queue: Held<QueueEngine>) -> Self {
        Self(queue)
    }
}

impl Work for Join {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.queues",
        qualname: "Queue.join",
    };

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        (self.0.get().state.lock().unfinished <= 0).then(|| py.None())
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        let finished = QueueEngine::finished(self.0.bind(py))?;
        let waiting = finished.call_method0(intern!(py, "wait"))?;
        Ok(Step::Wait(waiting.unbind()))
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        outcome.map(|_| Step::Return(py.None()))
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.0)
    }
}

impl Handed for Join {
    type Of = QueueEngine;

    fn new(_py: Python<'_>, queue: Held<QueueEngine>, _argument: Option<Held<PyAny>>) -> Self {
        Self::of(queue)
    }
}
