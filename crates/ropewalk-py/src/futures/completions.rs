//! The iterator under `as_completed()`.
//! Promise: a future that was given out is not kept.

use super::watch::{Watchers, look_at, wait_for_report};
use crate::error::in_generator;
use pyo3::exceptions::PyTimeoutError;
use pyo3::prelude::*;
use pyo3::types::PySet;
use pyo3::{PyTraverseError, PyVisit};
use ropewalk_future::{Deadline, Patience, Until};
use ropewalk_park::ShortLock;
use std::time::Duration;

/// Futures in the order in which they are completed.
#[pyclass(frozen, module = "ropewalk._ropewalk.futures")]
#[derive(Debug)]
pub(crate) struct Completions {
    inside: ShortLock<Inside>,
    total: usize,
    patience: Patience,
}

#[derive(Debug)]
struct Inside {
    /// Complete and not given out; the next one is the last.
    ready: Vec<Py<PyAny>>,
    /// How many are not complete as far as we know.
    missing: usize,
    watchers: Option<Watchers>,
}

#[pymethods]
impl Completions {
    #[new]
    fn new(futures: &Bound<'_, PySet>, timeout: Option<f64>) -> PyResult<Self> {
        let patience = match timeout {
            None => Patience::Forever,
            Some(seconds) => Patience::Until(match Duration::try_from_secs_f64(seconds) {
                Ok(duration) => Deadline::after(duration),
                Err(_) if seconds < 0.0 => Deadline::now(),
                Err(_) => Deadline::NEVER,
            }),
        };
        let total = futures.len();
        let (mut ready, mut others) = (Vec::with_capacity(total), Vec::new());
        for future in futures {
            let side = if look_at(&future)?.0 {
                &mut ready
            } else {
                &mut others
            };
            side.push(future.unbind());
        }
        let missing = others.len();
        let watchers = if others.is_empty() {
            None
        } else {
            Some(Watchers::begin(futures.py(), Until::Any, others)?)
        };
        Ok(Self {
            inside: ShortLock::new(Inside {
                ready,
                missing,
                watchers,
            }),
            total,
            patience,
        })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        loop {
            let mut inside = self.inside.lock();
            if let Some(future) = inside.ready.pop() {
                return Ok(Some(future));
            }
            if inside.missing == 0 {
                return Ok(None);
            }
            let Some(watchers) = inside.watchers.as_mut() else {
                return Ok(None);
            };
            let mut reported = watchers.take_reported();
            if !reported.is_empty() {
                reported.reverse();
                inside.missing -= reported.len();
                inside.ready = reported;
                continue;
            }
            drop(inside);
            if !self.sleep(py).map_err(|why| in_generator(py, why))? {
                let missing = self.inside.lock().missing;
                let words = format!("{missing} (of {}) futures unfinished", self.total);
                return Err(PyTimeoutError::new_err(words));
            }
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Some(inside) = self.inside.try_lock() else {
            return Ok(());
        };
        inside.ready.iter().try_for_each(|one| visit.call(one))?;
        match &inside.watchers {
            Some(watchers) => watchers.each(|one| visit.call(one)),
            None => Ok(()),
        }
    }

    /// Lets go of the futures that were not given out.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let (watchers, ready) = {
            let mut inside = self.inside.lock();
            inside.missing = 0;
            (inside.watchers.take(), std::mem::take(&mut inside.ready))
        };
        drop(ready);
        watchers.map_or(Ok(()), |watchers| watchers.end(py))
    }
}

impl Completions {
    #[cold]
    fn sleep(&self, py: Python<'_>) -> PyResult<bool> {
        if let Patience::Until(deadline) = self.patience
            && deadline.has_passed()
        {
            return Ok(false);
        }
        // Taken out meanwhile, because starting a spare worker runs Python code.
        let Some(watchers) = self.inside.lock().watchers.take() else {
            return Ok(true);
        };
        let gate = watchers.gate().clone();
        let endless = matches!(self.patience, Patience::Forever);
        let waiting = watchers.waiting(py, Until::Any, endless);
        self.inside.lock().watchers = Some(watchers);
        let _waiting = waiting?;
        wait_for_report(py, &gate, self.patience)
    }
}
