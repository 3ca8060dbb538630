//! The futures of those who wait, first come first.
//!
//! Promise: they move to a `collections.deque` at most once, when somebody wants to see it; from
//! then on that object is the truth, and anybody may look into it or replace it. No Python code
//! runs while the line is held.

use super::flag::Flag;
use crate::asyncio::awaitable::{is_done, set_result};
use crate::asyncio::deque;
use crate::names::intern;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_park::ShortLock;
use std::collections::VecDeque;

/// Where the futures are.
#[derive(Debug, Default)]
enum Line {
    /// Nobody has waited, and the attribute is None where the standard library begins with None.
    #[default]
    Untouched,
    /// Nobody has looked.
    Inside(VecDeque<Py<PyAny>>),
    /// In the container that the attribute names.
    Outside(Py<PyAny>),
}

/// An attribute that holds a `collections.deque` of futures, or None before the first.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    line: ShortLock<Line>,
    /// Somebody may be in the line: whoever sees this set looks under the lock.
    present: Flag,
}

impl Waiters {
    /// The container, if there is one; all futures are in it from now on.
    pub(crate) fn get<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &*self.line.lock() {
            Line::Untouched => return Ok(None),
            Line::Inside(_) => {}
            Line::Outside(container) => return Ok(Some(container.bind(py).clone())),
        }
        self.get_or_make(py).map(Some)
    }

    /// Puts a container in the place of the one that was there; None takes it away.
    pub(crate) fn set(&self, container: &Bound<'_, PyAny>) {
        let line = if container.is_none() {
            Line::Untouched
        } else {
            Line::Outside(container.clone().unbind())
        };
        self.present.put(!container.is_none());
        let old = std::mem::replace(&mut *self.line.lock(), line);
        drop(old);
    }

    /// Whether nobody waits, as far as that can be known without running Python code.
    #[inline]
    pub(crate) fn are_surely_none(&self) -> bool {
        if !self.present.is_set() {
            return true;
        }
        match &*self.line.lock() {
            Line::Untouched => true,
            Line::Inside(waiters) => waiters.is_empty(),
            Line::Outside(container) => deque::is_empty(container) == Some(true),
        }
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self, py: Python<'_>) -> PyResult<bool> {
        let container = match &*self.line.lock() {
            Line::Untouched => return Ok(true),
            Line::Inside(waiters) => return Ok(waiters.is_empty()),
            Line::Outside(container) => container.clone_ref(py),
        };
        container.bind(py).is_truthy().map(|some| !some)
    }

    /// The container, made if there is none yet.
    pub(crate) fn get_or_make<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Line::Outside(container) = &*self.line.lock() {
            return Ok(container.bind(py).clone());
        }
        let container = deque::class(py)?.call0()?;
        let old = {
            let mut line = self.line.lock();
            if let Line::Outside(first) = &*line {
                // Another thread was faster.
                return Ok(first.bind(py).clone());
            }
            self.present.put(true);
            std::mem::replace(&mut *line, Line::Outside(container.clone().unbind()))
        };
        if let Line::Inside(waiters) = old {
            for waiter in waiters {
                container.call_method1(intern!(py, "append"), (waiter,))?;
            }
        }
        Ok(container)
    }

    /// Adds a future behind all others.
    pub(crate) fn append(&self, waiter: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = waiter.py();
        self.present.put(true);
        let container = {
            let mut line = self.line.lock();
            match &mut *line {
                Line::Untouched => {
                    *line = Line::Inside(VecDeque::from([waiter.clone().unbind()]));
                    return Ok(());
                }
                Line::Inside(waiters) => {
                    waiters.push_back(waiter.clone().unbind());
                    return Ok(());
                }
                Line::Outside(container) => container.clone_ref(py),
            }
        };
        container
            .call_method1(py, intern!(py, "append"), (waiter,))
            .map(drop)
    }

    /// Takes a future out; whether it was there.
    pub(crate) fn remove(&self, waiter: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = waiter.py();
        let container = match &mut *self.line.lock() {
            Line::Untouched => return Ok(false),
            Line::Inside(waiters) => {
                let place = waiters.iter().position(|other| other.is(waiter));
                // Not the last reference: the caller has one.
                return Ok(place.and_then(|place| waiters.remove(place)).is_some());
            }
            Line::Outside(container) => container.clone_ref(py),
        };
        match container.call_method1(py, intern!(py, "remove"), (waiter,)) {
            Err(error) if error.is_instance_of::<PyValueError>(py) => Ok(false),
            removed => removed.map(|_| true),
        }
    }

    /// As `remove` of a list: an error if the future is not there.
    pub(crate) fn take_out(&self, waiter: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.remove(waiter)? {
            Ok(())
        } else {
            Err(PyValueError::new_err("deque.remove(x): x not in deque"))
        }
    }

    /// The first future that meets a condition.
    pub(crate) fn find<'py>(
        &self,
        py: Python<'py>,
        condition: impl Fn(&Bound<'py, PyAny>) -> PyResult<bool>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut index = 0;
        loop {
            let waiter = match &*self.line.lock() {
                Line::Untouched => return Ok(None),
                Line::Inside(waiters) => waiters.get(index).map(|waiter| waiter.bind(py).clone()),
                Line::Outside(_) => break,
            };
            match waiter {
                None => return Ok(None),
                Some(waiter) if condition(&waiter)? => return Ok(Some(waiter)),
                Some(_) => index += 1,
            }
        }
        let Some(container) = self.get(py)? else {
            return Ok(None);
        };
        for waiter in container.try_iter()? {
            let waiter = waiter?;
            if condition(&waiter)? {
                return Ok(Some(waiter));
            }
        }
        Ok(None)
    }

    /// Does something with each future that is in the line now.
    pub(crate) fn for_each<'py>(
        &self,
        py: Python<'py>,
        action: impl Fn(&Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        let container = match &*self.line.lock() {
            Line::Untouched => return Ok(()),
            Line::Inside(waiters) => Ok(waiters
                .iter()
                .map(|waiter| waiter.bind(py).clone())
                .collect::<Vec<_>>()),
            Line::Outside(container) => Err(container.bind(py).clone()),
        };
        match container {
            Ok(waiters) => waiters.iter().try_for_each(action),
            Err(container) => container
                .try_iter()?
                .try_for_each(|waiter| action(&waiter?)),
        }
    }

    /// The first future that is not done.
    pub(crate) fn first_pending<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.find(py, |waiter| is_done(waiter).map(|done| !done))
    }

    /// The first future.
    pub(crate) fn first<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.find(py, |_| Ok(true))
    }

    /// Takes all out, and gives each that is not done its result.
    pub(crate) fn wake_all(&self, py: Python<'_>) -> PyResult<()> {
        while !self.is_empty(py)? {
            self.wake_next(py)?;
        }
        Ok(())
    }

    /// Gives the first one that is not done its result, and takes it and those before it out.
    pub(crate) fn wake_next(&self, py: Python<'_>) -> PyResult<()> {
        while let Some(waiter) = self.pop_first(py)? {
            if !is_done(&waiter)? {
                return set_result(&waiter, py.None().bind(py));
            }
        }
        Ok(())
    }

    fn pop_first<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let container = match &mut *self.line.lock() {
            Line::Untouched => return Ok(None),
            Line::Inside(waiters) => {
                return Ok(waiters.pop_front().map(|waiter| waiter.into_bound(py)));
            }
            Line::Outside(container) => container.bind(py).clone(),
        };
        if container.len()? == 0 {
            return Ok(None);
        }
        container.call_method0(intern!(py, "popleft")).map(Some)
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Some(line) = self.line.try_lock() else {
            return Ok(());
        };
        match &*line {
            Line::Untouched => Ok(()),
            Line::Inside(waiters) => waiters.iter().try_for_each(|waiter| visit.call(waiter)),
            Line::Outside(container) => visit.call(container),
        }
    }

    pub(crate) fn clear(&self) {
        let old = std::mem::take(&mut *self.line.lock());
        drop(old);
    }
}
