//! Who awaits a future, as asyncio's call graphs show it (Python 3.14 and later).
//!
//! Promise: the functions of `asyncio.futures` are called wherever the running Python's own code
//! calls them, those that stand there at that time; on a Python whose futures do not know who
//! awaits them nothing is done, and nobody asks which task is running.

use super::stock::Stock;
use crate::asyncio::running::running_loop;
use crate::names::{import, intern};
use pyo3::prelude::*;
use pyo3::types::PyModule;

/// `asyncio.futures`, which notes and forgets awaiters.
#[derive(Debug)]
pub(super) struct Awaiters(Py<PyModule>);

impl Awaiters {
    /// None where futures do not know who awaits them.
    pub(super) fn learn(py: Python<'_>) -> PyResult<Option<Self>> {
        let futures = import(py, "asyncio.futures")?;
        let known = futures.hasattr("future_add_to_awaited_by")?
            && futures.hasattr("future_discard_from_awaited_by")?;
        Ok(known.then(|| Self(futures.unbind())))
    }
}

/// The task that awaits futures, to be noted with each of them; or nobody.
#[derive(Debug, Default)]
pub(super) struct Awaiter(Option<Py<PyAny>>);

impl Awaiter {
    /// The task that the running loop executes, where futures know their awaiters.
    pub(super) fn current(stock: &'static Stock, py: Python<'_>) -> PyResult<Self> {
        let task = match running_loop(py)? {
            Some(event_loop) => stock.awaiting_task(&event_loop)?,
            None => None,
        };
        Ok(Self(task.map(Bound::unbind)))
    }

    /// This task, where futures know their awaiters.
    pub(super) fn of(stock: &'static Stock, task: Option<&Bound<'_, PyAny>>) -> Self {
        let task = task.filter(|_| stock.awaiters.is_some());
        Self(task.map(|task| task.clone().unbind()))
    }

    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self(self.0.as_ref().map(|task| task.clone_ref(py)))
    }

    /// The task, if there is one to be noted.
    pub(super) fn task(&self) -> Option<&Py<PyAny>> {
        self.0.as_ref()
    }

    /// From now on the future is awaited by this task.
    pub(super) fn add_to(&self, stock: &'static Stock, future: &Bound<'_, PyAny>) -> PyResult<()> {
        let (Some(task), Some(awaiters)) = (&self.0, &stock.awaiters) else {
            return Ok(());
        };
        let py = future.py();
        let add = intern!(py, "future_add_to_awaited_by");
        let futures = awaiters.0.bind(py);
        futures.call_method1(add, (future, task)).map(drop)
    }

    /// The future is not awaited by this task any more.
    pub(super) fn discard_from(
        &self,
        stock: &'static Stock,
        future: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (Some(task), Some(awaiters)) = (&self.0, &stock.awaiters) else {
            return Ok(());
        };
        let py = future.py();
        let discard = intern!(py, "future_discard_from_awaited_by");
        let futures = awaiters.0.bind(py);
        futures.call_method1(discard, (future, task)).map(drop)
    }
}
