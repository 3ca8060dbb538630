//! `await queue.put(item)`.
//! Promise: no slot is lost: whoever was woken and cannot use its slot wakes the next one.

use super::classes;
use super::engine::QueueEngine;
use crate::asyncio::awaitable::{Handed, Held, Origin, Step, Stop, Visit, Work, is_cancelled};
use crate::names::intern;
use pyo3::prelude::*;

pub(super) struct Put {
    queue: Held<QueueEngine>,
    item: Held<PyAny>,
    /// The future in `_putters` that is waited for.
    putter: Option<Held<PyAny>>,
}

impl Put {
    pub(super) fn of(queue: Held<QueueEngine>, item: Held<PyAny>) -> Self {
        Self {
            queue,
            item,
            putter: None,
        }
    }

    fn step(&mut self, py: Python<'_>) -> PyResult<Step> {
        let queue = self.queue.bind(py);
        let this = queue.get();
        let _held = this.hold(py)?;
        if QueueEngine::is_full(queue)? {
            if this.is_shut_down() {
                return Err(classes::shut_down(py));
            }
            let putter = QueueEngine::future(queue)?;
            this.putters.append(&putter)?;
            self.putter = Some(Held::new(putter.clone().unbind()));
            return Ok(Step::Wait(putter.unbind()));
        }
        if !this.plain.is() {
            let result = queue.call_method1(intern!(py, "put_nowait"), (&*self.item,))?;
            return Ok(Step::Return(result.unbind()));
        }
        QueueEngine::put_now(queue, self.item.bind(py))?;
        Ok(Step::Return(py.None()))
    }

    /// Leaves the queue of those who wait.
    fn leave(&mut self, py: Python<'_>, putter: &Bound<'_, PyAny>) -> PyResult<()> {
        let queue = self.queue.bind(py);
        let this = queue.get();
        let _held = this.hold(py)?;
        putter.call_method0(intern!(py, "cancel"))?;
        this.putters.remove(putter)?;
        if !QueueEngine::is_full(queue)? && !is_cancelled(putter)? {
            QueueEngine::wake(queue, true)?;
        }
        Ok(())
    }
}

impl Work for Put {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.queues",
        qualname: "Queue.put",
    };

    fn at_once(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let queue = self.queue.get();
        queue.put_at_once(py, &self.item).then(|| py.None())
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        self.step(py)
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        let putter = self.putter.take();
        match (outcome, putter) {
            (Ok(_), _) => self.step(py),
            (Err(error), Some(putter)) => {
                self.leave(py, putter.bind(py))?;
                Err(error)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.queue)?;
        visit.call(&*self.item)?;
        visit.call(self.putter.as_deref())
    }
}

impl Handed for Put {
    type Of = QueueEngine;

    fn new(py: Python<'_>, queue: Held<QueueEngine>, argument: Option<Held<PyAny>>) -> Self {
        let item = argument.unwrap_or_else(|| Held::new(py.None()));
        Self::of(queue, item)
    }
}
