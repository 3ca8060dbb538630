//! `await queue.get()`.
//! Promise: no item is lost: whoever was woken and cannot take its item wakes the next one.

use super::classes;
use super::engine::QueueEngine;
use crate::asyncio::awaitable::{Handed, Held, Origin, Step, Stop, Visit, Work, is_cancelled};
use crate::names::intern;
use pyo3::prelude::*;

pub(super) struct Get {
    queue: Held<QueueEngine>,
    /// The future in `_getters` that is waited for.
    getter: Option<Held<PyAny>>,
}

impl Get {
    pub(super) fn of(queue: Held<QueueEngine>) -> Self {
        Self {
            queue,
            getter: None,
        }
    }

    fn step(&mut self, py: Python<'_>) -> PyResult<Step> {
        let queue = self.queue.bind(py);
        let this = queue.get();
        let _held = this.hold(py)?;
        if QueueEngine::is_empty(queue)? {
            if this.is_shut_down() {
                return Err(classes::shut_down(py));
            }
            let getter = QueueEngine::future(queue)?;
            this.getters.append(&getter)?;
            self.getter = Some(Held::new(getter.clone().unbind()));
            return Ok(Step::Wait(getter.unbind()));
        }
        let item = if this.plain.is() {
            QueueEngine::get_now(queue)?
        } else {
            queue.call_method0(intern!(py, "get_nowait"))?
        };
        Ok(Step::Return(item.unbind()))
    }

    /// Leaves the queue of those who wait.
    fn leave(&mut self, py: Python<'_>, getter: &Bound<'_, PyAny>) -> PyResult<()> {
        let queue = self.queue.bind(py);
        let this = queue.get();
        let _held = this.hold(py)?;
        getter.call_method0(intern!(py, "cancel"))?;
        this.getters.remove(getter)?;
        if !QueueEngine::is_empty(queue)? && !is_cancelled(getter)? {
            QueueEngine::wake(queue, false)?;
        }
        Ok(())
    }
}

impl Work for Get {
    const ORIGIN: &'static Origin = &Origin {
        module: "ropewalk._asyncio.queues",
        qualname: "Queue.get",
    };

    fn at_once(&self, _py: Python<'_>) -> Option<Py<PyAny>> {
        self.queue.get().get_at_once()
    }

    fn start(&mut self, py: Python<'_>) -> PyResult<Step> {
        self.step(py)
    }

    fn resume(&mut self, py: Python<'_>, outcome: PyResult<Py<PyAny>>) -> PyResult<Step> {
        let getter = self.getter.take();
        match (outcome, getter) {
            (Ok(_), _) => self.step(py),
            (Err(error), Some(getter)) => {
                self.leave(py, getter.bind(py))?;
                Err(error)
            }
            (Err(error), None) => Err(error),
        }
    }

    fn traverse(&self, visit: &mut Visit) -> Result<(), Stop> {
        visit.call(&*self.queue)?;
        visit.call(self.getter.as_deref())
    }
}

impl Handed for Get {
    type Of = QueueEngine;

    fn new(_py: Python<'_>, queue: Held<QueueEngine>, _argument: Option<Held<PyAny>>) -> Self {
        Self::of(queue)
    }
}
