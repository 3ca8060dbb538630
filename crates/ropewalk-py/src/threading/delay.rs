//! The delay queue, for Timer. Promise: no Python code runs while the queue's lock is held.

use crate::report::{MadeAt, Why};
use crate::timeout::Timeout;
use crate::wait::Interpreter;
use pyo3::intern;
use pyo3::prelude::*;
use ropewalk_sync::{self as engine, Deadline, DelayKey};
use std::sync::Arc;
use std::time::Duration;

type Item = Py<PyAny>;

/// Objects, each with the moment at which it is due.
///
/// The garbage collector does not look into it: what is pending is in use.
#[pyclass(frozen, module = "ropewalk._ropewalk.threading")]
#[derive(Debug)]
pub(crate) struct DelayQueue {
    engine: Arc<engine::DelayQueue<Item>>,
}

/// One object in a delay queue.
#[pyclass(frozen, module = "ropewalk._ropewalk.threading")]
#[derive(Debug)]
pub(crate) struct DelayEntry {
    queue: Arc<engine::DelayQueue<Item>>,
    key: DelayKey,
}

/// The right and the duty to hand out what becomes due: for one thread.
#[pyclass(module = "ropewalk._ropewalk.threading")]
#[derive(Debug)]
pub(crate) struct DelayServer {
    engine: Option<engine::DelayServer<Item>>,
}

#[pymethods]
impl DelayQueue {
    /// An empty queue, whose server stays `patience` seconds while nothing is pending.
    #[new]
    fn new(patience: f64) -> PyResult<Self> {
        Ok(Self {
            engine: engine::DelayQueue::new(duration(patience)?),
        })
    }

    /// Let `item` become due in so many seconds, and set `holder._entry` to its entry. If nobody
    /// serves, call `serve` with the server before; if that raises, nothing is set and the item is
    /// taken back.
    ///
    /// A signal's handler cannot come between what is scheduled and what is set.
    fn schedule(
        &self,
        py: Python<'_>,
        seconds: f64,
        item: Item,
        serve: &Bound<'_, PyAny>,
        holder: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let deadline = Deadline::after(duration(seconds)?);
        let (key, server) = self.engine.schedule(deadline, item);
        let queue = Arc::clone(&self.engine);
        let entry = Bound::new(py, DelayEntry { queue, key })?;
        if server.is_some() {
            let server = Bound::new(py, DelayServer { engine: server })?;
            serve.call1((&server,)).inspect_err(|_| {
                // The traceback may hold on to the server; its duty is laid down all the same.
                drop(server.borrow_mut().engine.take());
                drop(entry.get().cancel());
            })?;
        }
        holder.setattr(intern!(py, "_entry"), entry)
    }

    /// From now on the server leaves as soon as nothing is pending.
    fn hurry(&self) {
        self.engine.hurry();
    }

    /// Take out and return all that is pending: for the one thread of a forked child.
    fn abandon(&self) -> Vec<Item> {
        self.engine.abandon()
    }

    fn __len__(&self) -> usize {
        self.engine.len()
    }
}

#[pymethods]
impl DelayEntry {
    /// Take the object back and return it; None if it was handed out or taken back before.
    fn cancel(&self) -> Option<Item> {
        self.queue.cancel(self.key)
    }

    /// The object while it is pending; None if it was handed out or taken back.
    fn peek(&self, py: Python<'_>) -> Option<Item> {
        self.queue.peek(self.key, |item| item.clone_ref(py))
    }
}

#[pymethods]
impl DelayServer {
    /// Wait for the next object to become due and return it; None when there is nothing to serve
    /// any more.
    fn next(&mut self, py: Python<'_>) -> PyResult<Option<Item>> {
        let Some(server) = &mut self.engine else {
            return Ok(None);
        };
        let nowhere = MadeAt::default();
        let why = Why::anyone("pending Timers", &nowhere, &nowhere);
        server.next(&mut Interpreter::new(py, Timeout::None, why))
    }
}

fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|why| pyo3::exceptions::PyValueError::new_err(why.to_string()))
}
