//! Who awaits a future, as asyncio's call graphs show it (Python 3.14 and later).
//!
//! Promise: the functions of `asyncio.futures` are called wherever the running Python's own code
//! calls them; on a Python whose futures do not know who awaits them nothing is done, and nobody
//! asks which task is running.

use super::stock::Stock;
use crate::asyncio::running::running_loop;
use pyo3::prelude::*;

/// What the running Python notes and forgets awaiters with.
#[derive(Debug)]
pub(super) struct Awaiters {
    add: Py<PyAny>,
    discard: Py<PyAny>,
}

impl Awaiters {
    /// None where futures do not know who awaits them.
    pub(super) fn learn(py: Python<'_>) -> PyResult<Option<Self>> {
        let futures = py.import("asyncio.futures")?;
        let add = futures.getattr_opt("future_add_to_awaited_by")?;
        let discard = futures.getattr_opt("future_discard_from_awaited_by")?;
        Ok(add.zip(discard).map(|(add, discard)| Self {
            add: add.unbind(),
            discard: discard.unbind(),
        }))
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
        let add = awaiters.add.bind(future.py());
        add.call1((future, task)).map(drop)
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
        let discard = awaiters.discard.bind(future.py());
        discard.call1((future, task)).map(drop)
    }
}
