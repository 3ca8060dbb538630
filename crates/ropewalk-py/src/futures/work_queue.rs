//! A pool's queue as an object: what workers are started with, and what programs see as
//! `_work_queue`.
//! Promise: it holds the pool, not the executor.

use super::future::FutureEngine;
use super::starving::NumberedPool;
use super::task::Task;
use super::worker;
use crate::error::futures_names;
use crate::names::intern;
use crate::report::{MadeAt, Why};
use crate::timeout::{Timeout, Truth};
use crate::wait::Interpreter;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use ropewalk_park::ShortLock;
use ropewalk_pool::thread::{Hire, How, Refused};
use std::sync::Arc;

/// The tasks that wait in a `ThreadPoolExecutor`.
#[pyclass(frozen, weakref, module = "ropewalk._ropewalk.futures")]
#[derive(Debug)]
pub(crate) struct WorkQueue {
    pool: Arc<NumberedPool>,
}

static MADE: MadeAt = MadeAt::UNKNOWN;

impl WorkQueue {
    fn take<'py>(&self, py: Python<'py>, time: Timeout) -> PyResult<Bound<'py, PyAny>> {
        let why = Why::anyone("SimpleQueue.get", &*self.pool, &MADE);
        let mut sleeper = Interpreter::new(py, time, why);
        if let Some(task) = self.pool.pool.take(time.patience(), &mut sleeper)? {
            task.future.get().stamp.forget();
            return task.into_object(py);
        }
        let empty = py
            .import(intern!(py, "_queue"))?
            .getattr(intern!(py, "Empty"))?;
        Err(PyErr::from_value(empty.call0()?))
    }

    pub(super) fn of(pool: &Arc<NumberedPool>) -> Self {
        Self {
            pool: Arc::clone(pool),
        }
    }
}

#[pymethods]
impl WorkQueue {
    /// Return how many tasks wait.
    fn qsize(&self) -> usize {
        self.pool.pool.queued()
    }

    /// Return True if no task waits.
    fn empty(&self) -> bool {
        self.pool.pool.queued() == 0
    }

    /// Add a work item; or, with None, let the workers run what is queued and end.
    fn put(&self, item: &Bound<'_, PyAny>) -> PyResult<()> {
        if item.is_none() {
            self.pool.pool.shut_down();
            return Ok(());
        }
        let py = item.py();
        let future = item.getattr(intern!(py, "future"))?;
        let rare = futures_names(py)?.rare.bind(py);
        let parts = rare.call_method1(intern!(py, "parts_of"), (item,))?;
        let (function, arguments, keywords) = parts.extract()?;
        self.pool.pool.push(Task {
            future: future.cast_into::<FutureEngine>()?.unbind(),
            function,
            arguments,
            keywords: Some(keywords),
        });
        Ok(())
    }

    /// Take out the next work item, or raise queue.Empty.
    fn get_nowait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.take(py, Timeout::NotAtAll)
    }

    /// Take out the next work item, after waiting for it; at most `timeout` seconds.
    ///
    /// With `block` false do not wait. `queue.Empty` is raised when there was none in time.
    #[pyo3(signature = (block=Truth(true), timeout=None))]
    fn get<'py>(
        &self,
        py: Python<'py>,
        block: Truth,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let time = if block.0 {
            Timeout::of_one_wait(timeout)?
        } else {
            Timeout::NotAtAll
        };
        self.take(py, time)
    }

    /// As `put()`.
    fn put_nowait(&self, item: &Bound<'_, PyAny>) -> PyResult<()> {
        self.put(item)
    }

    /// Works until there is nothing more to do; true for a surplus worker.
    fn _work(&self, crew: &Bound<'_, PyAny>) -> bool {
        worker::work(crew.py(), &self.pool, crew)
    }

    /// Takes no more tasks; with `cancel` returns the futures of those in the queue.
    fn _shut_down<'py>(&self, py: Python<'py>, cancel: Truth) -> PyResult<Bound<'py, PyList>> {
        self.pool.pool.shut_down();
        let tasks = if cancel.0 {
            self.pool.pool.drain()
        } else {
            Vec::new()
        };
        PyList::new(py, tasks.into_iter().map(|task| task.future))
    }

    /// Takes no more tasks, counts one worker less; returns the futures of those in the queue.
    fn _break_down<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.pool.pool.one_less();
        let tasks = self.pool.pool.break_down();
        PyList::new(py, tasks.into_iter().map(|task| task.future))
    }

    /// A worker that was hired could not be started.
    fn _one_less(&self) {
        self.pool.pool.one_less();
    }

    /// True from the shut-down on.
    fn _is_shut_down(&self) -> bool {
        self.pool.pool.is_shut_down()
    }

    /// True in a forked child whose parent has the workers.
    fn _is_forked(&self) -> bool {
        self.pool.pool.is_forked()
    }

    /// How many workers have nothing to do.
    fn _idle(&self) -> usize {
        self.pool.pool.idle()
    }

    /// How many workers there may be.
    fn _limit(&self) -> usize {
        self.pool.pool.limit()
    }

    fn _set_limit(&self, limit: usize) {
        self.pool.pool.set_limit(limit);
    }
}

/// A task on its way into the queue while a worker is hired for it.
#[pyclass(frozen, module = "ropewalk._ropewalk.futures")]
#[derive(Debug)]
pub(super) struct Post {
    pool: Arc<NumberedPool>,
    how: How,
    task: ShortLock<Option<Task>>,
    refused: ShortLock<Option<Refused<Task>>>,
}

#[pymethods]
impl Post {
    /// Puts the task into the queue; true when a worker has to be started for it.
    fn __call__(&self) -> PyResult<bool> {
        let Some(task) = self.task.lock().take() else {
            return Err(PyRuntimeError::new_err("a task is put only once"));
        };
        let how = How {
            hire: Hire::IfNeeded,
            ..self.how
        };
        match self.pool.pool.submit(task, how) {
            Ok(hire) => Ok(hire == Hire::IfNeeded),
            Err(refused) => {
                *self.refused.lock() = Some(refused);
                Ok(false)
            }
        }
    }
}

impl Post {
    pub(super) fn new(pool: &Arc<NumberedPool>, how: How, task: Task) -> Self {
        Self {
            pool: Arc::clone(pool),
            how,
            task: ShortLock::new(Some(task)),
            refused: ShortLock::default(),
        }
    }

    /// What stood in the way, with the task.
    pub(super) fn refused(&self) -> Option<Refused<Task>> {
        self.refused.lock().take()
    }
}
